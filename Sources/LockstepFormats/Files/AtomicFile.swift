internal import Glibc
internal import Synchronization

/// Writing of files that are either whole or not there at all.
///
/// The bytes go to a temporary name in the same folder (`.NAME.PID-N.tmp`), are flushed to the disk, and only then take
/// the file's name; then the folder is flushed too. Whoever opens the file finds the old content or the new one, never a part,
/// and this holds after a crash or a power failure.
public enum AtomicFile {
    /// Writes `bytes` as the whole content of the file at `path`, and replaces a file that is there.
    ///
    /// Throws an error that names the path and the system's reason; the old file is then as it was, and the temporary one is
    /// removed.
    public static func write(_ bytes: some Collection<UInt8>, to path: String) throws {
        try write(to: path) { file in
            let wrote: Void? = try bytes.withContiguousStorageIfAvailable { try file.write(UnsafeRawBufferPointer($0)) }
            if wrote == nil { try Array(bytes).withUnsafeBytes { try file.write($0) } }
        }
    }

    /// Replaces the file at `path` by what `body` writes, piece by piece, so that large content is never copied together.
    package static func write(to path: String, _ body: (borrowing WritableFile) throws -> Void) throws {
        let (folder, name) = split(path)
        guard !name.isEmpty else {
            throw FormatError(file: path, problem: "is the name of a folder", remedy: "Give the path of a file")
        }
        let file = try WritableFile(for: path, in: folder, name: name)
        do {
            try body(file)
            try file.flush()
            guard rename(file.temporary, path) == 0 else { throw FormatError.system("replace", file: path) }
        } catch {
            unlink(file.temporary)
            throw error
        }
        try flush(folder: folder)
    }

    /// The folder of `path` (`.` where it names none) and the name in it.
    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let folder = path[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
    }

    /// Makes a rename in `folder` last through a power failure.
    private static func flush(folder: String) throws {
        let descriptor = retrying { open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw FormatError.system("open the folder", file: folder) }
        defer { close(descriptor) }
        // EINVAL: a file system that has no such flush (some network ones); there is nothing more to be done there.
        if retrying({ fsync(descriptor) }) != 0, errno != EINVAL {
            throw FormatError.system("flush the folder", file: folder)
        }
    }
}

/// A file that is open for writing, closed when its value ends.
package struct WritableFile: ~Copyable {
    /// The name that errors give: the one that the file will have in the end.
    private let path: String
    /// The name that it has until then.
    fileprivate let temporary: String
    private let descriptor: Int32

    /// Numbers the temporary names of this process, so that two threads never share one.
    private static let counter = Atomic<Int>(0)

    fileprivate init(for path: String, in folder: String, name: String) throws {
        while true {
            let serial = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
            let temporary = "\(folder)/.\(name).\(getpid())-\(serial).tmp"
            let opened = retrying { open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
            if opened >= 0 {
                (self.path, self.temporary, descriptor) = (path, temporary, opened)
                return
            }
            // A name that is taken may belong to a process of the same number on another host that shares the folder.
            guard errno == EEXIST else { throw FormatError.system("write", file: path) }
        }
    }

    deinit { close(descriptor) }

    /// Appends all of `bytes`.
    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard let start = bytes.baseAddress else { return }
        var done = 0
        while done < bytes.count {
            let count = retrying { Glibc.write(descriptor, start + done, bytes.count - done) }
            guard count > 0 else { throw FormatError.system("write", file: path) }
            done += count
        }
    }

    fileprivate func flush() throws {
        guard retrying({ fsync(descriptor) }) == 0 else { throw FormatError.system("flush", file: path) }
    }
}
