package import LockstepWire

/// Puts a state together from its pieces, which come in order.
///
/// Each is copied to its place as it comes, so that none is held, and no thread is held up by a gigabyte at the end. Memory is taken for
/// what has come, never for what a message says is to come: of the room for all of it, which is bounded, the system gives what is written to.
package struct StateReceiver {
    /// The state is that after so many steps.
    package let step: Int
    private let limit: Int
    private var room: Room?
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
        guard let payload, piece.offset == end, payload.count > 0, piece.total == room?.bytes.count ?? piece.total,
            piece.total <= limit, payload.count <= piece.total - end
        else {
            throw ClusterError(
                .unexpectedMessage,
                """
                a piece of the state from byte \(piece.offset) of \(piece.total), with \(payload?.count ?? 0) bytes, cannot be \
                used: expected one from byte \(end) of \((room?.bytes.count).map(String.init) ?? "at most \(limit)")
                """)
        }
        end += payload.count
        // All of it in one piece stays where it is.
        if payload.count == piece.total { return payload }
        let room = room ?? Room(count: piece.total)
        room.write(payload, at: piece.offset)
        self.room = end == piece.total ? nil : room
        return end == piece.total ? Payload(owner: room, bytes: UnsafeRawBufferPointer(room.bytes)) : nil
    }

    /// Where a state is put together. Copies of a receiver share it: what they take are the same pieces.
    private final class Room: @unchecked Sendable {
        // Sendable because it is not written to any more once it is handed out.
        let bytes: UnsafeMutableRawBufferPointer

        init(count: Int) { bytes = .allocate(byteCount: count, alignment: 64) }

        deinit { bytes.deallocate() }

        func write(_ piece: Payload, at offset: Int) {
            piece.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<offset + $0.count]).copyMemory(from: $0)
            }
        }
    }
}
