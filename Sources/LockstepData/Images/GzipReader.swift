internal import CZlib
internal import Glibc

/// A file that is read from start to end, gzipped or plain.
struct GzipReader: ~Copyable {
    let path: String
    /// The size on disk.
    private let fileSize: Int
    private let handle: gzFile
    /// How many bytes have been read.
    private(set) var position = 0

    init(_ path: String) throws {
        // Not blocking, so that a named pipe with no writer is refused and does not hang.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw DataError(
                source: path, problem: "cannot open for reading: \(String(cString: strerror(errno)))",
                remedy: "Check the path and the permissions")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw DataError(source: path, problem: "is no regular file", remedy: "Give the path of a file")
        }
        guard let handle = gzdopen(descriptor, "rb") else {
            close(descriptor)
            throw DataError(source: path, problem: "no memory to read it", remedy: "Free some memory")
        }
        gzbuffer(handle, 1 << 17)
        self.path = path
        fileSize = Int(status.st_size)
        self.handle = handle
    }

    deinit { gzclose_r(handle) }

    /// The most bytes that the file can hold once decompressed.
    ///
    /// A plain file holds its size; deflate stores at best 1032 bytes in one (https://zlib.net/zlib_tech.html).
    var largestContent: Int { gzdirect(handle) == 1 ? fileSize : fileSize * 1032 }

    /// Fills `buffer` and returns how many bytes there were: fewer than it holds only at the end of the content.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let start = buffer.baseAddress else { return 0 }
        var done = 0
        while done < buffer.count {
            let got = gzread(handle, start + done, UInt32(min(buffer.count - done, 1 << 30)))
            if got <= 0 {
                try checkStream()
                break
            }
            done += Int(got)
            position += Int(got)
        }
        return done
    }

    /// Reads `count` bytes, or fewer at the end of the content.
    ///
    /// Memory is taken a piece of 256 MiB at a time, so that a small file that claims to be a huge one cannot exhaust it.
    mutating func read(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let wanted = min(count - bytes.count, 1 << 28)
            let piece = try [UInt8](unsafeUninitializedCapacity: wanted) { buffer, initialized in
                initialized = try read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            if bytes.isEmpty { bytes = piece } else { bytes += piece }
            if piece.count < wanted { break }
        }
        return bytes
    }

    /// Throws when reading ended for another reason than the end of the content.
    private func checkStream() throws {
        var code: Int32 = 0
        // zlib puts the file's name, here only a number, before its words.
        let text = gzerror(handle, &code).map { String(cString: $0).split(separator: ": ").last ?? "" } ?? ""
        switch code {
        case Z_OK, Z_STREAM_END: return
        case Z_BUF_ERROR:
            throw DataError(
                source: path, place: "byte \(position) of the decompressed content",
                problem: "the gzip stream is cut off here", remedy: "Copy or download the file again")
        case Z_ERRNO:
            throw DataError(
                source: path, place: "byte \(position)", problem: "cannot read: \(String(cString: strerror(errno)))",
                remedy: "Check the disk")
        default:
            throw DataError(
                source: path, place: "byte \(position) of the decompressed content",
                problem: "the gzip stream is damaged (\(text))", remedy: "Copy or download the file again")
        }
    }
}
