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
    /// States that rank 0 was asked for, oldest first. One that has come in waits for what the record has before it.
    var states: [(completedSteps: Int, then: CoordinatorAction.AfterCheckpoint, payload: Payload?)] = []
    /// Whether the user asked for the run to stop.
    var stopRequested = false
    /// Whether the record has fallen behind; no steps are ordered until it has caught up.
    var recordIsBehind = false
    /// When the last step was complete, or its taking long was last told of.
    var lastStep = Duration.zero

    /// Whether a rank has reported the steps up to `completed`. A worker reports in the order in which it is given orders.
    func hasReported(_ rank: Int, upTo completed: Int) -> Bool {
        completed <= completedSteps || reports[completed - 1]?[rank] != nil
    }
}

extension CoordinatorMachine {
    /// Orders the next steps, each with the test and the checkpoint that are due after it. Workers carry out orders in order.
    mutating func orderSteps() -> [CoordinatorAction] {
        guard case .training = phase, let schedule, let reference else { return [] }
        var actions: [CoordinatorAction] = []
        while !progress.stopRequested, !progress.recordIsBehind, progress.orderedSteps < schedule.steps,
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
        // A run that was resumed from its last step has nothing to order but its end.
        if progress.orderedSteps == schedule.steps, progress.states.isEmpty {
            actions += orderState(after: schedule.steps, then: .complete)
        }
        return actions
    }

    /// Asks rank 0 for its state; all workers have the same.
    private mutating func orderState(
        after completed: Int, then: CoordinatorAction.AfterCheckpoint
    ) -> [CoordinatorAction] {
        guard let first = workers.first ?? nil else { return [] }
        progress.states.append((completed, then, nil))
        return [send(.stateOrder, to: first.peer, step: completed)]
    }

    /// A worker has done a step.
    mutating func complete(step: Int, _ report: StepReport, ofRank rank: Int, now: Duration) -> [CoordinatorAction] {
        let ranges = MicrobatchTree(count: settings.microbatches).deal(to: workerCount)
        guard case .training = phase, (progress.completedSteps..<progress.orderedSteps).contains(step),
            progress.hasReported(rank, upTo: step), progress.reports[step]?[rank] == nil,
            report.losses.count == ranges[rank].count
        else { return dropped("a StepReport of rank \(rank) after \(step) steps that was not awaited") }
        progress.reports[step, default: [:]][rank] = report
        guard step == progress.completedSteps, let reports = progress.reports[step], reports.count == workerCount else {
            return []
        }
        progress.reports[step] = nil
        progress.completedSteps += 1
        progress.lastStep = now
        let inOrder = (0..<workerCount).compactMap { reports[$0] }
        let losses = inOrder.flatMap(\.losses)
        let record = CoordinatorAction.completeStep(
            step, lossSum: MicrobatchTree(count: losses.count).sum(losses),
            computeSeconds: inOrder.reduce(0) { $0 + $1.computeSeconds } / Double(workerCount),
            communicateSeconds: inOrder.reduce(0) { $0 + $1.communicateSeconds } / Double(workerCount))
        return [record] + orderSteps() + writeStates()
    }

    /// A worker has tested its blocks. Once all have, their parameters are compared and the sums put together.
    mutating func collect(_ report: EvaluationReport, after step: Int, ofRank rank: Int) -> [CoordinatorAction] {
        guard let index = progress.tests.firstIndex(where: { $0.reports[rank] == nil }),
            progress.tests[index].completedSteps == step, progress.hasReported(rank, upTo: step),
            fits(report, ofRank: rank)
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
        return [.tested(total, completedSteps: completed)] + writeStates()
    }

    /// Whether a report is of the blocks that are the rank's, with as many samples as they have.
    private func fits(_ report: EvaluationReport, ofRank rank: Int) -> Bool {
        guard let samples = reference?.testSamples else { return false }
        let blocks = (0..<Trainer.evaluationBlocks(of: samples)).part(rank, of: workerCount)
        return report.firstBlock == blocks.lowerBound && report.losses.count == blocks.count
            && report.counts == blocks.map { Trainer.samples(ofEvaluationBlock: $0, of: samples).count }
            && (report.correct.isEmpty || report.correct.count == blocks.count)
            && zip(report.correct, report.counts).allSatisfy { (0...$1).contains($0) }
    }

    /// Rank 0 sent its state.
    mutating func keep(_ payload: Payload?, after step: Int, ofRank rank: Int) -> [CoordinatorAction] {
        guard rank == 0, let payload, let index = progress.states.firstIndex(where: { $0.payload == nil }),
            progress.states[index].completedSteps == step, progress.hasReported(rank, upTo: step)
        else { return dropped("a State of rank \(rank) that was not awaited") }
        progress.states[index].payload = payload
        return writeStates()
    }

    /// Writes the states that have come in, each once the steps and tests before it are recorded: whoever resumes from a
    /// checkpoint finds all that came before it in the metrics. The last one ends the run.
    private mutating func writeStates() -> [CoordinatorAction] {
        var actions: [CoordinatorAction] = []
        while case .training = phase, let state = progress.states.first, let payload = state.payload,
            state.completedSteps <= progress.completedSteps,
            !progress.tests.contains(where: { $0.completedSteps <= state.completedSteps })
        {
            progress.states.removeFirst()
            actions.append(.checkpoint(payload, completedSteps: state.completedSteps, then: state.then))
            if state.then != .goOn {
                phase = .ended
                actions += toAll(.finish) + [.end(nil)]
            }
        }
        return actions
    }

    /// The user asked for the run to stop: no more steps are ordered, and it ends once those under way are done.
    mutating func interrupt() -> [CoordinatorAction] {
        switch phase {
        case .training:
            if progress.stopRequested { return [] }
            progress.stopRequested = true
            let note = CoordinatorAction.note(
                "stopping after step \(progress.orderedSteps); interrupt again to stop at once")
            if progress.states.last?.completedSteps != progress.orderedSteps {
                return [note] + orderState(after: progress.orderedSteps, then: .stopped)
            }
            // The checkpoint that is due there anyway is the one that the run stops at, unless it is its end.
            let last = progress.states.indices.last ?? 0
            if progress.states[last].then == .goOn { progress.states[last].then = .stopped }
            return [note]
        case .joining, .linking: return fail(.stopped, "interrupted before the first step")
        case .ended: return []
        }
    }
}
