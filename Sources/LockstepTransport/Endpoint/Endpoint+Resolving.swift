internal import Glibc

extension Endpoint {
    /// Whether only this host reaches it: a loopback address, `localhost`, `ipc` or `in-process`.
    ///
    /// A name other than `localhost` counts as not loopback, whatever it resolves to: resolve it first.
    public var isLoopback: Bool {
        guard case .tcp(let host, _) = self else { return true }
        return Address(host: host)?.isLoopback ?? (host == "localhost")
    }

    /// Whether it stands for every address of this host: `*`, 0.0.0.0 or ::.
    public var isWildcard: Bool {
        guard case .tcp(let host, _) = self else { return false }
        return host == "*" || Address(host: host)?.isWildcard == true
    }

    /// The same endpoint with a numeric address for the host's name, an IPv4 one if there is any.
    ///
    /// IPv4 comes first so that a name which has both, as `localhost` has, means the same on every host. Asks the system's
    /// resolver and may wait for it. Throws `TransportError.Code.unresolvable` with the name and the resolver's reason.
    public func resolved() throws(TransportError) -> Endpoint {
        guard case .tcp(let host, let port) = self, host != "*", Address(host: host) == nil else { return self }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        guard status == 0 else {
            let reason = status == EAI_SYSTEM ? Errno.text(errno) : String(cString: gai_strerror(status))
            throw TransportError(
                .unresolvable, "the host of \(self) has no address: \(reason); check the name, or give an address")
        }
        defer { freeaddrinfo(list) }
        let found = sequence(first: list, next: { $0?.pointee.ai_next }).prefix { $0 != nil }
            .compactMap { $0.flatMap { Self.numericHost($0.pointee.ai_addr, $0.pointee.ai_addrlen) } }
        guard let address = found.first(where: { !$0.contains(":") }) ?? found.first else {
            throw TransportError(.unresolvable, "the host of \(self) has no IPv4 or IPv6 address; give an address")
        }
        return .tcp(host: address, port: port)
    }

    /// The address of this host from which packets to `endpoint` leave: the one to advertise to peers that way.
    ///
    /// Connects a UDP socket, which sends nothing, and asks for its own address. Throws `TransportError` if `endpoint` is not
    /// tcp, does not resolve, or there is no route.
    public static func localHost(toward endpoint: Endpoint) throws(TransportError) -> String {
        guard case .tcp(let host, let port) = try endpoint.resolved(), host != "*" else {
            throw TransportError(
                .invalidEndpoint, "\(endpoint) is not an address on the network: expected tcp://host:port")
        }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        // Port 0 is refused by some systems as a destination; which one it is makes no difference to the route.
        let status = getaddrinfo(host, String(port == 0 ? 9 : port), &hints, &list)
        guard status == 0, let target = list?.pointee else {
            throw TransportError(.unresolvable, "\(endpoint): \(String(cString: gai_strerror(status)))")
        }
        defer { freeaddrinfo(list) }
        let descriptor = socket(target.ai_family, target.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { if descriptor >= 0 { Glibc.close(descriptor) } }
        guard descriptor >= 0, Glibc.connect(descriptor, target.ai_addr, target.ai_addrlen) == 0 else {
            throw TransportError(.system, "no route to \(endpoint): \(Errno.text(errno)); check the network")
        }
        var own = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let name = withUnsafeMutablePointer(to: &own) { own in
            own.withMemoryRebound(to: sockaddr.self, capacity: 1) { own in
                getsockname(descriptor, own, &length) == 0 ? numericHost(own, length) : nil
            }
        }
        guard let name else {
            throw TransportError(.system, "the own address toward \(endpoint): \(Errno.text(errno))")
        }
        return name
    }

    /// The address as text; nil for families other than IPv4 and IPv6.
    fileprivate static func numericHost(_ address: UnsafeMutablePointer<sockaddr>, _ length: socklen_t) -> String? {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        guard getnameinfo(address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else {
            return nil
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension Address {
    /// The address of the other side of a connection; nil where that is gone already.
    static func ofPeer(_ descriptor: Int32) -> String? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getpeername(descriptor, address, &length) == 0 ? Endpoint.numericHost(address, length) : nil
            }
        }
    }
}
