internal import CLockstepSystem
internal import CZeroMQ
internal import Glibc
public import LockstepWire

/// A transport over ZeroMQ, between processes of one host (`ipc`) or of several (`tcp`).
///
/// One ROUTER socket takes what comes in on the endpoint, one DEALER socket is each connection that goes out; answers to
/// incoming peers go back on the connection that they came in on. A message is one or two frames, the second of which, the
/// payload, is sent from and received into the memory that it stays in.
public final class ZeroMQTransport: Transport {
    public let endpoint: Endpoint
    /// What has been sent and received.
    public let traffic = Traffic()

    private let limits: TransportLimits
    public var maximumMessageBytes: Int { limits.maximumMessageBytes }
    private let keyring: Keyring?
    public var publicKey: PublicKey? { keyring?.publicKey }
    private let context: UnsafeMutableRawPointer
    private let wakes: EventWaker
    private let authenticator: Authenticator
    /// Who was not let in and has not been told of.
    private let refusals: RefusalLog
    private let incoming: IncomingConnections
    /// The keys that may join, where a folder says so.
    private var allowed: AllowedKeys?
    private var outgoing: [Peer: OutgoingConnection] = [:]
    private var lastNumber = 0
    /// The sockets that may have something, the next one first.
    private var ready: [any Source] = []
    /// What `wait` polls: the waker, then for every source its socket and its monitor.
    ///
    /// Not by `zmq_poll`, which makes two system calls for each of them besides.
    private var items: [pollfd] = []
    private var sources: [any Source] = []
    /// Those whose monitor has not been read yet.
    private var unobserved: [any Source] = []
    private var isClosed = false

    /// A transport that listens at `endpoint`; a tcp port of 0 picks a free one.
    ///
    /// Throws `TransportError` if the address is in use, not one of this host's, not permitted, or does not resolve, and if
    /// other hosts reach it although `protection` says no word about them.
    ///
    /// The process keeps the memory of messages that it has let go of for the next ones: see `keepsMemory`.
    public init(
        binding endpoint: Endpoint, protection: Protection = .thisHostOnly, limits: TransportLimits = TransportLimits()
    ) throws(TransportError) {
        self.limits = limits
        _ = Self.keepsMemory
        keyring = protection.keyring
        allowed = protection.keyring?.cluster.map { AllowedKeys(of: $0) }
        wakes = try EventWaker()
        let address = try endpoint.resolved()
        if case .thisHostOnly = protection, !address.isLoopback { throw .unprotected(endpoint) }
        try address.prepareForBinding()
        refusals = RefusalLog(wakes)
        guard let context = zmq_ctx_new() else {
            throw TransportError(.system, "a ZeroMQ context cannot be made: \(ZeroMQ.reason())")
        }
        self.context = context
        do {
            // Before anything is bound, so that nobody comes in unasked.
            authenticator = try Authenticator(context, keyring, limits, refusals)
            let socket = try ZeroMQSocket(context, ZMQ_ROUTER, limits)
            try socket.listen(with: keyring?.own)
            try socket.set(ZMQ_ROUTER_MANDATORY, 1)
            try socket.set(ZMQ_ROUTER_HANDOVER, 0)
            let monitor = try SocketMonitor(context, watching: socket, name: "monitor-0", limits)
            self.endpoint = try socket.bind(to: address)
            incoming = IncomingConnections(
                socket, monitor, self.endpoint, hasKeys: keyring != nil,
                maximumMessageBytes: limits.maximumMessageBytes, authenticator, refusals, traffic)
        } catch {
            // The authenticator ends with the context. The sockets went out of scope with the error, and the end of a context waits for nothing else.
            zmq_ctx_term(context)
            throw error
        }
        try watch(incoming)
    }

    deinit { close() }

