internal import LockstepTraining
internal import LockstepTransport
internal import LockstepWire

/// Generations: who is in, and what state they go on from.
extension CoordinatorMachine {
    /// Begins a generation of all workers that are ready: tells each who the others are and which microbatches are whose.
    mutating func regroup(now: Duration) -> [CoordinatorAction] {
        if !hasBegun, let failure = plan() { return failure }
        generation += 1
        members = workers.filter { $0.value.ready != nil }.keys.sorted()
        ranges = deal()
        pace.restart()
        for rank in workers.keys {
            workers[rank]?.isMember = members.contains(rank)
            workers[rank]?.position = .unknown
            workers[rank]?.unheard = []
            workers[rank]?.requestedSteps = 0
            workers[rank]?.requestedBlocks = (0, 0)
        }
        (transfer, stateSender) = (nil, nil)
        if let failure = restartHub() { return failure }
        progress.dropUnfinished()
        phase = .linking(since: now)
        let list = zip(members, ranges).compactMap { rank, range in
            workers[rank].map {
                Member(
                    rank: rank, host: $0.hello.host, pid: $0.hello.pid, endpoint: $0.hello.endpoint,
                    microbatches: range, publicKey: $0.peer.key?.description ?? ""
                )
            }
        }
        var actions = toMembers(.members(Members(members: list, isStar: hub.kind == .star)))
        let idle = ranges.count { $0.isEmpty }
        if idle > 0 {
            actions.append(
                .warning(
                    "\(idle) of \(members.count) workers have nothing to compute, because a batch has only "
                        + "\(settings.microbatches) microbatches; start a new run with a larger --microbatches to use them"
                ))
        }
        return actions
    }

    /// The microbatches of each member: equally many or, where that is asked for and known, by how fast each computes.
    func deal() -> [Range<Int>] {
        let tree = MicrobatchTree(count: settings.microbatches)
        let seconds = members.compactMap { pace.secondsPerMicrobatch[$0] }
        guard membership.balances, seconds.count == members.count else { return tree.deal(to: members.count) }
        return tree.deal(seconds: seconds)
    }

    /// Makes the schedule from what the first worker has found; returns why the run cannot begin, if it cannot.
    private mutating func plan() -> [CoordinatorAction]? {
        guard let reference else { return [] }
        do {
            schedule = try Schedule(samples: reference.trainingSamples, settings: settings)
            return nil
        } catch {
            return fail(.workerFailed, "\(error)")
        }
    }

    /// All workers were gone; some are there again. Where one of them holds the newest state the run goes on from it. Where none
    /// does it waits a while for those that may hold it, and then goes on from the last checkpoint.
    mutating func goOnWithoutMissing(since: Duration, now: Duration) -> [CoordinatorAction] {
        let ready = workers.values.filter { $0.ready != nil }
        guard !ready.isEmpty else { return [] }
        if ready.contains(where: { $0.position.steps ?? 0 >= progress.completedSteps }) { return regroup(now: now) }
        guard workers.count == ready.count, missing.isEmpty || now - since > patience.missing else { return [] }
        let warning = CoordinatorAction.warning(
            "no worker holds the state after \(progress.completedSteps) steps any more; going on from step \((goesBackTo ?? 0) + 1)"
        )
        return [warning] + regroup(now: now)
    }

    /// A member's link to another broke although both live: all link up again.
    mutating func linkLost(from rank: Int, to other: Int, now: Duration) -> [CoordinatorAction] {
        guard members.contains(other), other != rank, hub.kind == .direct else { return [] }
        let pair: Set = [rank, other]
        brokenLinks[pair] = brokenLinks[pair, default: []].filter { now - $0 < patience.breaking } + [now]
        if membership.allReduce == .auto, brokenLinks[pair, default: []].count >= patience.breaks {
            let times = "\(patience.breaks) times within \(patience.breaking.text)"
            return sumHere(because: "the link between \(name(rank)) and \(name(other)) broke \(times)", now: now)
        }
        let warning = CoordinatorAction.warning(
            "the link between \(name(rank)) and \(name(other)) broke at step \(currentStep); all workers connect again")
        return [warning] + regroup(now: now)
    }

    /// Some members could not reach each other in time.
    mutating func unlinked(now: Duration) -> [CoordinatorAction] {
        if cannotReachEachOther { return sumHere(because: unreached, now: now) }
        let stuck = members.filter { workers[$0]?.position == .unknown }
        let limit = patience.linking.text
        let reason =
            "workers cannot reach each other within \(limit): "
            + stuck.map { "\(name($0)) is \(workers[$0]?.doing ?? "gone")" }.joined(separator: "; ")
            + ". Check that no firewall stands between the hosts, or give a worker the address that others reach it at (--bind); "
            + "or have gradients summed at the coordinator (--all-reduce star)"
        // Which side is at fault cannot be seen from here; in a run that goes on, the one that joined last goes.
        guard progress.hasTrained, members.count > 1, let last = stuck.last else { return fail(.timeout, reason) }
        return putOutLate([last], because: "could not reach the other workers within \(limit)", now: now)
    }
}
