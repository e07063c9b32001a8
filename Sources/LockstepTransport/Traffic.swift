internal import Synchronization

/// How much a transport has sent and received: messages of this protocol and their bytes, without what sockets put around them.
/// Read from any thread.
public final class Traffic: Sendable {
    private let sentMessages = Atomic(0)
    private let sentBytes = Atomic(0)
    private let sentSharedBytes = Atomic(0)
    private let receivedMessages = Atomic(0)
    private let receivedBytes = Atomic(0)

    /// The counts at one moment.
    public struct Counts: Sendable, Equatable {
        /// Messages that were handed to be sent.
        public var sentMessages = 0
        /// Their bytes.
        public var sentBytes = 0
        /// Those of them that went by memory that the other side shares.
        public var sentSharedBytes = 0
        /// Messages that were received.
        public var receivedMessages = 0
        /// Their bytes.
        public var receivedBytes = 0

        /// Nothing.
        public init() {}

        /// What has come since an earlier moment.
        public static func - (later: Counts, earlier: Counts) -> Counts {
            var counts = later
            counts.sentMessages -= earlier.sentMessages
            counts.sentBytes -= earlier.sentBytes
            counts.sentSharedBytes -= earlier.sentSharedBytes
            counts.receivedMessages -= earlier.receivedMessages
            counts.receivedBytes -= earlier.receivedBytes
            return counts
        }
    }

    /// The counts now.
    public var counts: Counts {
        var counts = Counts()
        counts.sentMessages = sentMessages.load(ordering: .relaxed)
        counts.sentBytes = sentBytes.load(ordering: .relaxed)
        counts.sentSharedBytes = sentSharedBytes.load(ordering: .relaxed)
        counts.receivedMessages = receivedMessages.load(ordering: .relaxed)
        counts.receivedBytes = receivedBytes.load(ordering: .relaxed)
        return counts
    }

    /// A message was sent: so many bytes of it as frames, and so many by shared memory.
    func countSent(_ bytes: Int, sharing sharedBytes: Int) {
        sentMessages.wrappingAdd(1, ordering: .relaxed)
        sentBytes.wrappingAdd(bytes + sharedBytes, ordering: .relaxed)
        sentSharedBytes.wrappingAdd(sharedBytes, ordering: .relaxed)
    }

    /// So many bytes came in as a message's frames.
    func countReceived(_ bytes: Int) {
        receivedMessages.wrappingAdd(1, ordering: .relaxed)
        receivedBytes.wrappingAdd(bytes, ordering: .relaxed)
    }

    /// So many bytes of a message came by shared memory.
    func countReceived(sharing bytes: Int) { receivedBytes.wrappingAdd(bytes, ordering: .relaxed) }
}
