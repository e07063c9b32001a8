internal import LockstepTransport
internal import LockstepWire

/// What a worker knows of its links to peers.
struct PeerLinks {
    /// Ranks are below this: more than a coordinator gives out, and few enough to remember.
    static let ranks = 4096

    /// The peers that this worker is connected to, by rank.
    private var connected: [Int: Identity] = [:]
    /// The connections that peers have said hello on, by generation, and the ranks that they are: a peer may know of a generation
    /// before this worker does. In a generation a connection speaks for the rank that it first said hello as, and no other. A
    /// rank may have several, as what it said on one that it has given up may come later than what it says on the next.
    private var heard: [Int: [Peer: Int]] = [:]
    /// When links were lost that the coordinator has not been told of.
    private var lost: [Int: Duration] = [:]

    /// Which process a rank is.
    private struct Identity: Equatable {
        let host: String
        let pid: Int
        let endpoint: String
        let publicKey: String

        init(_ member: Member) {
            host = member.host
            pid = member.pid
            endpoint = member.endpoint
            publicKey = member.publicKey
        }
    }

    /// The peers change. Returns whom to connect to, anew where a link was lost or the rank is another process now, and
    /// which connections to end.
    mutating func change(to peers: [Member]) -> (connect: [Member], disconnect: [Int]) {
        let gone = connected.keys.filter { rank in !peers.contains { $0.rank == rank } }.sorted()
        let new = peers.filter { connected[$0.rank] != Identity($0) }
        connected = Dictionary(uniqueKeysWithValues: peers.map { ($0.rank, Identity($0)) })
        lost = [:]
        return (new, gone)
    }

    /// All connections end; returns them.
    mutating func dropAll() -> [Int] {
        defer { self = PeerLinks() }
        return connected.keys.sorted()
    }

    /// A connection was lost: it is never used again.
    mutating func lost(_ rank: Int, now: Duration) {
        if connected.removeValue(forKey: rank) != nil { lost[rank] = now }
    }

    /// The peers whose links were lost `patience` ago, to tell the coordinator, who by then knows of those that have ended.
    mutating func overdue(now: Duration, after patience: Duration) -> [Int] {
        let overdue = lost.filter { now - $0.value > patience }.keys.sorted()
        for rank in overdue { lost[rank] = nil }
        return overdue
    }

    /// A peer said hello in a generation. Returns false where the connection speaks for another rank.
    mutating func heard(from rank: Int, over connection: Peer, generation: Int) -> Bool {
        if let earlier = heard[generation]?[connection] { return earlier == rank }
        // Of generations to come only few are known before this worker is told of them.
        if heard.count > 64, let oldest = heard.keys.min() { heard[oldest] = nil }
        heard[generation, default: [:]][connection] = rank
        return true
    }

    /// Whether a connection speaks for a rank.
    func speaks(for rank: Int, in generation: Int, over connection: Peer) -> Bool {
        heard[generation]?[connection] == rank
    }

    /// Of those who have said hello only they count who have proved to hold the key that the coordinator names for their rank.
    mutating func keepHolders(ofKeysOf members: [Member], in generation: Int) {
        heard[generation] = heard[generation]?.filter { connection, rank in
            members.contains { $0.rank == rank && $0.publicKey == connection.key?.description ?? "" }
        }
    }

    /// The peers of a generation that have not been heard from.
    func unheard(of peers: [Member], in generation: Int) -> [Member] {
        peers.filter { heard[generation]?.values.contains($0.rank) != true }
    }

    /// Generations before this one are over.
    mutating func forget(before generation: Int) { heard = heard.filter { $0.key >= generation } }
}
