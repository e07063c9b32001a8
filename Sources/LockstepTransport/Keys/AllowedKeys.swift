internal import Glibc

/// The keys that may join a cluster, as its folder has them at the moment.
///
/// A file is read once, and again where it is another one or has changed: for every connection the folder is looked at, and with
/// a thousand keys, each read a thousand times, a cluster's workers would wait for each other.
struct AllowedKeys {
    private let cluster: ClusterKeys
    private var known: [String: (stamp: Stamp, key: PublicKey)] = [:]

    init(of cluster: ClusterKeys) { self.cluster = cluster }

    /// Whether a key may join. Throws where a file is no key, so that a slip is seen and lets nobody in.
    mutating func contains(_ key: PublicKey) throws(TransportError) -> Bool {
        var current: [String: (stamp: Stamp, key: PublicKey)] = [:]
        for name in try cluster.allowedNames() {
            let path = cluster.path(ofAllowed: name)
            let stamp = Stamp(path)
            if let stamp, let before = known[name], before.stamp == stamp {
                current[name] = before
            } else {
                let read = try KeyFile.readPublic(path)
                if let stamp { current[name] = (stamp, read) }
            }
        }
        known = current
        return current.values.contains { $0.key == key }
    }

    /// What changes whenever a file does.
    private struct Stamp: Equatable {
        private let numbers: [Int]

        init?(_ path: String) {
            var status = stat()
            guard lstat(path, &status) == 0 else { return nil }
            numbers = [
                Int(status.st_ino), Int(status.st_size), Int(status.st_ctim.tv_sec), Int(status.st_ctim.tv_nsec),
            ]
        }
    }
}
