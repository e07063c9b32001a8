internal import LockstepTraining
internal import LockstepTransport
internal import LockstepWire

extension WorkerMachine {
    /// The coordinator lets this worker in: builds the replica that it describes, unless it has it from before.
    mutating func join(_ welcome: Welcome, run newRun: RunID, now: Duration) -> [WorkerAction] {
        switch phase {
        case .joining, .rejoining: break
        default: return stray()
        }
        lastHeard = now
        rank = welcome.rank
        if newRun == run, prepared != nil || inHand == .prepare {
            if let prepared, prepared.isSent, welcome.data.isEmpty {
                return end(
                    .refused,
                    "the coordinator at \(coordinator) sends samples no more, and this worker has no copy of the data; "
                        + "resume the run with --data-from coordinator, or start the worker again where the data are")
            }
            return [.note("joined \(coordinator) again as rank \(welcome.rank)")] + comeBack(welcome)
        }
        do {
            let settings = try RunSettings(json: welcome.settings, from: "the coordinator's message")
            // Where this host keeps data is its user's to say (--data). A path from elsewhere is never used.
            guard settings.shared == settings else {
                return end(
                    .refused,
                    "the coordinator at \(coordinator) sent settings that cannot be used: they say in which folder of this "
                        + "host the data are, '\(settings.data)'")
            }
            let note =
                run == .unknown
                ? "joined \(coordinator) as rank \(welcome.rank) of \(welcome.workers)"
                : "joined \(coordinator), which coordinates another run now, as rank \(welcome.rank) of \(welcome.workers)"
            forget()
            run = newRun
            // Where weights are given the ones that are drawn are nothing to train on.
            holdsState = settings.initialWeights == nil
            phase = .preparing
            inHand = .prepare
            return [.note(note), .compute(.prepare(settings: settings, data: welcome.data))]
        } catch {
            return end(.refused, "the coordinator at \(coordinator) sent settings that cannot be used: \(error)")
        }
    }

    /// This worker was in the run before: it keeps its replica, and tells what the coordinator may have missed.
    private mutating func comeBack(_ welcome: Welcome) -> [WorkerAction] {
        guard let prepared else {
            phase = .preparing
            return []
        }
        phase = .ready
        let missed = reports.filter { $0.step >= welcome.recordedSteps }.map {
            send(.stepReport($0.report), step: $0.step)
        }
        return [sendReady(prepared)] + missed
    }

    /// Everything of an earlier run is void.
    private mutating func forget() {
        if inHand != nil { forgottenResults += 1 }
        if chained != nil { forgottenResults += 1 }
        (inHand, chained) = (nil, nil)
        prepared = nil
        completedSteps = 0
        reducedSteps = 0
        holdsState = true
        takenDigest = ""
        reports = []
        transfers = StateTransfers()
    }

    /// The replica is built: says what it is, for the coordinator to compare.
    mutating func report(_ prepared: ComputeResult.Prepared) -> [WorkerAction] {
        self.prepared = prepared
        // The coordinator may have been lost meanwhile.
        guard case .preparing = phase else { return [] }
        phase = .ready
        return [sendReady(prepared)]
    }

    private func sendReady(_ prepared: ComputeResult.Prepared) -> WorkerAction {
        var ready = prepared.ready
        // Of a state that nobody has compared yet its digest is to tell, once all are linked.
        ready.holdsState = holdsState && takenDigest.isEmpty
        return send(.ready(ready))
    }

    /// The members change: drops what is in hand, connects to each new peer and says hello to all, so that both sides of each link
    /// know that it works before the first step. In a star there are no peers, and so no links.
    mutating func link(_ list: Members, generation: Int, now: Duration) -> [WorkerAction] {
        switch phase {
        case .ready, .linking, .idle, .working: break
        default: return stray()
        }
        guard let rank, let prepared, generation > self.generation || self.members.isEmpty else { return stray() }
        let members = list.members
        // What the sums rest on: every microbatch is somebody's, and nobody else's.
        var end = 0
        let isContiguous = members.allSatisfy { member in
            defer { end = member.microbatches.upperBound }
            return member.microbatches.lowerBound == end
        }
        let ranks = members.map(\.rank)
        guard isContiguous, end == prepared.tree.count, zip(ranks, ranks.dropFirst()).allSatisfy(<),
            ranks.contains(rank), members.allSatisfy({ $0.publicKey.isEmpty || PublicKey($0.publicKey) != nil })
        else { return fail("the coordinator at \(coordinator) sent a list of members that does not add up") }
        dropWork()
        self.members = members
        kind = list.isStar ? .star : .direct
        self.generation = generation
        links.forget(before: generation)
        links.keepHolders(ofKeysOf: members, in: generation)
        phase = .linking
        let admission = peers.compactMap { PublicKey($0.publicKey) }
        let change = links.change(to: peers)
        return [.admit(Set(admission))] + change.disconnect.map { .disconnect(rank: $0) }
            + change.connect.map { .connect(rank: $0.rank, endpoint: $0.endpoint, key: PublicKey($0.publicKey)) }
            + peers.map { .send(envelope(.peerHello), to: .rank($0.rank)) }
            + finishLinking()
    }

    /// Once all links are up and nothing of an earlier generation is in hand: says what state this worker holds, and with its digest where
    /// nobody has compared it with what was sent.
    mutating func finishLinking() -> [WorkerAction] {
        guard case .linking = phase, inHand == nil, links.unheard(of: peers, in: generation).isEmpty else { return [] }
        phase = .idle
        return [send(.connected(Connected(holdsState: holdsState, digest: takenDigest)))]
    }

    /// The coordinator is lost. What this worker holds it keeps: the coordinator may be started again on the same run.
    mutating func lostCoordinator(because reason: String, now: Duration) -> [WorkerAction] {
        switch phase {
        case .joining, .rejoining: return [.reconnect, send(.hello(hello))]
        default: break
        }
        let note = WorkerAction.note(
            "lost the coordinator at \(coordinator): \(reason); keeping the state after \(completedSteps) steps and waiting for it"
        )
        return [note] + leaveGeneration(now: now) + [.reconnect, send(.hello(hello))]
    }

    /// The coordinator has put this worker out of the run: it joins again, as one that holds nothing.
    mutating func rejoin(_ putOut: PutOut, now: Duration) -> [WorkerAction] {
        switch phase {
        case .joining: return []  // It was of an earlier time in the run.
        // What it could not be told while it was away.
        case .rejoining: return [.note("was put out of the run meanwhile: \(putOut.reason); joining again")]
        default: break
        }
        holdsState = false
        // What it did last nobody goes on from, so it tells nobody of it.
        reports = []
        return [.note("put out of the run: \(putOut.reason); joining again")] + leaveGeneration(now: now) + [
            send(.hello(hello))
        ]
    }

    private mutating func leaveGeneration(now: Duration) -> [WorkerAction] {
        dropWork()
        members = []
        phase = .rejoining(since: now)
        return links.dropAll().map { .disconnect(rank: $0) }
    }

    /// Drops all orders and all-reduces. What the compute thread has in hand it finishes: an update counts, all else is void.
    private mutating func dropWork() {
        sending.restart()
        orders = []
        newestOrders = (-1, -1)
        allReduces = [:]
        transfers = transfers.dropped
        deliveries = SampleDeliveries()
        timing = StepTiming()
        if case .apply = inHand { reducedSteps = completedSteps + 1 } else { reducedSteps = completedSteps }
    }
}
