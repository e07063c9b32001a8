import Glibc

/// A new folder under the system's temporary one, removed with all that is in it when its value ends.
struct TemporaryFolder: ~Copyable {
    let path: String

    init() {
        var template = Array("/tmp/lockstep-test-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress, let made = mkdtemp(start) else {
                fatalError("mkdtemp failed: errno \(errno)")
            }
            return String(cString: made)
        }
    }

    deinit { TemporaryFolder.remove(path) }

    private static func remove(_ path: String) {
        for name in names(in: path) where unlink("\(path)/\(name)") != 0 { remove("\(path)/\(name)") }
        rmdir(path)
    }

    /// The names of what is in it, in order.
    var names: [String] { TemporaryFolder.names(in: path) }

    /// The names of what is in a folder, in order.
    static func names(in path: String) -> [String] {
        guard let handle = opendir(path) else { return [] }
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
}
