internal import LockstepTraining
internal import LockstepWire

extension WorkerMachine {
    /// The coordinator lets this worker in: builds the replica that it describes.
    mutating func join(_ welcome: Welcome, state: Payload?, run: RunID) -> [WorkerAction] {
        guard case .joining = phase else { return stray() }
        do {
            let settings = try RunSettings(json: welcome.settings, from: "the coordinator's message")
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
            members.map(\.rank) == Array(members.indices), members.indices.contains(rank)
        else { return fail("the coordinator at \(coordinator) sent a list of members that does not add up") }
        self.members = members
        self.generation = generation
        phase = .linking
        let hellos = members.filter { $0.rank != rank }.flatMap { member in
            [
                WorkerAction.connect(rank: member.rank, endpoint: member.endpoint),
                .send(envelope(.peerHello), to: .rank(member.rank)),
            ]
        }
        return hellos + finishLinking()
    }

    /// A peer's first message on its link to this worker.
    mutating func heard(from peer: Int, generation: Int) -> [WorkerAction] {
        linkedPeers[generation, default: []].insert(peer)
        return finishLinking()
    }

    /// The peers of this generation that have not been heard from.
    var unlinkedPeers: [Member] {
        members.filter { $0.rank != rank && linkedPeers[generation]?.contains($0.rank) != true }
    }

    private mutating func finishLinking() -> [WorkerAction] {
        guard case .linking = phase, unlinkedPeers.isEmpty else { return [] }
        linkedPeers = linkedPeers.filter { $0.key == generation }
        phase = .idle
        return [send(.connected)]
    }
}
