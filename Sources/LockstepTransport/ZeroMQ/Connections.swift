internal import CZeroMQ
internal import LockstepWire

/// A socket that messages come in on, with the monitor that reports its connections.
protocol Source: AnyObject {
    var socket: ZeroMQSocket { get }
    var monitor: SocketMonitor { get }

    /// The next message or loss if one is there.
    func next() throws(TransportError) -> Incoming?

    /// Takes note of what the monitor has to say; true if `next` has a loss to report.
    func observe() throws(TransportError) -> Bool
}

extension Source {
    /// Ends both sockets; what was sent still goes out.
    func close() {
        monitor.socket.close()
        socket.close()
    }

    /// Decodes the rest of a message whose first frame is `first`; reads all its frames, however many there are.
    fileprivate func decode(_ first: ReceivedFrame?, from peer: Peer) throws(TransportError) -> Incoming {
        var count = first == nil ? 0 : 1
        var last = first
        var second: ReceivedFrame?
        while last?.hasMore == true {
            last = try socket.receive()
            count += 1
            if count == 2 { second = last }
        }
        guard let first, count <= 2 else { return .rejected(.frames(found: count), from: peer) }
        do {
            let payload = second.map { Payload(owner: $0, bytes: $0.bytes) }
            return .message(try Envelope(decoding: first.bytes, payload: payload), from: peer)
        } catch {
            return .rejected(error, from: peer)
        }
    }
}

/// A connection to another transport: a DEALER.
final class OutgoingConnection: Source {
    let socket: ZeroMQSocket
    let monitor: SocketMonitor
    let peer: Peer
    private var wasUp = false
    /// Whether the connection has been lost; the socket is only read out from then on.
    private(set) var isDown = false

    init(_ socket: ZeroMQSocket, _ monitor: SocketMonitor, _ peer: Peer) {
        self.socket = socket
        self.monitor = monitor
        self.peer = peer
    }

    func next() throws(TransportError) -> Incoming? {
        if let first = try socket.receive() { return try decode(first, from: peer) }
        return isDown ? .lost(peer) : nil
    }

    func observe() throws(TransportError) -> Bool {
        while let event = try monitor.next() {
            switch event {
            case .ready: wasUp = true
            // Before the first agreement an ended connection is an attempt that ZeroMQ repeats.
            case .disconnected: isDown = isDown || wasUp
            case .accepted: break
            }
        }
        return isDown
    }

    /// Ends the connection after a loss: what still waits to be sent must not go out on one that ZeroMQ made anew.
    func abandon() {
        try? socket.set(ZMQ_LINGER, 0)
        close()
    }
}

/// The connections that come in on the endpoint: a ROUTER.
final class IncomingConnections: Source {
    let socket: ZeroMQSocket
    let monitor: SocketMonitor
    private let endpoint: Endpoint
    /// The connections by file descriptor.
    private var open: Set<Int32> = []
    /// Those of them that a message has come from.
    private var peers: [Int32: Peer] = [:]
    /// Those that ended, reported as soon as what they sent has been read.
    private var ended: [Peer] = []
    /// Whoever a message has come from and whose end has not been reported: ZeroMQ itself learns of an end a little later
    /// than its monitor, and would take messages until then.
    private(set) var known: Set<Peer> = []

    init(_ socket: ZeroMQSocket, _ monitor: SocketMonitor, _ endpoint: Endpoint) {
        self.socket = socket
        self.monitor = monitor
        self.endpoint = endpoint
    }

    func next() throws(TransportError) -> Incoming? {
        guard let name = try socket.receive() else {
            guard !ended.isEmpty else { return nil }
            let peer = ended.removeFirst()
            known.remove(peer)
            return .lost(peer)
        }
        let first = name.hasMore ? try socket.receive() : nil
        return try decode(first, from: try peer(named: name, first))
    }

    func observe() throws(TransportError) -> Bool {
        while let event = try monitor.next() {
            switch event {
            case .accepted(let descriptor): open.insert(descriptor)
            case .disconnected(let descriptor):
                open.remove(descriptor)
                if let peer = peers.removeValue(forKey: descriptor) { ended.append(peer) }
            case .ready: break
            }
        }
        return !ended.isEmpty
    }

    /// The peer that ZeroMQ calls by the bytes of `name`.
    private func peer(named name: ReceivedFrame, _ frame: ReceivedFrame?) throws(TransportError) -> Peer {
        let descriptor = frame?.descriptor
        if let known = descriptor.flatMap({ peers[$0] }), case .incoming(let bytes) = known.identity,
            name.bytes.elementsEqual(bytes)
        {
            return known
        }
        let address = frame?.peerAddress ?? ""
        let peer = Peer(
            .incoming([UInt8](name.bytes)),
            address.isEmpty ? "a peer of \(endpoint)" : "a peer of \(endpoint) at \(address)")
        known.insert(peer)
        guard let descriptor else { return peer }
        // The end of an earlier connection with this descriptor, and the beginning of this one, were reported before the
        // message, so after reading them all it is known which of both the descriptor means.
        _ = try observe()
        if open.contains(descriptor) { peers[descriptor] = peer } else { ended.append(peer) }
        return peer
    }
}
