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

    /// What others know this transport by; nil where it has no keys.
    var publicKey: PublicKey? { get }

    /// A new connection to the transport at `endpoint`, which must prove to hold `key`.
    ///
    /// Where this transport has no keys, neither may the other side, and `key` is not looked at. Where it has and `key` is nil,
    /// the coordinator's is meant.
    ///
    /// Returns at once: the link comes up when the other side is there, and messages sent before wait for it. Throws
    /// `TransportError` if the endpoint is of another kind, its host does not resolve, or it has no known key.
    func connect(to endpoint: Endpoint, key: PublicKey?) throws -> Peer

    /// Lets in who holds one of these keys, and from now on nobody else; who is connected stays.
    ///
    /// Where a transport has no keys, or reads those that may join from a folder, this does nothing.
    func admit(_ keys: Set<PublicKey>)

    /// Whether who is connected with this key would still be let in. True where a transport has no keys, or is told them by
    /// ``admit(_:)``; where they are in a folder that cannot be read nobody is barred for it.
    func mayJoin(_ key: PublicKey) -> Bool

    /// Ends an outgoing connection; what was sent before still goes out. An incoming peer is not affected.
    func disconnect(_ peer: Peer)

    /// Sends a message; never blocks, and does not copy the payload.
    ///
    /// Throws `WireError` if the message cannot be encoded, `TransportError` if the peer is gone or its queue is full.
    func send(_ envelope: Envelope, to peer: Peer) throws

    /// For how long, in all, something that was sent to `peer` has been on its way: from being handed to the network until the other
    /// host has it. While the other side takes nothing in does not count, so it is the time that this side's network takes.
    ///
    /// Nil where nobody measures it: within a host but for tcp, for peers that came in or are gone, and on other kernels than Linux
    /// from 4.10 on.
    func sendingTime(to peer: Peer) -> Duration?

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

extension Transport {
    /// A new connection to the transport at `endpoint`, the coordinator's where there are keys.
    public func connect(to endpoint: Endpoint) throws -> Peer { try connect(to: endpoint, key: nil) }

    public func mayJoin(_ key: PublicKey) -> Bool { true }

    public func sendingTime(to peer: Peer) -> Duration? { nil }
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
    /// Somebody was not let in; the error says who and why. There is nothing to do but to tell people, and of one who tries
    /// again and again they are told a few times only.
    case refused(TransportError)
    /// The other side of an outgoing connection does not let this one in, or is not whom the connection was to; the error says
    /// what may be wrong. The peer cannot be sent to, and is not lost a second time.
    case refusedBy(Peer, TransportError)
}

extension Incoming {
    /// Bytes of the message's payload.
    package var payloadBytes: Int {
        if case .message(let envelope, _) = self { envelope.payload?.count ?? 0 } else { 0 }
    }
}

/// Interrupts a `Transport.receive` from any thread.
public protocol Waker: Sendable {
    /// Makes the receive that is waiting, or else the next one that would wait, return nil. Calls before that count as one.
    func wake()
}
