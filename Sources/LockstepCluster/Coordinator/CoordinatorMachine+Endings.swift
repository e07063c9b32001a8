internal import LockstepTransport
internal import LockstepWire

/// What becomes of the run when a worker is gone: it is named, and the others go on from the step in flight. The run ends only
/// with its last worker.
extension CoordinatorMachine {
    /// A process that this one started has ended. Killed, it cannot have said why; otherwise its reason may still be on its way.
    mutating func exited(pid: Int, how: ProcessEnd, now: Duration) -> [CoordinatorAction] {
        let rank = workers.first { $0.value.hello.pid == pid }?.key
        let isToldOf = rank == nil && failedProcesses.remove(pid) != nil
        // It may have been to take another's place.
        if rank == nil, !isToldOf, refusals[pid] == nil, replacementsAwaited > 0 { replacementsAwaited -= 1 }
        let launch = replacement(ofProcess: pid, how)
        missing = missing.filter { $0.value != pid }
        guard let rank else {
            if isToldOf { return launch }
            let why = refusals[pid].map { ": \($0)" } ?? ""
            let what = "a worker (process \(pid)) \(how) before it joined the run\(why)"
            // The run does not depend on one that is replaced, or that was to take another's place.
            return launch.isEmpty && !progress.hasTrained ? fail(.workerEnded, what) : [.warning(what)] + launch
        }
        workers[rank]?.isReplaced = !launch.isEmpty
        workers[rank]?.ending = (now, how)
        if case .signalled = how { return ended(rank, how: how, now: now) + launch }
        return launch
    }

    /// Has another process started in the place of one that has ended, later each time: what ends them may take a while to pass.
    private mutating func replacement(ofProcess pid: Int, _ how: ProcessEnd) -> [CoordinatorAction] {
        // One that was refused would be refused again, and one that ended well was not needed.
        guard restarts < membership.restarts, refusals[pid] == nil, how != .exited(code: 0) else { return [] }
        restarts += 1
        replacementsAwaited += 1
        let delay = Duration.seconds(min(30, 1 << (restarts - 1)))
        return [
            .note(
                "starting a worker in the place of process \(pid) in \(delay.text) (restart \(restarts) of \(membership.restarts))"
            ),
            .launch(after: delay),
        ]
    }

    /// A worker's connection is gone. Of a process that this one started the exit is seen too, and says more.
    mutating func lost(_ peer: Peer, now: Duration) -> [CoordinatorAction] {
        guard let rank = workers.first(where: { $0.value.peer == peer })?.key, workers[rank]?.ending == nil else {
            return []
        }
        workers[rank]?.ending = (now, .disconnected)
        return []
    }

    /// What becomes of a worker whose end was seen and who has had the time to say why; nil where there is none.
    mutating func overdueEnding(now: Duration) -> [CoordinatorAction]? {
        for rank in workers.keys.sorted() {
            if let ending = workers[rank]?.ending, now - ending.at > patience.lastWords {
                return ended(rank, how: ending.how, now: now)
            }
        }
        return nil
    }

    /// A worker's process or connection has ended.
    private mutating func ended(_ rank: Int, how: ProcessEnd, now: Duration) -> [CoordinatorAction] {
        remove(rank, because: "\(how)", mayReturn: how == .disconnected, now: now)
    }

    /// A worker has not been heard from for too long.
    mutating func silent(_ rank: Int, _ worker: Worker, now: Duration) -> [CoordinatorAction] {
        putOut(
            rank, because: "has not been heard from for \((now - worker.lastHeard).text)",
            advice: "it is frozen, or its host or network is gone", code: .timeout, now: now)
    }

    /// A worker says that it cannot go on. Before the first step that is most likely so for every worker, and ends the run.
    mutating func failed(_ failure: Failure, rank: Int, now: Duration) -> [CoordinatorAction] {
        let reason = "cannot go on, \(failure.phase): \(failure.reason)"
        if !progress.hasTrained, !mayBeReplaced {
            return fail(.workerFailed, "\(name(rank)) \(reason)")
        }
        return remove(rank, because: reason, code: .workerFailed, now: now)
    }

