internal import Glibc

/// Files for the decoders that read them.
extension Decoder {
    /// A new folder for what is read from files, and the paths of those in it. It is in memory as far as the system has such a place.
    static func makeFolder(for names: [String]) throws -> (folder: String, paths: [String]) {
        var template = Array("\(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")/lockstep-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FuzzError("no folder for the inputs can be made: errno \(errno)") }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let paths = names.map { "\(folder)/\($0)" }
        temporary.append((folder, paths))
        return (folder, paths)
    }

    /// Folders that have been made, with the files in them. Used by the one thread that fuzzes.
    nonisolated(unsafe) private static var temporary: [(folder: String, paths: [String])] = []

    /// Removes what has been made.
    static func cleanUp() {
        for (folder, paths) in temporary {
            for path in paths { unlink(path) }
            rmdir(folder)
        }
        temporary = []
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw FuzzError("\(path) cannot be written: errno \(errno)")
        }
    }
}

/// Why there can be no fuzzing.
struct FuzzError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
