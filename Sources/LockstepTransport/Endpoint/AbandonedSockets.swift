internal import Glibc

/// Folders of local sockets whose processes were killed, so that nobody was left to remove them.
package enum AbandonedSockets {
    /// A folder that changed less than so many seconds ago may be of a process that is about to listen in it.
    package static let youngest = 60

    /// Removes those in `parent` that are this user's, as ``Endpoint/privateIPC()`` makes them: named by it, entered by nobody
    /// else, and holding sockets that nobody listens at and nothing besides. An empty folder stays: it may be anybody's, or of
    /// a process that was stopped before it listened. What cannot be looked into is left as it is.
    package static func remove(in parent: String) {
        let now = time(nil)
        for name in names(in: parent) where Endpoint.isNameOfPrivateFolder(name) {
            let folder = "\(parent)/\(name)"
            var status = stat()
            // Not through links: what they lead to is somebody's who did not ask for this.
            guard lstat(folder, &status) == 0, status.st_uid == geteuid(), status.st_mode == S_IFDIR | 0o700,
                now - status.st_mtim.tv_sec >= youngest
            else { continue }
            let sockets = names(in: folder).map { "\(folder)/\($0)" }
            guard !sockets.isEmpty, sockets.allSatisfy(isAbandoned) else { continue }
            for socket in sockets { unlink(socket) }
            rmdir(folder)
        }
    }

    /// Whether `path` is a socket whose connections are refused.
    private static func isAbandoned(_ path: String) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return false }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        // Not blocking: a process that is there but accepts nobody is no reason to wait.
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result != 0 && errno == ECONNREFUSED
    }

    /// The names in a folder; none where it cannot be read.
    static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
