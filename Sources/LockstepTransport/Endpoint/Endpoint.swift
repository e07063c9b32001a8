/// Where a transport is reached: `tcp://host:port`, `ipc://path` or `in-process://name`.
public enum Endpoint: Sendable, Hashable {
    /// A TCP port; the host is a name, an IPv4 or IPv6 address without brackets, or "*" for every address of this host.
    case tcp(host: String, port: UInt16)
    /// A local socket in the file system.
    case ipc(path: String)
    /// A transport of the same process.
    case inProcess(name: String)
}

extension Endpoint: CustomStringConvertible {
    /// The text that `init(_:)` reads.
    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "tcp://[\(host)]:\(port)" : "tcp://\(host):\(port)"
        case .ipc(let path): "ipc://\(path)"
        case .inProcess(let name): "in-process://\(name)"
        }
    }
}
