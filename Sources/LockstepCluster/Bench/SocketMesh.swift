internal import Glibc
internal import LockstepTraining
internal import LockstepTransport

/// Bare stream sockets from each peer to each other one, and the all-reduce's exchange over them with nothing around it: no
/// messages, no threads, no encoding. What the machine itself can carry, to compare with.
final class SocketMesh {
    private let place: Int
    /// The socket to each other peer, by place; this one's own place has none.
    private var sockets: [Int32]
    private var scratch: [Float] = []

    /// Connects to the peers before this one, at `addresses` by place, and lets in those after it.
    init(place: Int, listener: SocketListener, addresses: [Int: String]) throws(ClusterError) {
        self.place = place
        sockets = Array(repeating: -1, count: addresses.count + 1)
        for other in 0..<place {
            let socket = try SocketListener.connect(to: addresses[other] ?? "")
            sockets[other] = socket
            var own = Int32(place)
            guard write(socket, &own, 4) == 4 else { throw SocketMesh.error("write") }
        }
        for _ in place + 1..<max(place + 1, sockets.count) {
            let socket = try listener.accept()
            var other: Int32 = 0
            guard recv(socket, &other, 4, Int32(MSG_WAITALL)) == 4, sockets.indices.contains(Int(other)),
                sockets[Int(other)] < 0, Int(other) != place
            else {
                close(socket)
                throw ClusterError(.unexpectedMessage, "a socket says that it is peer \(other)'s")
            }
            sockets[Int(other)] = socket
        }
        for socket in sockets where socket >= 0 { _ = fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK) }
    }

    deinit { for socket in sockets where socket >= 0 { close(socket) } }

    static func error(_ call: String) -> ClusterError {
        ClusterError(.disconnected, "a bare socket: \(call): \(String(cString: strerror(errno)))")
    }

    /// Replaces `gradient` by the sum over all peers times `scale`: reduce-scatter, then all-gather.
    func allReduce(_ gradient: UnsafeMutableBufferPointer<Float>, scale: Float) throws(ClusterError) {
        let count = sockets.count
        let chunks = (0..<count).map { gradient.indices.part($0, of: count) }
        let mine = chunks[place]
        if scratch.count < mine.count * (count - 1) { scratch = Array(repeating: 0, count: mine.count * (count - 1)) }
        let others = sockets.indices.filter { $0 != place }
        let bytes = UnsafeMutableRawBufferPointer(gradient)
        func bytesOf(_ chunk: Range<Int>) -> UnsafeMutableRawBufferPointer {
            UnsafeMutableRawBufferPointer(rebasing: bytes[chunk.lowerBound * 4..<chunk.upperBound * 4])
        }
        try scratch.withUnsafeMutableBufferPointer { scratch throws(ClusterError) in
            let room = UnsafeMutableRawBufferPointer(scratch)
            try exchange(
                others.enumerated().map { index, other in
                    Transfer(
                        socket: sockets[other], output: UnsafeRawBufferPointer(bytesOf(chunks[other])),
                        input: UnsafeMutableRawBufferPointer(
                            rebasing: room[index * mine.count * 4..<(index + 1) * mine.count * 4]))
                })
            guard let sum = gradient.baseAddress.map({ $0 + mine.lowerBound }), let first = scratch.baseAddress else {
                return
            }
            for index in others.indices {
                let part = first + index * mine.count
                for element in 0..<mine.count { sum[element] += part[element] }
            }
            for element in 0..<mine.count { sum[element] *= scale }
        }
        try exchange(
            others.map { other in
                Transfer(
                    socket: sockets[other], output: UnsafeRawBufferPointer(bytesOf(mine)), input: bytesOf(chunks[other])
                )
            })
    }

    /// What goes out over a socket and what comes in.
    private struct Transfer {
        let socket: Int32
        var output: UnsafeRawBufferPointer
        var input: UnsafeMutableRawBufferPointer

        /// Moves what can be moved now.
        mutating func move() throws(ClusterError) {
            if !output.isEmpty {
                let sent = Glibc.send(socket, output.baseAddress, output.count, Int32(MSG_NOSIGNAL))
                guard sent >= 0 || errno == EAGAIN || errno == EINTR else { throw SocketMesh.error("send") }
                output = UnsafeRawBufferPointer(rebasing: output[max(0, sent)...])
            }
            if !input.isEmpty {
                let received = recv(socket, input.baseAddress, input.count, 0)
                guard received > 0 || received < 0 && (errno == EAGAIN || errno == EINTR) else {
                    throw SocketMesh.error("recv")
                }
                input = UnsafeMutableRawBufferPointer(rebasing: input[max(0, received)...])
            }
        }
    }

    /// Sends and receives until all is there.
    private func exchange(_ transfers: [Transfer]) throws(ClusterError) {
        var transfers = transfers
        while true {
            for index in transfers.indices { try transfers[index].move() }
            var items: [pollfd] = []
            for transfer in transfers where !transfer.output.isEmpty || !transfer.input.isEmpty {
                let events = (transfer.output.isEmpty ? 0 : POLLOUT) | (transfer.input.isEmpty ? 0 : POLLIN)
                items.append(pollfd(fd: transfer.socket, events: Int16(events), revents: 0))
            }
            if items.isEmpty { return }
            guard poll(&items, nfds_t(items.count), 30_000) != 0 else {
                throw ClusterError(.timeout, "waited 30 s for a peer at a bare socket")
            }
        }
    }
}

