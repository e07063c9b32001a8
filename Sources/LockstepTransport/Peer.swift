/// One connection of a transport, outgoing or incoming. Whoever connects again is another peer.
public struct Peer: Sendable, Hashable, CustomStringConvertible {
    package enum Identity: Sendable, Hashable {
        /// The number that the transport gave to an outgoing connection.
        case outgoing(Int)
        /// What an incoming connection is called where it came in.
        case incoming([UInt8])
    }

    package let identity: Identity
    /// Where the peer is, for messages to people: the endpoint of an outgoing one, the address of an incoming one.
    public let description: String
    /// The key that the peer has proved to hold; nil where the connection has no keys. Of an outgoing peer, the key without
    /// which the connection does not come up.
    public let key: PublicKey?

    package init(_ identity: Identity, _ description: String, key: PublicKey? = nil) {
        self.identity = identity
        self.description = description
        self.key = key
    }

    /// Whether both are the same connection of the same transport.
    public static func == (left: Peer, right: Peer) -> Bool { left.identity == right.identity }

    public func hash(into hasher: inout Hasher) { hasher.combine(identity) }
}
