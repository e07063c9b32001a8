package import LockstepWire

/// Sends one state to somebody, or to several, in pieces.
///
/// Only a few pieces are on their way to each receiver at a time, so that a heartbeat never waits behind more than those, whatever
/// the state's size.
package struct StateSender<Receiver: Hashable> {
    /// A piece and whom it is for.
    package struct Piece {
        package var receiver: Receiver
        package var body: Body
        package var payload: Payload
    }

    /// The state is that after so many steps.
    package let step: Int
    private let image: Payload
    private let pieceBytes: Int
    /// For each receiver, up to where pieces were sent.
    private var sent: [Receiver: Int] = [:]

    /// How many pieces may be on their way. Four keep a link busy while the answers to them travel.
    private static var piecesAhead: Int { 4 }

    /// A sender of `image`. Pieces of 4 MiB keep a link of 1 Gbit/s busy and hold a heartbeat up for an eighth of a second.
    package init(image: Payload, step: Int, pieceBytes: Int = 4 << 20) {
        self.image = image
        self.step = step
        self.pieceBytes = pieceBytes
    }

    /// The first pieces for a receiver.
    package mutating func start(_ receiver: Receiver) -> [Piece] {
        sent[receiver] = 0
        return next(for: receiver, received: 0)
    }

    /// A receiver has all up to `end`; returns the pieces that may follow. What it cannot have received is passed over.
    package mutating func acknowledged(by receiver: Receiver, end: Int) -> [Piece] {
        guard let sent = sent[receiver], (0...sent).contains(end) else { return [] }
        if end == image.count {
            self.sent[receiver] = nil
            return []
        }
        return next(for: receiver, received: end)
    }

    /// Whether a receiver lacks something of it.
    package func isFor(_ receiver: Receiver) -> Bool { sent[receiver] != nil }

    /// Whether all receivers have all of it.
    package var isDone: Bool { sent.isEmpty }

    private mutating func next(for receiver: Receiver, received: Int) -> [Piece] {
        var pieces: [Piece] = []
        while let offset = sent[receiver], offset < image.count,
            offset - received < StateSender.piecesAhead * pieceBytes
        {
            let end = min(offset + pieceBytes, image.count)
            sent[receiver] = end
            pieces.append(
                Piece(
                    receiver: receiver, body: .state(State(offset: offset, total: image.count)),
                    payload: image.slice(offset..<end)))
        }
        return pieces
    }
}
