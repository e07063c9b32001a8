internal import LockstepWire

extension InProcessNetwork {
    /// What a transport has not received yet, one queue a peer; peers take turns.
    struct Mailbox: Sendable {
        let waker: EventWaker
        let limits: TransportLimits
        private var queues: [Peer: Queue<Incoming>] = [:]
        private var bytes: [Peer: Int] = [:]
        /// The peers that have a queue, the next one first; as few as there are workers, so an array will do.
        private var turns: [Peer] = []

        init(waker: EventWaker, limits: TransportLimits) {
            self.waker = waker
            self.limits = limits
        }

        /// How many events of the peer wait.
        func count(from peer: Peer) -> Int { queues[peer]?.count ?? 0 }

        /// How many bytes of the peer's payloads wait.
        func bytes(from peer: Peer) -> Int { bytes[peer] ?? 0 }

        mutating func append(_ incoming: Incoming, from peer: Peer) {
            if queues[peer] == nil { turns.append(peer) }
            queues[peer, default: Queue()].append(incoming)
            bytes[peer, default: 0] += incoming.payloadBytes
            waker.signal()
        }

        /// The next event of the peer whose turn it is.
        mutating func next() -> Incoming? {
            guard let peer = turns.first else { return nil }
            turns.removeFirst()
            let incoming = queues[peer]?.removeFirst()
            bytes[peer, default: 0] -= incoming?.payloadBytes ?? 0
            if count(from: peer) > 0 {
                turns.append(peer)
            } else {
                queues[peer] = nil
                bytes[peer] = nil
            }
            return incoming
        }

        mutating func discard(from peer: Peer) {
            queues[peer] = nil
            bytes[peer] = nil
            turns.removeAll { $0 == peer }
        }
    }
}

/// First in, first out, in constant time.
private struct Queue<Element: Sendable>: Sendable {
    private var items: [Element?] = []
    private var head = 0

    var count: Int { items.count - head }

    mutating func append(_ item: Element) { items.append(item) }

    mutating func removeFirst() -> Element? {
        guard head < items.count else { return nil }
        defer {
            items[head] = nil  // Lets go of a payload now, not when the room is reused.
            head += 1
            if head > 64, head * 2 > items.count {
                items.removeFirst(head)
                head = 0
            }
        }
        return items[head]
    }
}
