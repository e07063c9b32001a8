internal import Glibc

/// A folder with the keys of a cluster, as `lockstep keys` makes and changes it. It stays on the coordinator's host.
///
///     coordinator.secret                    the coordinator's key pair, mode 600
///     coordinator.public                    what workers know the coordinator by
///     allowed/NAME.public                   the keys that may join; removing a file bars its key
///     workers/NAME/coordinator.public       what to copy to a worker's host: this folder, as a whole
///     workers/NAME/worker.secret            the worker's key pair, mode 600
public struct ClusterKeys: Sendable {
    /// A worker's key that may join.
    public struct Allowed: Sendable, Equatable {
        /// What `lockstep keys` calls it.
        public let name: String
        /// The key.
        public let key: PublicKey
    }

    /// The folder.
    public let folder: String

    /// The keys of the cluster in `folder`, which must have been made.
    public init(_ folder: String) throws(TransportError) {
        self.folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        guard access("\(self.folder)/coordinator.public", F_OK) == 0 else {
            throw TransportError(
                .invalidKeys, "\(folder) holds no keys of a cluster; make them: keys new \(folder)")
        }
    }

    /// Makes the keys of a new cluster, with a key for each of the named workers.
    ///
    /// Throws if `folder` holds keys already: they are never replaced.
    public static func make(in folder: String, workers: [String]) throws(TransportError) -> ClusterKeys {
        for name in workers { try check(name: name) }
        let folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        let pair = try KeyPair()
        try makeFolder(folder)
        try KeyFile.write(
            """
            The secret key of a Lockstep coordinator. Whoever has it can pose as the coordinator:
            it stays on the coordinator's host, readable by its user alone.
            """, pair.publicKey, secret: pair.secret, to: "\(folder)/coordinator.secret")
        try KeyFile.write(publicComment, pair.publicKey, to: "\(folder)/coordinator.public")
        try makeFolder("\(folder)/allowed")
        let keys = try ClusterKeys(folder)
        for name in workers { try keys.add(name) }
        return keys
    }

    /// Makes a key for a worker, or several workers, and lets it join.
    public func add(_ name: String) throws(TransportError) {
        try Self.check(name: name)
        let coordinator = try KeyFile.readPublic("\(folder)/coordinator.public")
        let pair = try KeyPair()
        let place = "\(folder)/workers/\(name)"
        guard access(path(ofAllowed: name), F_OK) != 0, access(place, F_OK) != 0 else {
            throw TransportError(
                .invalidKeys,
                "\(folder) has a key of the name \(name) already; choose another name, or remove it first: "
                    + "keys remove \(folder) \(name)")
        }
        try Self.makeFolder("\(folder)/allowed")
        try Self.makeFolder("\(folder)/workers", mode: 0o700)
        try Self.makeFolder(place, mode: 0o700)
        try KeyFile.write(
            """
            The secret key of the Lockstep worker '\(name)'. Whoever has it can join the cluster's runs:
            it belongs on the worker's host, readable by the worker's user alone.
            """, pair.publicKey, secret: pair.secret, to: "\(place)/worker.secret")
        try KeyFile.write(Self.publicComment, coordinator, to: "\(place)/coordinator.public")
        try KeyFile.write(
            "The public key of the Lockstep worker '\(name)', which may join. Without this file it may not.",
            pair.publicKey, to: path(ofAllowed: name))
    }

    /// Bars a worker's key from joining, and removes this folder's copy of it. Who has joined with it stays until its
    /// connection ends.
    public func remove(_ name: String) throws(TransportError) {
        try Self.check(name: name)
        let path = path(ofAllowed: name)
        guard unlink(path) == 0 else {
            let number = errno
            guard number == ENOENT else {
                throw TransportError(.system, "\(path) cannot be removed: \(Errno.text(number))")
            }
            let names = try allowedNames()
            throw TransportError(
                .invalidKeys,
                "\(folder) has no key of the name \(name); it has \(names.isEmpty ? "none" : names.joined(separator: ", "))"
            )
        }
        for file in ["worker.secret", "coordinator.public"] { unlink("\(folder)/workers/\(name)/\(file)") }
        rmdir("\(folder)/workers/\(name)")
    }

    /// The key that workers know the coordinator by.
    public func coordinator() throws(TransportError) -> PublicKey {
        try KeyFile.readPublic("\(folder)/coordinator.public")
    }

    /// The keys that may join, by name. A file that is no key is an error, so that a slip is seen and lets nobody in.
    public func allowed() throws(TransportError) -> [Allowed] {
        var allowed: [Allowed] = []
        for name in try allowedNames() {
            allowed.append(Allowed(name: name, key: try KeyFile.readPublic(path(ofAllowed: name))))
        }
        return allowed
    }

    /// Where the key of that name is, if it may join.
    func path(ofAllowed name: String) -> String { "\(folder)/allowed/\(name).public" }

    /// The names of the keys that may join, in order.
    func allowedNames() throws(TransportError) -> [String] {
        let place = "\(folder)/allowed"
        guard let directory = opendir(place) else {
            throw TransportError(
                .invalidKeys, "the folder \(place) of the keys that may join cannot be read: \(Errno.text(errno))")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let file = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            // Editors leave copies beside a file (.NAME.swp, NAME~); they let nobody in.
            guard file.hasSuffix(".public"), !file.hasPrefix(".") else { continue }
            names.append(String(file.dropLast(".public".count)))
        }
        return names.sorted()
    }

    private static let publicComment = """
        The public key of a Lockstep coordinator: what its workers know it by. It is no secret,
        but a worker trusts whoever holds its other half: copy it only from the coordinator's host.
        """

    /// Throws unless `name` can name a file and says so plainly.
    private static func check(name: String) throws(TransportError) {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isPlain, (1...64).contains(name.utf8.count), name.first != ".", name.first != "-" else {
            throw TransportError(
                .invalidKeys, "\"\(name)\" cannot name a key; expected 1 to 64 letters, digits and . - _, such as node2"
            )
        }
    }

    /// Makes a folder that only this user can change; one that is there stays as it is. Those that hold public keys may be
    /// looked into, as a service has a user of its own.
    private static func makeFolder(_ path: String, mode: mode_t = 0o755) throws(TransportError) {
        guard mkdir(path, mode) == 0 || errno == EEXIST else {
            throw TransportError(.system, "the folder \(path) cannot be made: \(Errno.text(errno))")
        }
    }
}
