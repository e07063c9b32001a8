internal import CLockstepSystem
internal import LockstepWire

/// What is kept of an incoming peer for as long as it is there.
final class KnownPeer {
    /// What waits to be sent to it.
    let queued = QueuedBytes()
    private let maximumMessageBytes: Int
    private var memory: SharedInbox?
    /// The memory that was offered last, whether it could be mapped or not: it is tried once.
    private var offered: UInt64?

    init(maximumMessageBytes: Int) { self.maximumMessageBytes = maximumMessageBytes }

    /// The memory that it shares, after an offer that came in on the socket `descriptor`.
    ///
    /// Memory that is larger than a message may be is not taken: no payload in it can be larger then, either. Whose the memory is the kernel says, not the offer; it knows that of local sockets only.
    func memory(offering offer: MemoryOffer?, over descriptor: Int32?) -> SharedInbox? {
        guard let offer, offer.token != offered, offer.byteCount <= maximumMessageBytes, let descriptor else {
            return memory
        }
        offered = offer.token
        let process = lockstep_peer_process(descriptor)
        if process >= 0 { memory = SharedInbox(offer, of: process) }
        return memory
    }
}
