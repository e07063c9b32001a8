import LockstepCluster
import LockstepWire
import Testing

/// A state that goes from one worker to others through the coordinator.
struct StateRelayTests {
    @Test("Every receiver has all of it, and no more pieces wait than the slowest may lack", arguments: 1...4)
    func pieces(receivers count: Int) throws {
        var random = SplitMix(seed: UInt64(count))
        for size in [1, 9, 10, 11, 95, 400] {
            let image = Payload((0..<size).map { UInt8($0 % 251) })
            var sender = StateSender<Int>(image: image, step: 7, pieceBytes: 10)
            var relay = StateRelay(from: 9, to: Array(0..<count), step: 7)
            var receivers = (0..<count).map { _ in StateReceiver(step: 7, limit: size) }
            var images = [Payload?](repeating: nil, count: count)
            var queues = [[(State, Payload)]](repeating: [], count: count)
            func pass(_ pieces: [StateSender<Int>.Piece]) {
                for piece in pieces {
                    guard case .state(let state) = piece.body else { continue }
                    for receiver in relay.receivers { queues[receiver].append((state, piece.payload)) }
                }
            }
            pass(sender.start(9))
            while let receiver = queues.indices.filter({ !queues[$0].isEmpty }).randomElement(using: &random) {
                #expect(queues.allSatisfy { $0.count <= 4 })
                let (state, payload) = queues[receiver].removeFirst()
                if let whole = try receivers[receiver].receive(state, payload) { images[receiver] = whole }
                if let end = relay.received(by: receiver, end: receivers[receiver].end) {
                    pass(sender.acknowledged(by: 9, end: end))
                }
            }
            #expect(images.allSatisfy { $0 == image })
            #expect(sender.isDone)
        }
    }

    @Test("A piece is let go of as soon as it has been taken")
    func pieceByPiece() throws {
        final class Owner: Sendable {}
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 30, alignment: 1)
        defer { bytes.deallocate() }
        bytes.copyBytes(from: (0..<30).map { UInt8($0) })
        var receiver = StateReceiver(step: 7, limit: 30)
        var whole: Payload?
        for start in [0, 10, 20] {
            weak var held: Owner?
            do {
                let owner = Owner()
                held = owner
                let piece = Payload(owner: owner, bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<start + 10]))
                whole = try receiver.receive(State(offset: start, total: 30), piece)
            }
            #expect(held == nil, "the piece at \(start)")
        }
        #expect(whole == Payload((0..<30).map { UInt8($0) }))
    }

    @Test("Answers of others, and those that come twice, tell the sender nothing")
    func strangers() {
        var relay = StateRelay(from: 2, to: [0, 1], step: 1)
        #expect(relay.receivers == [0, 1])
        #expect(relay.received(by: 5, end: 10) == nil)
        #expect(relay.received(by: 0, end: 10) == nil)
        #expect(relay.received(by: 1, end: 20) == 10)
        #expect(relay.received(by: 1, end: 20) == nil)
        #expect(relay.received(by: 0, end: 10) == nil)
        #expect(relay.received(by: 0, end: 30) == 20)
    }
}
