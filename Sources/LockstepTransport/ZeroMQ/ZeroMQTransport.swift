public import LockstepWire

/// A transport over ZeroMQ, between processes of one host (`ipc`) or of several (`tcp`).
public final class ZeroMQTransport: Transport {
    /// A transport that listens at `endpoint`; a tcp port of 0 picks a free one.
    ///
    /// Throws `TransportError` if the address is in use, not one of this host's, or not permitted.
    public init(binding endpoint: Endpoint, limits: TransportLimits = TransportLimits()) throws {
        fatalError("being built")
    }

    public var endpoint: Endpoint { fatalError("being built") }
    public func connect(to endpoint: Endpoint) throws -> Peer { fatalError("being built") }
    public func disconnect(_ peer: Peer) {}
    public func send(_ envelope: Envelope, to peer: Peer) throws {}
    public func receive(timeout: Duration) throws -> Incoming? { nil }
    public var waker: any Waker { fatalError("being built") }
    public func close() {}
}
