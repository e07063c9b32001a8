internal import Glibc

extension Endpoint {
    /// A local socket's endpoint in a new folder that only this user may enter, and a function that removes the folder with
    /// all in it: also the sockets of others in it whose processes were killed and could not.
    ///
    /// The folder is made in `$XDG_RUNTIME_DIR`, which the system empties at logout, or else in `/tmp`. The function may be
    /// called from any thread and more than once; call it after the transport has been closed. Folders there that killed processes
    /// of this user's have left are removed first.
    public static func privateIPC() throws(TransportError) -> (endpoint: Endpoint, remove: @Sendable () -> Void) {
        let suffix = "/\(namePrefix)XXXXXX"
        let socketName = "/socket"
        // What a worker adds to it for a socket of its own: a hyphen and its process id.
        let room = "-4194304".utf8.count
        var parents = ["/tmp"]
        if let folder = getenv("XDG_RUNTIME_DIR").map({ String(cString: $0) }), folder.hasPrefix("/"),
            folder.utf8.count + suffix.utf8.count + socketName.utf8.count + room <= maximumPathBytes
        {
            parents.insert(folder, at: 0)
        }
        var failures: [String] = []
        for parent in parents {
            AbandonedSockets.remove(in: parent)
            var template = Array((parent + suffix).utf8CString)
            // mkdtemp makes the folder with mode 0700.
            guard mkdtemp(&template) != nil else {
                failures.append("\(parent): \(Errno.text(errno))")
                continue
            }
            let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return (.ipc(path: folder + socketName), { remove(folder) })
        }
        throw TransportError(.system, "no folder for a local socket could be made: \(failures.joined(separator: "; "))")
    }

    /// Folders' names begin so; `mkdtemp` adds six letters and digits.
    private static let namePrefix = "lockstep-"

    /// Whether a folder of ``privateIPC()`` may have this name.
    static func isNameOfPrivateFolder(_ name: String) -> Bool {
        let rest = name.dropFirst(namePrefix.count)
        return name.hasPrefix(namePrefix) && rest.utf8.count == 6
            && rest.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }

    /// Removes a folder and the sockets in it.
    private static func remove(_ folder: String) {
        for name in AbandonedSockets.names(in: folder) { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }
}
