internal import Glibc
internal import LockstepFormats
public import LockstepTransport

extension Endpoint {
    /// Where a worker of the coordinator at this endpoint listens for its peers: on a free port of the address that leads to
    /// the coordinator, so that on a host with several networks it is the right one; or next to the coordinator's local socket.
    public func forWorker() throws(TransportError) -> Endpoint {
        switch self {
        case .tcp: .tcp(host: try Endpoint.localHost(toward: self), port: 0)
        case .ipc(let path): .ipc(path: path + "-\(getpid())")
        case .inProcess(let name): .inProcess(name: "\(name)-\(getpid())")
        }
    }

    /// Whether this endpoint and `other` are of one kind: a port, a local socket, or within a process.
    func isReached(as other: Endpoint) -> Bool {
        switch (self, other) {
        case (.tcp, .tcp), (.ipc, .ipc), (.inProcess, .inProcess): true
        default: false
        }
    }

    /// What others connect to where this endpoint was bound: of a wildcard, which means nothing elsewhere, the address that
    /// leads to `target`, or this host's name.
    public func advertised(toward target: Endpoint? = nil) throws(TransportError) -> Endpoint {
        guard isWildcard, case .tcp(_, let port) = self else { return self }
        if let target { return .tcp(host: try Endpoint.localHost(toward: target), port: port) }
        return .tcp(host: Host.name, port: port)
    }
}
