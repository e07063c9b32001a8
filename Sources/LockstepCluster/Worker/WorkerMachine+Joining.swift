internal import LockstepTraining
internal import LockstepTransport
internal import LockstepWire

extension WorkerMachine {
    /// The coordinator lets this worker in: builds the replica that it describes.
    mutating func join(_ welcome: Welcome, state: Payload?, run: RunID) -> [WorkerAction] {
        guard case .joining = phase else { return stray() }
        do {
            let settings = try RunSettings(json: welcome.settings, from: "the coordinator's message")
            // Where this host keeps data is its user's to say (--data). A path from elsewhere is never used.
            guard settings.shared == settings else {
                return end(
                    .refused,
                    "the coordinator at \(coordinator) sent settings that cannot be used: they say in which folder of this "
                        + "host the data are, '\(settings.data)'")
            }
            self.run = run
            rank = welcome.rank
            workerCount = welcome.workers
            phase = .preparing
            return [
                .note("joined \(coordinator) as rank \(welcome.rank) of \(welcome.workers)"),
                .compute(.prepare(settings: settings, state: state)),
            ]
        } catch {
            return end(.refused, "the coordinator at \(coordinator) sent settings that cannot be used: \(error)")
        }
    }

    /// The replica is built: says what it is, for the coordinator to compare.
    mutating func report(_ prepared: ComputeResult.Prepared) -> [WorkerAction] {
        self.prepared = prepared
        completedSteps = prepared.completedSteps
        reducedSteps = prepared.completedSteps
        phase = .ready
        return [send(.ready(prepared.ready))]
    }

    /// All workers are there: connects to each peer and says hello, so that both sides know the link works before the first step.
    mutating func link(_ members: [Member], generation: Int) -> [WorkerAction] {
        guard case .ready = phase, let rank, let prepared else { return stray() }
        // What the sums rest on: every microbatch is somebody's, and nobody else's.
        var end = 0
        let isContiguous = members.allSatisfy { member in
            defer { end = member.microbatches.upperBound }
            return member.microbatches.lowerBound == end
        }
        guard isContiguous, end == prepared.tree.count, members.count == workerCount,
            members.map(\.rank) == Array(members.indices), members.indices.contains(rank),
            members.allSatisfy({ $0.publicKey.isEmpty || PublicKey($0.publicKey) != nil })
        else { return fail("the coordinator at \(coordinator) sent a list of members that does not add up") }
        self.members = members
        self.generation = generation
        phase = .linking
        // Who said hello before it was known who may: whoever has another key than that rank is not that rank.
        linkedPeers[generation] = linkedPeers[generation]?.filter { holds($0.value, keyOf: $0.key) }
        let peers = members.filter { $0.rank != rank }
        let admission = WorkerAction.admit(Set(peers.compactMap { PublicKey($0.publicKey) }))
        let hellos = peers.flatMap { member in
            [
                WorkerAction.connect(
                    rank: member.rank, endpoint: member.endpoint, key: PublicKey(member.publicKey)),
                .send(envelope(.peerHello), to: .rank(member.rank)),
            ]
        }
        return [admission] + hellos + finishLinking()
    }

    /// How many generations ahead of this worker a peer's hello may be. The peer has heard of its generation from the same
    /// coordinator, so no more than a few changes of membership lie between.
    private static let generationsAhead = 16

    /// A peer's first message on its link to this worker: the connection that speaks for it from now on.
    mutating func heard(from peer: Int, over connection: Peer, generation: Int) -> [WorkerAction] {
        guard (self.generation...self.generation + WorkerMachine.generationsAhead).contains(generation),
            linkedPeers[generation]?[peer] == nil,
            linkedPeers[generation]?.values.contains(connection) != true,
            generation > self.generation || members.isEmpty || holds(connection, keyOf: peer)
        else { return stray() }
        linkedPeers[generation, default: [:]][peer] = connection
        return finishLinking()
    }

    /// Whether the other side of a connection has proved to hold the key that the coordinator names for a rank.
    private func holds(_ connection: Peer, keyOf rank: Int) -> Bool {
        members.indices.contains(rank) && (connection.key?.description ?? "") == members[rank].publicKey
    }

    /// The peers of this generation that have not been heard from.
    var unlinkedPeers: [Member] {
        members.filter { $0.rank != rank && linkedPeers[generation]?[$0.rank] == nil }
    }

    private mutating func finishLinking() -> [WorkerAction] {
        guard case .linking = phase, unlinkedPeers.isEmpty else { return [] }
        linkedPeers = linkedPeers.filter { $0.key == generation }
        phase = .idle
        return [send(.connected)]
    }
}