    /// libzmq receives each message into memory that it asks malloc for. By default malloc gets a block of this size from the system
    /// each time, which clears it page by page, and gives it back at once: that cost half of the time of an all-reduce of 64 MiB.
    private static let keepsMemory = lockstep_keep_freed_memory() == 1

    public var waker: any Waker { wakes }

    public func admit(_ keys: Set<PublicKey>) { authenticator.admit(keys) }

    public func mayJoin(_ key: PublicKey) -> Bool { (try? allowed?.contains(key)) ?? true }

    public func connect(to endpoint: Endpoint, key: PublicKey?) throws -> Peer {
        try checkOpen()
        if case .inProcess = endpoint {
            throw TransportError(
                .invalidEndpoint,
                "\(endpoint) cannot be reached from \(self.endpoint); expected tcp://host:port or ipc://path")
        }
        guard !endpoint.isWildcard else {
            throw TransportError(.invalidEndpoint, "\(endpoint) is no single host; connect to one of its addresses")
        }
        let address = try endpoint.resolved()
        let socket = try ZeroMQSocket(context, ZMQ_DEALER, limits)
        let expected = keyring == nil ? nil : key ?? keyring?.coordinator
        if let keyring {
            guard let expected, !expected.isPublished else {
                throw TransportError(
                    .invalidKeys,
                    "the key of \(endpoint) is not known, and this side connects to nobody without keys; "
                        + "start the other side with --keys too")
            }
            try socket.connect(with: keyring.own, to: expected)
        }
        lastNumber += 1
        let monitor = try SocketMonitor(context, watching: socket, name: "monitor-\(lastNumber)", limits)
        try socket.connect(to: address)
        let peer = Peer(.outgoing(lastNumber), endpoint.description, key: expected)
        let isLocal = if case .ipc = endpoint { true } else { false }
        let connection = OutgoingConnection(
            socket, monitor, peer, ownKey: publicKey, handshakeTimeout: limits.connectTimeout,
            sharedMemoryBytes: isLocal ? limits.sharedMemoryBytes : 0, traffic)
        try watch(connection)
        outgoing[peer] = connection
        return peer
    }

    public func disconnect(_ peer: Peer) {
        remove(peer)?.close()
    }

    public func send(_ envelope: Envelope, to peer: Peer) throws {
        try checkOpen()
        let source: any Source
        let queued: QueuedBytes
        var route: [UInt8]?
        var outbox: SharedOutbox?
        switch peer.identity {
        case .outgoing:
            guard let connection = outgoing[peer], !connection.isDown else { throw TransportError.gone(peer) }
            (source, queued) = (connection, connection.queued)
            outbox = connection.outbox(for: envelope.payload?.count ?? 0)
        case .incoming(let name):
            guard let known = incoming.known[peer] else { throw TransportError.gone(peer) }
            (source, queued, route) = (incoming, known.queued, name)
        }
        let place = envelope.payload.flatMap { outbox?.place($0) }
        do {
            // Offered with every payload that goes as a frame: the message that first said so may not have gone out.
            let encoded = try envelope.encoded(offering: place == nil ? outbox?.offer : nil, payloadAt: place)
            markReady(source)
            try send(encoded, over: source.socket, to: peer, route, queued)
            traffic.countSent(encoded.header.count + (encoded.payload?.count ?? 0), sharing: place?.count ?? 0)
        } catch {
            if let place { outbox?.takeBack(place) }
            throw error
        }
    }

    private func send(
        _ encoded: EncodedEnvelope, over socket: ZeroMQSocket, to peer: Peer, _ route: [UInt8]?, _ queued: QueuedBytes
    ) throws(TransportError) {
        guard queued.hasRoom(for: encoded.payload?.count ?? 0, limit: limits.maximumQueuedBytes) else {
            throw TransportError.full(peer, bytes: limits.maximumQueuedBytes)
        }
        var sent = route.map { socket.send(copy: $0, more: true) } ?? .done
        if case .done = sent { sent = socket.send(copy: encoded.header, more: encoded.payload != nil) }
        // A message that has begun is never refused for want of room, so its frames cannot be torn apart.
        if case .done = sent, let payload = encoded.payload { sent = socket.send(payload, counting: queued) }
        switch sent {
        case .done: break
        case .full: throw TransportError.full(peer, limit: limits.highWaterMark)
        case .gone: throw TransportError.gone(peer)
        case .failed(let error): throw TransportError(.system, "sending to \(peer): \(ZeroMQ.reason(error))")
        }
    }

