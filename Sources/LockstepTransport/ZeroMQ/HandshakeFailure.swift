internal import CZeroMQ

/// Why two sides did not agree to talk, as ZeroMQ's monitor has it.
enum HandshakeFailure: Equatable {
    /// The listening side said no, with this number: 400 for the key, 500 for lack of room.
    case refused(Int32)
    /// One side uses keys and the other does not.
    case mechanism
    /// The connecting side expects another server key.
    case serverKey
    /// What came is no handshake.
    case malformed
    /// The other side ended the connection, or did not answer in time. That is all that is seen of many a refusal.
    case ended

    init(protocolError number: Int32) {
        // ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC and _MECHANISM_MISMATCH; macros that Swift does not import.
        switch number {
        case 0x1100_0001: self = .serverKey
        case 0x1100_0002: self = .mechanism
        default: self = .malformed
        }
    }

    /// What the listening side tells, about the other; nil where the authenticator has told it.
    func text(forServerWithKeys hasKeys: Bool) -> (kind: String, text: String)? {
        switch self {
        case .refused: nil
        case .mechanism where hasKeys: ("plain", "it uses no keys, and this side does; give it --keys")
        case .mechanism:
            ("keys", "it uses keys, and this side does not; give this side --keys too, or leave them out there")
        case .serverKey:
            ("server key", "it expects another key than this side's; copy coordinator.public to it anew")
        case .malformed: ("malformed", "it does not speak Lockstep's protocol")
        case .ended:
            (
                "ended",
                "it ended the connection in the handshake"
                    + (hasKeys
                        ? "; if it is a worker, it uses no keys, and this side does; give it --keys"
                        : "; if it is a worker, it uses keys, and this side does not")
            )
        }
    }

    /// What the connecting side tells, about the listening one at `place`.
    func text(forClientOf place: String, withKeys hasKeys: Bool, key: PublicKey?) -> String {
        switch self {
        case .refused(500): "\(place) has as many connections as it allows; try again later"
        case .refused:
            "\(place) does not know this side's key\(key.map { " \($0)" } ?? ""); add it to the keys that may join, on the "
                + "coordinator's host (keys add), or use the ones that were made there"
        case .mechanism where hasKeys: "\(place) uses no keys, and this side does; start it with --keys too"
        case .mechanism: "\(place) requires keys, and this side has none; start it with --keys"
        case .serverKey, .malformed: "\(place) does not answer as Lockstep does; check the address"
        case .ended:
            "\(place) ended the handshake \(OutgoingConnection.mostHandshakes) times without a reason: "
                + (hasKeys
                    ? "it does not hold the key that this side expects (copy coordinator.public from the coordinator's host "
                        + "anew), it uses no keys, or it is not Lockstep"
                    : "it requires keys (start this side with --keys), or it is not Lockstep")
        }
    }
}
