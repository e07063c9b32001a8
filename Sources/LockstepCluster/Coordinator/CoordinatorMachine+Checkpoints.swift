internal import LockstepTraining
internal import LockstepWire

/// Checkpoints: one member sends its state, all say what they hold, and what is written is what all agreed on.
extension CoordinatorMachine {
    /// Forgets states that were under way when the members changed; the next step makes a checkpoint in their place.
    mutating func replaceLostStates(at step: Int) -> [CoordinatorAction] {
        let lost = progress.states.filter { !$0.isWhole }
        progress.states.removeAll { !$0.isWhole }
        if lost.contains(where: { $0.then == .goOn }) { progress.owesCheckpoint = true }
        // Until there is a checkpoint the state that all begin with is what is gone back to. Where the run ends here the last state is that
        // already: nobody is asked for two states after the same step, whose pieces could not be told apart.
        guard goesBackTo == nil, !progress.states.contains(where: { $0.completedSteps == step }),
            !progress.stopRequested, step != schedule?.steps
        else { return [] }
        return orderState(after: step, then: .keep)
    }

    /// Asks for the state that the run ends with, once nothing is to be ordered before it.
    mutating func orderLastState() -> [CoordinatorAction] {
        guard !progress.isEnding else { return [] }
        if progress.orderedSteps == schedule?.steps { return orderState(after: progress.orderedSteps, then: .complete) }
        return progress.stopRequested ? orderState(after: progress.orderedSteps, then: .stopped) : []
    }

    /// Asks one member for its state, and all for the digest of theirs.
    mutating func orderState(
        after completed: Int, then: CoordinatorAction.AfterCheckpoint
    ) -> [CoordinatorAction] {
        guard let source = source(among: members), let reference else { return [] }
        progress.states.append(
            Progress.AwaitedState(
                completedSteps: completed, then: then, source: source,
                damagedBefore: progress.damagedCheckpoints.count,
                receiver: StateReceiver(
                    step: completed, limit: StateReceiver.limit(stateBytes: reference.stateBytes))))
        return members.compactMap { member in
            workers[member].map {
                send(
                    .stateOrder(StateOrder(ranks: [], isDigestOnly: member != source.rank)), to: $0.peer,
                    step: completed)
            }
        }
    }

    /// Who of these is to send the state that all of them hold: the first whose images have not been damaged of late, and
    /// have arrived.
    func source(among ranks: [Int]) -> StateSource? {
        let sources = ranks.compactMap { rank in
            workers[rank].map { StateSource(rank: rank, process: $0.hello.process, name: name(rank)) }
        }
        let doubted = progress.damagedCheckpoints + progress.damagedTransfers + progress.slowSenders
        return sources.first { !doubted.contains($0.process) } ?? sources.first
    }

    /// A piece of a state that was asked for. The sender is told what has come, so that it sends on.
    mutating func keep(_ piece: State, _ payload: Payload?, after step: Int, ofRank rank: Int) -> [CoordinatorAction] {
        guard case .training = phase, let worker = workers[rank], progress.hasReported(rank, upTo: step),
            let index = progress.states.firstIndex(where: {
                $0.image == nil && $0.completedSteps == step && $0.source.rank == rank
            })
        else { return dropped("a State of rank \(rank) that was not awaited") }
        do {
            progress.states[index].image = try progress.states[index].receiver.receive(piece, payload)
        } catch {
            return dropped("a State of rank \(rank): \(error)")
        }
        let received = StateReceived(end: progress.states[index].receiver.end)
        return [send(.stateReceived(received), to: worker.peer, step: step)] + writeStates()
    }

