internal import Glibc

/// The keys that a transport uses: its own, and whom it trusts.
public struct Keyring: Sendable {
    /// What this side proves to be, to those who connect and to those whom it connects to.
    let own: KeyPair
    /// Whom a worker expects where it is not told of another key: its coordinator.
    let coordinator: PublicKey?
    /// Where a coordinator keeps the keys that may join; nil for a worker, which is told by ``Transport/admit(_:)``.
    let cluster: ClusterKeys?

    /// What others know this side by.
    public var publicKey: PublicKey { own.publicKey }

    /// The keys of a coordinator, from the folder that `lockstep keys new` made.
    ///
    /// Which keys may join is read again for every connection, so that one can be added or barred while a run goes on. Throws
    /// `TransportError.Code.invalidKeys` if a file is missing, not a key, or a secret that others can read.
    public static func coordinator(_ folder: String) throws(TransportError) -> Keyring {
        let cluster = try ClusterKeys(folder)
        let own = try KeyFile.readSecret(place(of: "coordinator.secret", in: cluster.folder))
        guard try cluster.coordinator() == own.publicKey else {
            throw TransportError(
                .invalidKeys,
                "coordinator.public and coordinator.secret in \(folder) are not of one pair; copy both from where they were made"
            )
        }
        guard try !cluster.allowed().isEmpty else {
            throw TransportError(
                .invalidKeys,
                "no key may join: \(cluster.folder)/allowed is empty; add one: keys add \(folder) NAME")
        }
        return Keyring(own: own, coordinator: nil, cluster: cluster)
    }

    /// The keys of a worker, from a folder with its `worker.secret` and the coordinator's `coordinator.public`.
    ///
    /// Throws `TransportError.Code.invalidKeys` if a file is missing, not a key, or a secret that others can read.
    public static func worker(_ folder: String) throws(TransportError) -> Keyring {
        let path = place(of: "worker.secret", in: folder)
        if access(path, F_OK) != 0, access("\(folder)/coordinator.secret", F_OK) == 0 {
            throw TransportError(
                .invalidKeys,
                "\(folder) holds the coordinator's keys, not a worker's; give one of the folders in \(folder)/workers")
        }
        return Keyring(
            own: try KeyFile.readSecret(path),
            coordinator: try KeyFile.readPublic(place(of: "coordinator.public", in: folder)), cluster: nil)
    }

    /// Where a file is: with what systemd hands to a service, if it does, or else in the folder.
    private static func place(of name: String, in folder: String) -> String {
        if let credentials = KeyFile.credentialsFolder, access("\(credentials)/\(name)", F_OK) == 0 {
            return "\(credentials)/\(name)"
        }
        return "\(folder)/\(name)"
    }
}

/// Who may reach a transport over the network.
public enum Protection: Sendable {
    /// No keys: it listens only where this host alone reaches it. The default, so that nothing is open by accident.
    case thisHostOnly
    /// Encrypted, and both sides authenticated (CURVE), wherever it listens.
    case keys(Keyring)
    /// No keys, wherever it listens: anybody who reaches the address can read, change and join.
    case insecure

    var keyring: Keyring? { if case .keys(let keyring) = self { keyring } else { nil } }
}
