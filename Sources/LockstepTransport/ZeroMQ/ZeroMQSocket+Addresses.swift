internal import CZeroMQ
internal import Glibc

extension ZeroMQSocket {
    /// Listens at a resolved endpoint and returns it with the port that the system picked for 0.
    func bind(to endpoint: Endpoint) throws(TransportError) -> Endpoint {
        try set(ZMQ_IPV6, endpoint.needsIPv6 ? 1 : 0)
        guard zmq_bind(handle, endpoint.description) == 0 else { throw endpoint.bindError(zmq_errno()) }
        guard case .tcp(let host, 0) = endpoint else { return endpoint }
        var text = [CChar](repeating: 0, count: 256)
        var length = text.count
        guard zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &length) == 0 else {
            throw TransportError(.system, "the port of \(endpoint) is not known: \(ZeroMQ.reason())")
        }
        let bound = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard case .tcp(_, let port) = try Endpoint(bound) else {
            throw TransportError(.system, "the port of \(endpoint) is not known: ZeroMQ listens at \(bound)")
        }
        return .tcp(host: host, port: port)
    }

    /// Begins to connect to a resolved endpoint.
    func connect(to endpoint: Endpoint) throws(TransportError) {
        try set(ZMQ_IPV6, endpoint.needsIPv6 ? 1 : 0)
        guard zmq_connect(handle, endpoint.description) == 0 else {
            throw TransportError(.system, "connecting to \(endpoint): \(ZeroMQ.reason())")
        }
    }
}

extension Endpoint {
    /// Whether the socket must speak IPv6; one for every address of the host speaks both.
    fileprivate var needsIPv6: Bool {
        guard case .tcp(let host, _) = self else { return false }
        return host == "*" || Address(host: host)?.isIPv6 == true
    }

    /// Why nobody can listen here.
    fileprivate func bindError(_ number: Int32) -> TransportError {
        switch number {
        case EADDRINUSE:
            TransportError(
                .addressInUse,
                "\(self) is in use: another process listens there; choose another port, or 0 for any that is free")
        case EADDRNOTAVAIL, ENODEV:
            TransportError(
                .addressNotLocal,
                "\(self) is not an address of this host; choose one that `ip address` lists, or * for all of them")
        case EACCES, EPERM:
            TransportError(
                .permission,
                "listening at \(self) is not permitted; "
                    + (isTCP ? "choose a port above 1023" : "choose a folder that this user may write to"))
        case ENOENT, ENOTDIR:
            TransportError(.invalidEndpoint, "the folder of \(self) does not exist; make it first")
        default:
            TransportError(.system, "listening at \(self): \(ZeroMQ.reason(number))")
        }
    }

    private var isTCP: Bool { if case .tcp = self { true } else { false } }

    /// Throws if binding here would be wrong although ZeroMQ would do it: it removes whatever lies at a local socket's path.
    func prepareForBinding() throws(TransportError) {
        switch self {
        case .tcp: return
        case .inProcess:
            throw TransportError(
                .invalidEndpoint, "ZeroMQ cannot listen at \(self); expected tcp://host:port or ipc://path")
        case .ipc(let path):
            guard path.utf8.count <= Self.maximumPathBytes else {
                throw TransportError(
                    .invalidEndpoint,
                    "the path of \(self) has \(path.utf8.count) bytes, the system takes at most \(Self.maximumPathBytes)"
                )
            }
            var status = stat()
            guard lstat(path, &status) == 0 else { return }
            guard status.st_mode & S_IFMT == S_IFSOCK else {
                throw TransportError(.addressInUse, "\(self) is in use: there is a file that is not a socket")
            }
            // A socket that nobody listens on is what a process that was killed left behind.
            guard Self.isListening(path) else { return }
            throw TransportError(.addressInUse, "\(self) is in use: another process listens there; choose another path")
        }
    }

    /// Whether a connection to the local socket is taken.
    private static func isListening(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { Glibc.close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { room in
            // The path fits: its length has been checked, and the rest of the room is zero.
            room.copyBytes(from: path.utf8)
        }
        return withUnsafePointer(to: address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Glibc.connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}
