internal import LockstepLocking
public import LockstepWire

/// A transport between threads of one process, without sockets: for runs in one process, and for tests of what is above it.
///
/// Messages are encoded and decoded all the same, so that whatever another transport would refuse is refused here too; the
/// payload is handed over as it is.
public final class InProcessTransport: Transport {
    private let network: InProcessNetwork
    private let name: String
    private let limits: TransportLimits
    private let wakes: EventWaker
    private var isClosed = false

    /// A transport that others of the network reach as `in-process://name`.
    ///
    /// Of the limits, those of messages and their number hold; there is no network that could be slow or silent.
    /// Throws `TransportError.Code.addressInUse` if the network has an open transport of this name.
    public init(
        network: InProcessNetwork, name: String, limits: TransportLimits = TransportLimits()
    ) throws(TransportError) {
        self.network = network
        self.name = name
        self.limits = limits
        let waker = try EventWaker()
        wakes = waker
        guard network.state.withLock({ $0.open(name, .init(waker: waker, limits: limits)) }) else {
            isClosed = true
            throw TransportError(.addressInUse, "in-process://\(name) is in use; choose another name")
        }
    }

    deinit { close() }

    public var maximumMessageBytes: Int { limits.maximumMessageBytes }
    public var endpoint: Endpoint { .inProcess(name: name) }

    public var waker: any Waker { wakes }

    public var publicKey: PublicKey? { nil }

    /// Within a process there is nobody to keep out.
    public func admit(_ keys: Set<PublicKey>) {}

    public func connect(to endpoint: Endpoint, key: PublicKey?) throws -> Peer {
        try checkOpen()
        guard case .inProcess(let callee) = endpoint else {
            throw TransportError(
                .invalidEndpoint, "\(endpoint) cannot be reached from \(self.endpoint); expected in-process://name")
        }
        return network.state.withLock { $0.connect(from: name, to: callee) }
    }

    public func disconnect(_ peer: Peer) {
        network.state.withLock { $0.disconnect(peer, of: name) }
    }

    public func send(_ envelope: Envelope, to peer: Peer) throws {
        try checkOpen()
        let encoded = try envelope.encoded()
        let received = try encoded.header.withUnsafeBytes { header throws(WireError) in
            try Envelope(decoding: header, payload: encoded.payload)
        }
        try network.state.withLock { state throws(TransportError) in
            try state.send(received, to: peer, from: name, limits: limits)
        }
    }

    public func receive(timeout: Duration) throws -> Incoming? {
        try checkOpen()
        let deadline = ContinuousClock.now + timeout
        while true {
            if let incoming = network.state.withLock({ $0.boxes[name]?.next() }) { return incoming }
            if wakes.takeRequest() { return nil }
            guard try wakes.wait(until: deadline) else { return nil }
        }
    }

    public func close() {
        guard !isClosed else { return }
        isClosed = true
        network.state.withLock { $0.close(name) }
    }

    private func checkOpen() throws(TransportError) {
        guard !isClosed else { throw .closed(endpoint) }
    }
}
