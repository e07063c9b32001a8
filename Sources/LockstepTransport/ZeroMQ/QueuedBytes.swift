internal import LockstepWire
internal import Synchronization

/// How many payload bytes a connection has been given that have not gone out.
final class QueuedBytes: Sendable {
    private let count = Atomic(0)

    /// Whether so many more may wait, where `limit` is the most; one message may always.
    func hasRoom(for bytes: Int, limit: Int) -> Bool {
        let waiting = count.load(ordering: .relaxed)
        return waiting == 0 || waiting <= limit - bytes
    }

    /// What keeps the payload alive until it has gone out, and counts its bytes until then.
    func hold(_ payload: Payload) -> AnyObject { Held(payload, self) }

    private final class Held {
        private let payload: Payload
        private let queue: QueuedBytes

        init(_ payload: Payload, _ queue: QueuedBytes) {
            self.payload = payload
            self.queue = queue
            queue.count.wrappingAdd(payload.count, ordering: .relaxed)
        }

        deinit { queue.count.wrappingSubtract(payload.count, ordering: .relaxed) }
    }
}
