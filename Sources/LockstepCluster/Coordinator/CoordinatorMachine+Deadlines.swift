internal import LockstepTraining
internal import LockstepWire

/// Every wait for somebody has an end: first the user is told who is awaited and what he is doing, then who is awaited is put out. His
/// heartbeats do not save him: a process whose disk hangs sends them, too.
extension CoordinatorMachine {
    /// What is due because time has passed, and nobody has said anything.
    mutating func watch(now: Duration) -> [CoordinatorAction] {
        if let rank = workers.keys.sorted().first(where: { hasBuiltTooLong($0, now: now) }) {
            let actions = putOutLate(
                [rank], because: "has not built its replica within \(patience.preparing.text)", now: now)
            // Another has as long to join as the first had.
            if case .joining = phase { phase = .joining(since: now) }
            return actions
        }
        switch phase {
        case .joining(let since): return watchJoining(since: since, now: now)
        case .waiting(let since): return watchWaiting(since: since, now: now)
        case .linking(let since) where isLinked: return watchRecord(since: since, now: now)
        case .linking(let since): return watchLinks(since: since, now: now)
        case .syncing(let since): return watchTransfer(since: since, now: now)
        case .training:
            let late = watchStates(now: now)
            return late.isEmpty ? watchSteps(now: now) : late
        case .ended: return []
        }
    }

    private func hasBuiltTooLong(_ rank: Int, now: Duration) -> Bool {
        workers[rank].map { $0.ready == nil && now - $0.admitted > patience.preparing } ?? false
    }

    /// Whether it is time again to say who is awaited, where that has lasted since then.
    private mutating func isDue(_ interval: Duration, since: Duration, now: Duration) -> Bool {
        guard now - max(since, lastReminder) > interval else { return false }
        lastReminder = now
        return true
    }

    /// Who these are, and what each is doing.
    func doings(of ranks: [Int]) -> String {
        ranks.map { "\(name($0)) is \(workers[$0]?.doing ?? "gone")" }.joined(separator: "; ")
    }

    // MARK: Before the run begins, and without workers

    private mutating func watchJoining(since: Duration, now: Duration) -> [CoordinatorAction] {
        let missing = membership.workers - workers.count
        guard missing > 0 else {
            let building = workers.keys.sorted().filter { workers[$0]?.ready == nil }
            guard isDue(patience.stall, since: since, now: now) else { return [] }
            return [.note("waiting for workers that are not ready: \(doings(of: building))")]
        }
        if now - since > patience.joining {
            return fail(
                .timeout,
                "\(missing) of \(membership.workers) workers did not join within \(patience.joining.text); "
                    + "start each with: \(workerCommand)")
        }
        guard now - lastReminder >= patience.reminder else { return [] }
        lastReminder = now
        return [.note("waiting for \(missing) of \(membership.workers) workers; start each with: \(workerCommand)")]
    }

    private mutating func watchWaiting(since: Duration, now: Duration) -> [CoordinatorAction] {
        // Who is building its replica has come back.
        if now - since > patience.joining, workers.values.allSatisfy({ $0.ready != nil }) {
            return fail(.timeout, "all workers are gone, and none came back within \(patience.joining.text)")
        }
        var actions: [CoordinatorAction] = []
        if now - lastReminder >= patience.reminder {
            lastReminder = now
            actions.append(.note("waiting for workers; start each with: \(workerCommand)"))
        }
        return actions + goOnWithoutMissing(since: since, now: now)
    }

    /// Members make links to each other. Whoever has a step or a test in hand ends that first, and says meanwhile that he waits for nobody.
    private mutating func watchLinks(since: Duration, now: Duration) -> [CoordinatorAction] {
        let busy = members.filter { workers[$0]?.position == .unknown && workers[$0]?.unheard.isEmpty == true }
        guard busy.isEmpty else {
            progress.lastBusy = now
            let limit = patience.working(longest: progress.longest(withTests: reference?.testSamples != 0))
            if now - since > limit {
                return putOutLate(
                    busy, because: "has not come to link up with the others within \(limit.text)", now: now)
            }
            guard isDue(patience.stall, since: since, now: now) else { return [] }
            return [
                .warning(
                    "linking up has taken more than \(patience.stall.text) so far, as some have something in hand: "
                        + doings(of: busy))
            ]
        }
        let waited = now - max(since, progress.lastBusy)
        if waited > patience.linking { return unlinked(now: now) }
        if waited > patience.reaching, cannotReachEachOther { return sumHere(because: unreached, now: now) }
        return []
    }

    // MARK: States