    /// A member says what it holds. Once all have, they agree, or one of them has gone astray.
    mutating func collect(
        _ state: StateDigest, after step: Int, ofRank rank: Int, now: Duration
    ) -> [CoordinatorAction] {
        if case .syncing = phase { return sent(state.digest, after: step, byRank: rank, now: now) }
        guard case .training = phase, progress.hasReported(rank, upTo: step),
            let index = progress.states.firstIndex(where: {
                $0.completedSteps == step && $0.digest == nil && $0.digests[rank] == nil
            })
        else { return dropped("a StateDigest of rank \(rank) that was not awaited") }
        progress.states[index].digests[rank] = state.digest
        let digests = progress.states[index].digests
        guard members.allSatisfy({ digests[$0] != nil }) else { return [] }
        let stray = compareDigests(digests, after: step, now: now)
        if !stray.isEmpty { return stray }
        progress.states[index].digest = state.digest
        return writeStates()
    }

    /// Has the states recorded that have come in and that all agreed on, each once the steps and tests before it are: whoever resumes
    /// from a checkpoint finds all that came before it in the metrics.
    mutating func writeStates() -> [CoordinatorAction] {
        var actions: [CoordinatorAction] = []
        while case .training = phase, let index = progress.states.firstIndex(where: { !$0.isBeingRecorded }) {
            let state = progress.states[index]
            guard let image = state.image, let digest = state.digest, state.completedSteps <= progress.completedSteps,
                progress.test.map({ $0.completedSteps > state.completedSteps }) ?? true
            else { break }
            progress.states[index].isBeingRecorded = true
            actions.append(
                .checkpoint(image, digest: digest, completedSteps: state.completedSteps, then: state.then))
        }
        return actions
    }

    /// A state is what all agreed on, and on disk: from now on it is what is gone back to. The last one ends the run.
    mutating func stateIsRecorded(after step: Int, now: Duration) -> [CoordinatorAction] {
        guard let state = takeRecorded(after: step), let image = state.image else { return [] }
        checkpoint = (image, step, state.digest)
        progress.damagedCheckpoints = []
        if state.then.endsRun {
            phase = .ended
            return toAll(.finish) + [.end(nil)]
        }
        return goOnRecorded(now: now)
    }

    /// A state that was sent is not what all agreed on, and nothing of it was written. It is asked for again or, where steps follow that
    /// have begun, the next one is.
    mutating func stateIsDamaged(after step: Int, _ reason: String, now: Duration) -> [CoordinatorAction] {
        guard let state = takeRecorded(after: step) else { return [] }
        let what = """
            the state after \(step) steps that \(state.source.name) sent is damaged: \(reason). Most likely the memory of its host is at \
            fault, or that of the coordinator's
            """
        // Of those that were asked for before it was known that this sender's are damaged only the first counts.
        if state.damagedBefore == progress.damagedCheckpoints.count {
            progress.damagedCheckpoints.append(state.source.process)
        }
        let actions = tellOfDamage(what, inARow: progress.damagedCheckpoints.count)
        if case .ended = phase { return actions }
        if case .waiting = phase, !isJoinAwaited {
            return fail(.diverged, "\(what). No worker is left that could send another")
        }
        if !state.then.endsRun { progress.owesCheckpoint = true }
        return actions + goOnRecorded(now: now)
    }

    /// An image of a state is damaged: tells of it, and ends the run where there have been too many in a row.
    mutating func tellOfDamage(_ what: String, inARow count: Int) -> [CoordinatorAction] {
        guard count < AgreedState.mostDamaged else {
            return fail(.diverged, "\(what). It was so \(count) times in a row")
        }
        return [.warning("\(what). It is asked for again")]
    }

    private mutating func takeRecorded(after step: Int) -> Progress.AwaitedState? {
        progress.states.firstIndex { $0.isBeingRecorded && $0.completedSteps == step }.map {
            progress.states.remove(at: $0)
        }
    }

    /// What has waited for a state's being recorded goes on.
    private mutating func goOnRecorded(now: Duration) -> [CoordinatorAction] {
        switch phase {
        case .linking where isLinked, .syncing where isLinked && transfer == nil: return synchronize(now: now)
        default: return orderSteps(now: now)
        }
    }
}
