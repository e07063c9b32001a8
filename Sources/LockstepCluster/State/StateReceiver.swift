package import LockstepWire

/// Puts a state together from its pieces, which come in order.
///
/// Memory is taken for what has come, never for what a message says is to come.
package struct StateReceiver {
    /// The state is that after so many steps.
    package let step: Int
    private let limit: Int
    private var total: Int?
    private var pieces: [Payload] = []
    /// Up to where it has come.
    package private(set) var end = 0

    /// A receiver of the state after `step` steps, of at most `limit` bytes.
    package init(step: Int, limit: Int) {
        self.step = step
        self.limit = limit
    }

    /// Bytes that an image of a state may have: its numbers, and the names, shapes and settings around them.
    static func limit(stateBytes: Int) -> Int { stateBytes + (64 << 20) }

    /// Takes the next piece; returns the whole image with the last one.
    ///
    /// Throws where the piece is not the next one, or the state would be larger than it can be.
    package mutating func receive(_ piece: State, _ payload: Payload?) throws(ClusterError) -> Payload? {
        guard let payload, piece.offset == end, payload.count > 0, piece.total == total ?? piece.total,
            piece.total <= limit, payload.count <= piece.total - end
        else {
            throw ClusterError(
                .unexpectedMessage,
                """
                a piece of the state from byte \(piece.offset) of \(piece.total), with \(payload?.count ?? 0) bytes, cannot be \
                used: expected one from byte \(end) of \(total.map(String.init) ?? "at most \(limit)")
                """)
        }
        total = piece.total
        pieces.append(payload)
        end += payload.count
        guard end == piece.total else { return nil }
        defer { pieces = [] }
        if pieces.count == 1 { return pieces[0] }
        return Payload(count: end) { target in
            var start = 0
            for piece in pieces {
                piece.withUnsafeBytes {
                    UnsafeMutableRawBufferPointer(rebasing: target[start..<start + $0.count]).copyMemory(from: $0)
                }
                start += piece.count
            }
        }
    }
}