    /// A worker was asked to go.
    mutating func left(_ leave: Leave, rank: Int, now: Duration) -> [CoordinatorAction] {
        remove(rank, because: "left the run: \(leave.reason)", now: now)
    }

    /// A worker's key has been removed from those that may join: it is told, and is not let in again.
    mutating func barred(_ peer: Peer, now: Duration) -> [CoordinatorAction] {
        let reason = "its key \(peer.key?.description ?? "") may no longer join"
        let told = refuse(peer, reason)
        guard let worker = workers.first(where: { $0.value.peer == peer }) else { return told }
        refusals[worker.value.hello.pid] = "it was refused, because \(reason)"
        return told + remove(worker.key, because: "is put out, because \(reason)", now: now)
    }

    /// Puts a worker out that may still be there: it is told, and may join again.
    mutating func putOut(
        _ rank: Int, because reason: String, advice: String? = nil, code: ClusterError.Code = .timeout, now: Duration
    ) -> [CoordinatorAction] {
        guard let worker = workers[rank] else { return [] }
        let told = send(.putOut(PutOut(reason: "it \(reason)")), to: worker.peer)
        return [told] + remove(rank, because: reason, advice: advice, code: code, mayReturn: true, now: now)
    }

    /// Puts a worker out that was put out for the same reason before: it is told, and is not let in again.
    mutating func putOutForGood(
        _ rank: Int, because reason: String, advice: String, code: ClusterError.Code, now: Duration
    ) -> [CoordinatorAction] {
        guard let worker = workers[rank] else { return [] }
        let why = "it \(reason), for the second time: \(advice)"
        refusals[worker.hello.pid] = "it was refused, because \(why)"
        return refuse(worker.peer, why)
            + remove(rank, because: reason + ", for the second time", advice: advice, code: code, now: now)
    }

    /// Whether another worker may take the place of one that goes now, before the run has begun.
    var mayBeReplaced: Bool { if case .joining = phase { membership.isOpen } else { false } }

    /// Whether somebody may join a run whose workers are all gone.
    var isJoinAwaited: Bool {
        membership.isOpen || replacementsAwaited > 0 || !missing.isEmpty || !workers.isEmpty
    }

    /// A worker is gone. Before the first step another may take its place; later the others go on without it. `mayReturn` says
    /// whether its process may still live, and come back with the state that it holds.
    mutating func remove(
        _ rank: Int, because reason: String, advice: String? = nil, code: ClusterError.Code = .workerEnded,
        mayReturn: Bool = false, now: Duration
    ) -> [CoordinatorAction] {
        guard let worker = workers[rank] else { return [] }
        let who = name(rank)
        workers[rank] = nil
        failedProcesses.insert(worker.hello.pid)
        if case .joining = phase {
            reference = workers.sorted { $0.key < $1.key }.lazy.compactMap { $0.value.ready }.first
            if membership.isOpen || worker.isReplaced {
                return [.note("\(who) is gone, it \(reason); waiting for another in its place")]
            }
        }
        let doing = worker.doing == "joining" ? "" : "; when last heard from it was \(worker.doing)"
        let what = "\(who) \(reason) at step \(currentStep)\(doing)" + (advice.map { ". Most likely \($0)" } ?? "")
        if mayReturn { away[worker.hello.process] = (worker.peer, reason) }
        if worker.isMember, mayReturn, code != .diverged { missing[worker.hello.endpoint] = worker.hello.pid }
        let left = workers.count { $0.value.ready != nil }
        let next = (distrusted.isEmpty ? nil : goesBackTo).map { $0 + 1 } ?? currentStep
        if left == 0 {
            let isOver = progress.beingRecorded?.then.endsRun == true
            guard progress.hasTrained, isJoinAwaited || isOver else { return fail(code, what) }
            if case .waiting = phase { return [.warning(what)] }
            phase = .waiting(since: now)
            members = []
            let next = isOver ? "its last state is being written" : "waiting for others"
            return [.warning("\(what). No worker is left; \(next)")]
        }
        guard worker.isMember else { return [.warning(what)] }
        let others = left == 1 ? "1 worker goes" : "\(left) workers go"
        return [.warning("\(what). \(others) on from step \(next)")] + regroup(now: now)
    }
}
