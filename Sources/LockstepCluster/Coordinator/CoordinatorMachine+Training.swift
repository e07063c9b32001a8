internal import LockstepTraining
internal import LockstepWire

/// How far a run has come, and what has come in of what is under way.
struct Progress {
    /// Steps that every worker has done.
    var completedSteps = 0
    /// Steps that have been ordered.
    var orderedSteps = 0
    /// The reports of steps under way, by step and rank.
    var reports: [Int: [Int: StepReport]] = [:]
    /// Tests under way, oldest first: after how many steps, and the reports so far by rank.
    var tests: [(completedSteps: Int, reports: [Int: EvaluationReport])] = []
    /// States that rank 0 was asked for, oldest first.
    var states: [(completedSteps: Int, then: CoordinatorAction.AfterCheckpoint)] = []
    /// The last state of the run, once it has come in.
    var last: (payload: Payload, completedSteps: Int, then: CoordinatorAction.AfterCheckpoint)?
    /// Whether the user asked for the run to stop.
    var stopRequested = false
}

extension CoordinatorMachine {
    /// Orders the next steps, each with the test and the checkpoint that are due after it. Workers carry out orders in order.
    mutating func orderSteps() -> [CoordinatorAction] {
        guard case .training = phase, let schedule, let reference else { return [] }
        var actions: [CoordinatorAction] = []
        while !progress.stopRequested, progress.orderedSteps < schedule.steps,
            progress.orderedSteps < progress.completedSteps + CoordinatorMachine.stepsAhead
        {
            let step = progress.orderedSteps
            progress.orderedSteps += 1
            let order = StepOrder(epoch: schedule.epoch(of: step), batch: schedule.batch(of: step))
            actions += toAll(.stepOrder(order), step: step)
            let completed = step + 1
            if schedule.endsEpoch(after: completed), reference.testSamples > 0 {
                progress.tests.append((completed, [:]))
                actions += toAll(.evaluateOrder(EvaluateOrder(epoch: order.epoch)), step: completed)
            }
            if schedule.checkpointIsDue(after: completed) {
                actions += orderState(after: completed, then: completed == schedule.steps ? .complete : .goOn)
            }
        }
        // A run that is resumed after its last step has nothing to order but its end; one that is to stop ends where it stands.
        if progress.states.isEmpty, progress.completedSteps == progress.orderedSteps {
            if progress.completedSteps == schedule.steps {
                actions += orderState(after: progress.completedSteps, then: .complete)
            } else if progress.stopRequested {
                actions += orderState(after: progress.completedSteps, then: .stopped)
            }
        }
        return actions
    }

    /// Asks rank 0 for its state; all workers have the same.
    private mutating func orderState(
        after completed: Int, then: CoordinatorAction.AfterCheckpoint
    ) -> [CoordinatorAction] {
        guard let first = workers.first ?? nil else { return [] }
        progress.states.append((completed, then))
        return [send(.stateOrder, to: first.peer, step: completed)]
    }

    /// A worker has done a step.
    mutating func complete(step: Int, _ report: StepReport, ofRank rank: Int) -> [CoordinatorAction] {
        let ranges = MicrobatchTree(count: settings.microbatches).deal(to: workerCount)
        guard case .training = phase, (progress.completedSteps..<progress.orderedSteps).contains(step),
            progress.reports[step]?[rank] == nil, report.losses.count == ranges[rank].count
        else { return dropped("a StepReport of rank \(rank) for step \(step + 1) that was not awaited") }
        progress.reports[step, default: [:]][rank] = report
        var actions: [CoordinatorAction] = []
        while let reports = progress.reports[progress.completedSteps], reports.count == workerCount {
            progress.reports[progress.completedSteps] = nil
            let inOrder = (0..<workerCount).compactMap { reports[$0] }
            let losses = inOrder.flatMap(\.losses)
            actions.append(
                .completeStep(
                    progress.completedSteps, lossSum: MicrobatchTree(count: losses.count).sum(losses),
                    computeSeconds: inOrder.reduce(0) { $0 + $1.computeSeconds } / Double(workerCount),
                    communicateSeconds: inOrder.reduce(0) { $0 + $1.communicateSeconds } / Double(workerCount)))
            progress.completedSteps += 1
        }
        return actions + orderSteps() + endIfDone()
    }

    /// A worker has tested its blocks. Once all have, their parameters are compared and the sums put together.
    mutating func collect(_ report: EvaluationReport, ofRank rank: Int) -> [CoordinatorAction] {
        guard let index = progress.tests.firstIndex(where: { $0.reports[rank] == nil }),
            report.losses.count == report.counts.count,
            report.correct.count == report.counts.count || report.correct.isEmpty
        else { return dropped("an EvaluationReport of rank \(rank) that was not awaited") }
        progress.tests[index].reports[rank] = report
        guard let (completed, reports) = progress.tests.first, reports.count == workerCount else { return [] }
        progress.tests.removeFirst()
        for (rank, report) in reports.sorted(by: { $0.key < $1.key }) where report.digest != reports[0]?.digest {
            return fail(
                .workerFailed,
                """
                \(name(rank)) has other weights than \(name(0)) after \(completed) steps: their SHA-256 is \(report.digest), \
                expected \(reports[0]?.digest ?? ""). Its memory or processor is at fault; resume without that host
                """)
        }
        var total = Evaluation(loss: 0, correct: 0, count: 0)
        for report in (0..<workerCount).compactMap({ reports[$0] }) {
            for (block, count) in report.counts.enumerated() {
                let correct = report.correct.isEmpty ? nil : report.correct[block]
                total += Evaluation(loss: report.losses[block], correct: correct, count: count)
            }
        }
        return [.tested(total, completedSteps: completed)] + endIfDone()
    }

    /// Rank 0 sent its state.
    mutating func keep(_ payload: Payload?, ofRank rank: Int) -> [CoordinatorAction] {
        guard rank == 0, let payload, !progress.states.isEmpty else {
            return dropped("a State of rank \(rank) that was not awaited")
        }
        let (completed, then) = progress.states.removeFirst()
        if then == .goOn { return [.checkpoint(payload, completedSteps: completed, then: then)] + orderSteps() }
        progress.last = (payload, completed, then)
        return endIfDone()
    }

    /// Ends the run once the last state and every report of what was ordered before it have come in.
    private mutating func endIfDone() -> [CoordinatorAction] {
        guard let last = progress.last, progress.tests.isEmpty, progress.completedSteps == progress.orderedSteps else {
            return []
        }
        phase = .ended
        let write = CoordinatorAction.checkpoint(last.payload, completedSteps: last.completedSteps, then: last.then)
        return [write] + toAll(.finish) + [.end(nil)]
    }

    /// The user asked for the run to stop: no more steps are ordered, and it ends once those under way are done.
    mutating func interrupt() -> [CoordinatorAction] {
        switch phase {
        case .training:
            progress.stopRequested = true
            return [.note("stopping after step \(progress.orderedSteps); interrupt again to stop at once")]
                + orderSteps()
        case .joining, .linking: return fail(.stopped, "interrupted before the first step")
        case .ended: return []
        }
    }
}