    public func sendingTime(to peer: Peer) -> Duration? { outgoing[peer]?.sendingTime }

    public func receive(timeout: Duration) throws -> Incoming? {
        try checkOpen()
        let deadline = ContinuousClock.now + timeout
        while true {
            if let refusal = refusals.next() { return .refused(refusal) }
            while let source = ready.first {
                // To the back of the row, or out of it, so that the sources take turns.
                ready.removeFirst()
                guard let event = try source.next() else { continue }
                switch event {
                case .lost(let peer), .refusedBy(let peer, _):
                    if let connection = remove(peer) { connection.abandon() } else { ready.append(source) }
                default: ready.append(source)
                }
                return event
            }
            if wakes.takeRequest() { return nil }
            guard try wait(until: deadline) else { return nil }
        }
    }

    public func close() {
        guard !isClosed else { return }
        isClosed = true
        for source in sources { source.close() }
        outgoing = [:]
        ready = []
        sources = []
        unobserved = []
        // Waits until what was sent has gone out, at most for the sockets' linger.
        while zmq_ctx_term(context) != 0, zmq_errno() == EINTR {}
    }

    private func checkOpen() throws(TransportError) {
        guard !isClosed else { throw .closed(endpoint) }
    }

    /// Takes a connection out of everything that holds it.
    private func remove(_ peer: Peer) -> OutgoingConnection? {
        guard let connection = outgoing.removeValue(forKey: peer) else { return nil }
        ready.removeAll { $0 === connection }
        unwatch(connection)
        return connection
    }

    private func watch(_ source: any Source) throws(TransportError) {
        let descriptors = [try source.socket.descriptor(), try source.monitor.socket.descriptor()]
        if items.isEmpty { items = [pollfd(fd: wakes.descriptor, events: Int16(POLLIN), revents: 0)] }
        sources.append(source)
        for descriptor in descriptors { items.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)) }
        // What came before it was watched may not be told of again.
        markReady(source)
        unobserved.append(source)
    }

    private func unwatch(_ source: any Source) {
        guard let index = sources.firstIndex(where: { $0 === source }) else { return }
        sources.remove(at: index)
        items.removeSubrange(1 + 2 * index...2 + 2 * index)
        unobserved.removeAll { $0 === source }
    }

    private func markReady(_ source: any Source) {
        if !ready.contains(where: { $0 === source }) { ready.append(source) }
    }

    /// Waits until something is ready or the waker was called; false when `deadline` has passed.
    private func wait(until deadline: ContinuousClock.Instant) throws(TransportError) -> Bool {
        while let source = unobserved.popLast() { if try source.observe() { markReady(source) } }
        if !ready.isEmpty { return true }
        while true {
            let count = poll(&items, nfds_t(items.count), Deadline.milliseconds(until: deadline))
            if count > 0 { break }
            if count < 0, errno != EINTR {
                throw TransportError(.system, "waiting for messages: \(Errno.text(errno))")
            }
            if ContinuousClock.now >= deadline { return false }
        }
        if items[0].revents != 0 { wakes.consume() }
        for (index, source) in sources.enumerated() {
            let isReadable = items[1 + 2 * index].revents != 0
            let hasNews = items[2 + 2 * index].revents != 0
            // The monitor is always read out, as its queue has no limit.
            let isLost = hasNews ? try source.observe() : false
            if isReadable || isLost { markReady(source) }
        }
        return true
    }
}
