internal import Glibc

/// A new file that grows by whole records, closed when its value ends.
struct AppendedFile: ~Copyable {
    let path: String
    private let descriptor: Int32
    /// Where the last whole record ends.
    private var size = 0

    /// Makes a file at the first of the paths `path(0)`, `path(1)`, … that is not taken.
    init(creating path: (Int) -> String) throws {
        var number = 0
        while true {
            let path = path(number)
            let opened = retrying { open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
            if opened >= 0 {
                (self.path, descriptor) = (path, opened)
                return
            }
            guard errno == EEXIST else { throw FormatError.system("write", file: path) }
            number += 1
        }
    }

    deinit { close(descriptor) }

    /// Adds `record`, whole or not at all: what a failed write has left of it is cut off again, so that the records before
    /// it, and those that come later, can be read.
    mutating func append(_ record: [UInt8]) throws {
        try record.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = retrying {
                    pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(size + done))
                }
                guard count > 0 else {
                    let error = FormatError.system("write", file: path)
                    ftruncate(descriptor, off_t(size))
                    throw error
                }
                done += count
            }
        }
        size += record.count
    }

    /// Waits until all is on the disk.
    func flush() throws {
        guard retrying({ fsync(descriptor) }) == 0 else { throw FormatError.system("flush", file: path) }
    }
}
