internal import LockstepWire

/// What a worker knows of its links to peers.
struct PeerLinks {
    /// Ranks are below this: more than a coordinator gives out, and few enough to remember.
    static let ranks = 4096

    /// The peers that this worker is connected to, by rank.
    private var connected: [Int: Identity] = [:]
    /// The peers that have been heard from, by generation: a peer may know of a generation before this worker does.
    private var heard: [Int: Set<Int>] = [:]
    /// When links were lost that the coordinator has not been told of.
    private var lost: [Int: Duration] = [:]

    /// Which process a rank is.
    private struct Identity: Equatable {
        let host: String
        let pid: Int
        let endpoint: String

        init(_ member: Member) {
            host = member.host
            pid = member.pid
            endpoint = member.endpoint
        }
    }

    /// The members change. Returns whom to connect to, anew where a link was lost or the rank is another process now, and
    /// which connections to end.
    mutating func change(to members: [Member], except rank: Int) -> (connect: [Member], disconnect: [Int]) {
        let peers = members.filter { $0.rank != rank }
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

    /// A peer said hello in a generation.
    mutating func heard(from rank: Int, generation: Int) {
        // Of generations to come only few are known before this worker is told of them.
        if heard.count > 64, let oldest = heard.keys.min() { heard[oldest] = nil }
        heard[generation, default: []].insert(rank)
    }

    /// The peers of a generation that have not been heard from.
    func unheard(of members: [Member], in generation: Int, except rank: Int?) -> [Member] {
        members.filter { $0.rank != rank && heard[generation]?.contains($0.rank) != true }
    }

    /// Generations before this one are over.
    mutating func forget(before generation: Int) { heard = heard.filter { $0.key >= generation } }
}
