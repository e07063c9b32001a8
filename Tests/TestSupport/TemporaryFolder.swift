import Glibc

/// A new folder under the system's temporary one, removed with all that is in it when nobody holds this any more.
public final class TemporaryFolder: Sendable {
    /// Where it is.
    public let path: String

    public init() {
        var template = Array("/tmp/lockstep-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("mkdtemp failed: errno \(errno)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { TemporaryFolder.remove(path) }

    /// The names of what is in the folder, in order.
    public var names: [String] { TemporaryFolder.names(in: path) }

    /// The names of what is in a folder, in order.
    public static func names(in folder: String) -> [String] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file that is there.
    public static func removeFile(_ path: String) throws {
        if unlink(path) != 0 { throw NotRemoved(path: path, number: errno) }
    }

    private struct NotRemoved: Error {
        let path: String
        let number: Int32
    }

    private static func remove(_ path: String) {
        for name in names(in: path) where unlink("\(path)/\(name)") != 0 { remove("\(path)/\(name)") }
        rmdir(path)
    }
}
