internal import CLockstepSystem
internal import CZeroMQ
internal import Glibc
internal import LockstepWire

/// A socket that messages come in on, with the monitor that reports its connections.
protocol Source: AnyObject {
    var socket: ZeroMQSocket { get }
    var monitor: SocketMonitor { get }
    /// Where what comes in is counted.
    var traffic: Traffic { get }

    /// The next message or loss if one is there.
    func next() throws(TransportError) -> Incoming?

    /// Takes note of what the monitor has to say; true if `next` has a loss to report.
    func observe() throws(TransportError) -> Bool

    /// The memory that a peer shares with this side, after the offer that a message came with.
    func memory(of peer: Peer, offering offer: MemoryOffer?, in message: ReceivedFrame) -> SharedInbox?
}

extension Source {
    /// Ends both sockets; what was sent still goes out.
    func close() {
        // First, as ZeroMQ's I/O thread, which serves every connection, waits for ever to report an event that nobody reads.
        zmq_socket_monitor(socket.handle, nil, 0)
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
        do throws(WireError) {
            let payload = second.map { Payload(owner: $0, bytes: $0.bytes) }
            traffic.countReceived(first.bytes.count + (payload?.count ?? 0))
            var received = try ReceivedEnvelope(decoding: first.bytes, payload: payload)
            let memory = memory(of: peer, offering: received.offer, in: first)
            if let place = received.payloadRange {
                guard let memory else { throw WireError.memoryNotShared }
                received.envelope.payload = try memory.payload(at: place)
                traffic.countReceived(sharing: place.count)
            }
            return .message(received.envelope, from: peer)
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
    let traffic: Traffic
    let queued = QueuedBytes()
    private let ownKey: PublicKey?
    private var wasUp = false
    /// The connection's file descriptor, while there is one. It is ZeroMQ's: it may have been closed since, and only be asked about.
    private var descriptor: Int32?
    /// Handshakes in a row that the other side ended without a reason.
    private var endedHandshakes = 0
    /// When the last one ended, or the first may have begun.
    private var lastEnd = ContinuousClock.now
    private let handshakeTimeout: Duration
    private var refusal: TransportError?
    /// Whether the connection has been lost; the socket is only read out from then on.
    private(set) var isDown = false
    /// How much memory may be shared with the other side: none but within a host.
    private var sharedMemoryBytes: Int
    private var outbox: SharedOutbox?

    /// How many handshakes may end without a reason before the connection counts as refused. Default 5: one may end because
    /// the other side does just then, and each is tried again at once, so this takes a second.
    static let mostHandshakes = 5

    init(
        _ socket: ZeroMQSocket, _ monitor: SocketMonitor, _ peer: Peer, ownKey: PublicKey?, handshakeTimeout: Duration,
        sharedMemoryBytes: Int, _ traffic: Traffic
    ) {
        self.sharedMemoryBytes = sharedMemoryBytes
        self.traffic = traffic
        self.handshakeTimeout = handshakeTimeout
        self.socket = socket
        self.monitor = monitor
        self.peer = peer
        self.ownKey = ownKey
    }

    func next() throws(TransportError) -> Incoming? {
        if let first = try socket.receive() { return try decode(first, from: peer) }
        guard isDown else { return nil }
        return refusal.map { .refusedBy(peer, $0) } ?? .lost(peer)
    }

    func observe() throws(TransportError) -> Bool {
        while let event = try monitor.next() {
            switch event {
            case .ready: wasUp = true
            case .failed(let failure):
                if failure == .ended {
                    // One that was given up after its time was with somebody who is there but does not answer: he is frozen.
                    let now = ContinuousClock.now
                    defer { lastEnd = now }
                    guard now - lastEnd < handshakeTimeout else { break }
                    endedHandshakes += 1
                    guard endedHandshakes >= Self.mostHandshakes else { break }
                }
                // ZeroMQ itself gives up after any other failure, without a word.
                let text = failure.text(forClientOf: peer.description, withKeys: ownKey != nil, key: ownKey)
                refusal = TransportError(.refused, text)
                isDown = true
            // Before the first agreement an ended connection is an attempt that ZeroMQ repeats.
            case .disconnected:
                isDown = isDown || wasUp
                descriptor = nil
            case .connected(let descriptor): self.descriptor = descriptor
            case .accepted: break
            }
        }
        return isDown
    }

    /// Where a payload of so many bytes is put; nil where it goes as a frame, however much the other side shares.
    func outbox(for bytes: Int) -> SharedOutbox? {
        guard sharedMemoryBytes > 0, bytes >= SharedOutbox.least else { return nil }
        if outbox == nil {
            outbox = SharedOutbox(byteCount: sharedMemoryBytes)
            // Where the system gives none it is not asked again.
            if outbox == nil { sharedMemoryBytes = 0 }
        }
        return outbox
    }

    /// Only who made the connection shares memory over it: what comes back comes as frames.
    func memory(of peer: Peer, offering offer: MemoryOffer?, in message: ReceivedFrame) -> SharedInbox? { nil }

    /// For how long something has been on its way over this connection; nil where the kernel does not measure it.
    var sendingTime: Duration? {
        guard let descriptor else { return nil }
        let microseconds = lockstep_sending_time(descriptor)
        return microseconds < 0 ? nil : .microseconds(microseconds)
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
    let traffic: Traffic
    private let endpoint: Endpoint
    private let hasKeys: Bool
    private let maximumMessageBytes: Int
    private let authenticator: Authenticator
    private let log: RefusalLog
    /// The connections by file descriptor.
    private var open: Set<Int32> = []
    /// Where they come from, as far as the system still knew when it was asked.
    private var addresses: [Int32: String] = [:]
    /// Handshakes that failed and whose connections have not been reported as ended.
    private var failures: [HandshakeFailure] = []
    /// Those of them that a message has come from.
    private var peers: [Int32: Peer] = [:]
    /// Those that ended, reported as soon as what they sent has been read.
    private var ended: [Peer] = []
    /// Whoever a message has come from and whose end has not been reported: ZeroMQ itself learns of an end a little later
    /// than its monitor, and would take messages until then.
    private(set) var known: [Peer: KnownPeer] = [:]

    init(
        _ socket: ZeroMQSocket, _ monitor: SocketMonitor, _ endpoint: Endpoint, hasKeys: Bool,
        maximumMessageBytes: Int, _ authenticator: Authenticator, _ log: RefusalLog, _ traffic: Traffic
    ) {
        self.maximumMessageBytes = maximumMessageBytes
        self.traffic = traffic
        self.socket = socket
        self.monitor = monitor
        self.endpoint = endpoint
        self.hasKeys = hasKeys
        self.authenticator = authenticator
        self.log = log
    }

    func next() throws(TransportError) -> Incoming? {
        guard let name = try socket.receive() else {
            guard !ended.isEmpty else { return nil }
            let peer = ended.removeFirst()
            known[peer] = nil
            return .lost(peer)
        }
        let first = name.hasMore ? try socket.receive() : nil
        return try decode(first, from: try peer(named: name, first))
    }

    func observe() throws(TransportError) -> Bool {
        while let event = try monitor.next() {
            switch event {
            case .accepted(let descriptor):
                open.insert(descriptor)
                if case .tcp = endpoint { addresses[descriptor] = Address.ofPeer(descriptor) }
            case .disconnected(let descriptor):
                open.remove(descriptor)
                let address = addresses.removeValue(forKey: descriptor)
                if let peer = peers.removeValue(forKey: descriptor) {
                    ended.append(peer)
                } else if !failures.isEmpty, let told = failures.removeFirst().text(forServerWithKeys: hasKeys) {
                    log.add(told.kind, told.text, from: address ?? "an address that is gone")
                }
            case .failed(let failure): failures.append(failure)
            case .ready, .connected: break
            }
        }
        authenticator.count(connections: open.count)
        return !ended.isEmpty
    }

    func memory(of peer: Peer, offering offer: MemoryOffer?, in message: ReceivedFrame) -> SharedInbox? {
        known[peer]?.memory(offering: offer, over: message.descriptor)
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
            address.isEmpty ? "a peer of \(endpoint)" : "a peer of \(endpoint) at \(address)",
            key: hasKeys ? frame?.userID.flatMap { PublicKey($0) } : nil)
        known[peer] = KnownPeer(maximumMessageBytes: maximumMessageBytes)
        guard let descriptor else { return peer }
        // The end of an earlier connection with this descriptor, and the beginning of this one, were reported before the
        // message, so after reading them all it is known which of both the descriptor means.
        _ = try observe()
        if open.contains(descriptor) { peers[descriptor] = peer } else { ended.append(peer) }
        return peer
    }
}
