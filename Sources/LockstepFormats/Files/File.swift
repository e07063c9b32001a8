internal import Glibc

/// Reading of whole files.
public enum File {
    /// The bytes of the regular file at `path`.
    ///
    /// Throws when the file cannot be opened or read, is no regular file, or is larger than `limit` bytes; the size is
    /// checked before memory is taken. The default limit, 1 GiB, is far above any file that is meant to be read whole.
    public static func read(_ path: String, limit: Int = 1 << 30) throws -> [UInt8] {
        let file = try ReadableFile(path)
        guard file.size <= limit else {
            throw FormatError(
                file: path, problem: "holds \(file.size) bytes, expected at most \(limit)",
                remedy: "Check that this is the file that was meant")
        }
        return try [UInt8](unsafeUninitializedCapacity: file.size) { buffer, count in
            try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
            count = file.size
        }
    }
}

/// A regular file that is open for reading, closed when its value ends.
struct ReadableFile: ~Copyable, Sendable {
    let path: String
    /// The size in bytes when the file was opened.
    let size: Int
    private let descriptor: Int32

    init(_ path: String) throws {
        // Not blocking, so that a named pipe with no writer is refused and does not hang.
        let opened = retrying { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        guard opened >= 0 else { throw FormatError.system("open for reading", file: path) }
        var status = stat()
        guard fstat(opened, &status) == 0 else {
            let error = FormatError.system("find the size", file: path)
            close(opened)
            throw error
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(opened)
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a device, pipe or socket"
            throw FormatError(
                file: path, problem: "is \(kind), expected a regular file", remedy: "Give the path of a file")
        }
        self.path = path
        size = Int(status.st_size)
        descriptor = opened
    }

    deinit { close(descriptor) }

    /// Fills `buffer` with the file's bytes from `offset` on.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
        guard let start = buffer.baseAddress else { return }
        var done = 0
        while done < buffer.count {
            let count = retrying { pread(descriptor, start + done, buffer.count - done, off_t(offset + done)) }
            if count < 0 { throw FormatError.system("read", file: path) }
            if count == 0 {
                throw FormatError(
                    file: path, place: "byte \(offset + done)",
                    problem: "ends here, expected \(buffer.count - done) more bytes",
                    remedy: "The file became shorter while it was read: read it again when its writer is done")
            }
            done += count
        }
    }
}