    /// A state is on its way to members that lack it. Who is late is its sender until he has said what he sends, then whoever has not
    /// taken it up; as that may be the sender's fault all the same, another is asked the next time.
    private mutating func watchTransfer(since: Duration, now: Duration) -> [CoordinatorAction] {
        guard let transfer else { return watchRecord(since: since, now: now) }
        let sender = transfer.digest == nil ? transfer.source.rank : nil
        let late = sender.map { [$0] } ?? transfer.receivers.filter { workers[$0]?.position == .unknown }
        let limit = patience.moving(bytes: (reference?.stateBytes ?? 0) * transfer.receivers.count)
        guard now - since > limit else {
            guard isDue(patience.stall, since: since, now: now) else { return [] }
            return [
                .warning(
                    "sending the state after \(transfer.step) steps has taken more than \(patience.stall.text) so far: "
                        + doings(of: late))
            ]
        }
        progress.slowSenders.append(transfer.source.process)
        let what = sender == nil ? "has not taken up the state that it is sent" : "has not sent its state to the others"
        return putOutLate(late, because: "\(what) within \(limit.text)", now: now)
    }

    /// A state that is to become a checkpoint is due once all have done the steps and the test before it: who has not said what he
    /// holds by then, or has not sent more of the image, is late.
    private mutating func watchStates(now: Duration) -> [CoordinatorAction] {
        for index in progress.states.indices {
            let state = progress.states[index]
            guard !state.isWhole, state.completedSteps <= progress.completedSteps, progress.test == nil else {
                continue
            }
            let come = state.receiver.end + state.digests.count
            guard let since = state.since, come == state.come else {
                (progress.states[index].since, progress.states[index].come) = (now, come)
                continue
            }
            let late = members.filter {
                state.digest == nil && state.digests[$0] == nil || state.image == nil && state.source.rank == $0
            }
            let limit = patience.moving(bytes: reference?.stateBytes ?? 0)
            if now - since > limit {
                return putOutLate(
                    late, because: "has not told its state after \(state.completedSteps) steps within \(limit.text)",
                    now: now)
            }
            guard now - max(since, state.told) > patience.stall else { continue }
            progress.states[index].told = now
            return [
                .warning(
                    "the state after \(state.completedSteps) steps, which is to be a checkpoint, has been awaited for more than "
                        + "\(patience.stall.text): \(doings(of: late))")
            ]
        }
        return []
    }

    /// The record is awaited, which this process keeps: there is nobody to put out. A disk that fails says so, and ends the run.
    private mutating func watchRecord(since: Duration, now: Duration) -> [CoordinatorAction] {
        guard isDue(patience.stall, since: since, now: now) else { return [] }
        return [
            .warning(
                "the run's record has not been written for more than \(patience.stall.text): the disk of its folder is slow, or hangs"
            )
        ]
    }

    // MARK: Steps

    /// A step or a test is under way, or the next waits for the record.
    private mutating func watchSteps(now: Duration) -> [CoordinatorAction] {
        let (what, waiting, longest): (String, [Int], Duration?)
        if progress.orderedSteps > progress.completedSteps {
            what = "step \(currentStep)"
            waiting = members.filter { !progress.hasReported($0, upTo: currentStep) }
            longest = progress.longestStep
        } else if let test = progress.test {
            what = "the test after \(test.completedSteps) steps"
            waiting = members.filter { test.reports[$0] == nil }
            longest = progress.longestTest
        } else {
            let isHeldByRecord = progress.recordIsBehind || progress.recorded.testedSteps < progress.testedSteps
            let isEndRecorded = progress.beingRecorded?.then.endsRun == true
            return isHeldByRecord || isEndRecorded ? watchRecord(since: progress.lastDone, now: now) : []
        }
        if samplesInHand > 0 {
            // They are read here: nobody who waits for them is late.
            guard isDue(patience.stall, since: progress.lastDone, now: now) else { return [] }
            return [.warning("\(what) waits for samples that are read here: the disk of the data is slow, or hangs")]
        }
        let limit = patience.working(longest: longest)
        guard now - progress.lastDone > limit else {
            guard isDue(patience.stall, since: progress.lastDone, now: now), !waiting.isEmpty else { return [] }
            return [.warning("\(what) has taken more than \(patience.stall.text) so far: \(doings(of: waiting))")]
        }
        let late = waiting.filter(isAwaitedByOthers)
        // Each says that he waits for another: what one of them has sent is lost, and is sent again.
        guard !late.isEmpty else {
            let warning = CoordinatorAction.warning(
                "at \(what) all workers wait for each other: \(doings(of: waiting)). All connect again")
            return [warning] + regroup(now: now)
        }
        return putOutLate(late, because: "has not done \(what) within \(limit.text)", now: now)
    }

    /// Whether a member has something to do itself, and does not wait for another's sums.
    private func isAwaitedByOthers(_ rank: Int) -> Bool {
        guard hub.kind == .star, let reduction = hub.allReduces[progress.completedSteps] else {
            return workers[rank]?.unheard.isEmpty ?? false
        }
        return reduction.awaited.contains { members[$0] == rank }
    }
}