/// A bare socket that listens, of a transport's kind.
final class SocketListener {
    /// Where it listens, as ``connect(to:)`` takes it: `unix PATH`, or `tcp HOST PORT`.
    let address: String
    private let descriptor: Int32
    private let path: String?

    /// Listens beside `endpoint`: in its folder, or at its host.
    init(like endpoint: Endpoint) throws(ClusterError) {
        switch endpoint {
        case .tcp(let host, _):
            let socket = try SocketListener.open(host: host, port: 0, listens: true)
            var name = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let port = withUnsafeMutablePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(socket, $0, &length) }
                // The port lies at the same place in addresses of both families.
                return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee.sin_port.bigEndian }
            }
            (descriptor, path, address) = (socket, nil, "tcp \(host) \(port)")
        case .ipc(let path):
            self.path = path + "-bare"
            address = "unix \(path)-bare"
            descriptor = try SocketListener.open(path: path + "-bare", listens: true)
        case .inProcess:
            throw ClusterError(
                .launch, "peers of one process have no sockets to compare with; expected --transport ipc or tcp")
        }
    }

    deinit {
        close(descriptor)
        if let path { unlink(path) }
    }

    /// The next one that connects, waiting 30 s at most.
    func accept() throws(ClusterError) -> Int32 {
        var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&item, 1, 30_000) > 0 else {
            throw ClusterError(.timeout, "waited 30 s for a peer to connect to a bare socket at \(address)")
        }
        let socket = Glibc.accept(descriptor, nil, nil)
        guard socket >= 0 else { throw SocketMesh.error("accept") }
        SocketListener.prepare(socket)
        return socket
    }

    /// A socket that is connected to a listener's address.
    static func connect(to address: String) throws(ClusterError) -> Int32 {
        let words = address.split(separator: " ").map(String.init)
        if words.count == 2, words[0] == "unix" { return try open(path: words[1], listens: false) }
        guard words.count == 3, words[0] == "tcp", let port = UInt16(words[2]) else {
            throw ClusterError(.unexpectedMessage, "'\(address)' is no address of a bare socket")
        }
        return try open(host: words[1], port: port, listens: false)
    }

    private static func prepare(_ socket: Int32) {
        var one: Int32 = 1
        // As ZeroMQ has it; refused by sockets that are not TCP's, which do not wait anyway.
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func open(path: String, listens: Bool) throws(ClusterError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else {
            throw ClusterError(.launch, "\(path) is too long for a local socket; expected at most \(room - 1) bytes")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                let size = socklen_t(MemoryLayout<sockaddr_un>.size)
                return listens ? bind(socket, $0, size) : Glibc.connect(socket, $0, size)
            }
        }
        guard socket >= 0, status == 0, !listens || listen(socket, 128) == 0 else { throw SocketMesh.error(path) }
        return socket
    }

    private static func open(host: String, port: UInt16, listens: Bool) throws(ClusterError) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | (listens ? AI_PASSIVE : 0)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &list) == 0, let found = list?.pointee else {
            throw ClusterError(.launch, "the host \(host) of a bare socket is not known")
        }
        defer { freeaddrinfo(list) }
        let socket = Glibc.socket(found.ai_family, found.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        prepare(socket)
        let status =
            listens
            ? bind(socket, found.ai_addr, found.ai_addrlen) : Glibc.connect(socket, found.ai_addr, found.ai_addrlen)
        guard socket >= 0, status == 0, !listens || listen(socket, 128) == 0 else {
            throw SocketMesh.error("\(host) port \(port)")
        }
        return socket
    }
}
