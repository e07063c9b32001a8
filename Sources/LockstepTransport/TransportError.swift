/// Why a transport could not do what it was asked to.
public struct TransportError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of failure, for programs.
    public enum Code: Sendable, Hashable {
        /// A text is not an endpoint, or the endpoint cannot be used this way.
        case invalidEndpoint
        /// A host name has no address.
        case unresolvable
        /// Somebody else listens at the address.
        case addressInUse
        /// The address is not one of this host's.
        case addressNotLocal
        /// The system does not permit it.
        case permission
        /// The peer does not read: its queue is full.
        case queueFull
        /// The peer is not connected any more.
        case peerGone
        /// The transport has been closed.
        case closed
        /// Other hosts reach the address, and neither keys nor the wish to do without them were given.
        case unprotected
        /// A key, or a file of one, is missing, malformed, or not kept safe.
        case invalidKeys
        /// A connection was refused, by this side or by the other.
        case refused
        /// Any other failure of the system.
        case system
    }

    /// The kind of failure.
    public let code: Code
    /// What failed, where, why, and what to do, as a sentence for a person.
    public let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}

extension TransportError {
    /// The connection that `peer` was is not there any more.
    static func gone(_ peer: Peer) -> TransportError {
        TransportError(
            .peerGone, "\(peer) is gone: the connection was lost or ended; connect anew if it is still wanted")
    }

    /// As many messages wait for `peer` as may.
    static func full(_ peer: Peer, limit: Int) -> TransportError {
        TransportError(.queueFull, "\(peer) does not read: \(limit) messages wait for it, which is the limit")
    }

    /// So many bytes wait for `peer` that no more may.
    static func full(_ peer: Peer, bytes limit: Int) -> TransportError {
        TransportError(
            .queueFull,
            "\(peer) does not read: with this message more than \(limit) bytes would wait for it, which is the limit"
        )
    }

    /// Other hosts would reach `endpoint`.
    static func unprotected(_ endpoint: Endpoint) -> TransportError {
        TransportError(
            .unprotected,
            "other hosts reach \(endpoint), so keys are required: give --keys FOLDER, with keys that 'keys new' makes; "
                + "or, on a network whose every user you trust, --insecure")
    }

    /// The transport was used after its end.
    static func closed(_ endpoint: Endpoint) -> TransportError {
        TransportError(.closed, "the transport at \(endpoint) has been closed")
    }
}
