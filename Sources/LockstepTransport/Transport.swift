public import LockstepWire

/// Sends messages to peers and receives theirs.
///
/// A transport belongs to one thread: every call but `waker.wake()` comes from the same one. Each direction of each connection
/// keeps its order. A message is delivered whole or not at all, and not at all only if the connection is lost: then the
/// transport reports `Incoming.lost`, and the connection is never used again.
public protocol Transport: AnyObject {
    /// Where others reach this transport; a port of 0 has been replaced by the one that the system picked.
    ///
    /// The host is the one that was bound: of a wildcard, advertise `Endpoint.localHost(toward:)` instead.
    var endpoint: Endpoint { get }

    /// The largest frame that it sends or accepts, in bytes.
    var maximumMessageBytes: Int { get }

    /// A new connection to the transport at `endpoint`.
    ///
    /// Returns at once: the link comes up when the other side is there, and messages sent before wait for it. Throws
    /// `TransportError` if the endpoint is of another kind or its host does not resolve.
    func connect(to endpoint: Endpoint) throws -> Peer

    /// Ends an outgoing connection; what was sent before still goes out. An incoming peer is not affected.
    func disconnect(_ peer: Peer)

    /// Sends a message; never blocks, and does not copy the payload.
    ///
    /// Throws `WireError` if the message cannot be encoded, `TransportError` if the peer is gone or its queue is full.
    func send(_ envelope: Envelope, to peer: Peer) throws

    /// The next event, waiting for it for at most `timeout`; nil when the time is up or the waker was called.
    ///
    /// Peers take turns, so one that sends without end does not keep the others from being heard.
    func receive(timeout: Duration) throws -> Incoming?

    /// Makes `receive` return from any thread.
    var waker: any Waker { get }

    /// Ends all connections and frees the endpoint; what was sent before still goes out if it can within `TransportLimits.linger`.
    ///
    /// Further sends and receives throw. A second call does nothing.
    func close()
}

/// What a transport received.
public enum Incoming: Sendable, Equatable {
    /// A well-formed message. Whether its run, generation, step and sender make sense is for the receiver to judge.
    case message(Envelope, from: Peer)
    /// Something that is not a message of this protocol; it was dropped. The peer may be told, or ignored.
    case rejected(WireError, from: Peer)
    /// A connection that had been up is gone, with whatever was under way on it; the peer cannot be sent to any more.
    ///
    /// Reported once for an outgoing peer, and once for an incoming one that has sent anything.
    case lost(Peer)
}

/// Interrupts a `Transport.receive` from any thread.
public protocol Waker: Sendable {
    /// Makes the receive that is waiting, or else the next one that would wait, return nil. Calls before that count as one.
    func wake()
}
