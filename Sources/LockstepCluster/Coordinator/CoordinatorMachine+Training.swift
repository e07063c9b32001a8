internal import LockstepTraining
internal import LockstepWire

extension CoordinatorMachine {
    /// All members hold the state after `step` steps: trains on from there.
    mutating func beginTraining(at step: Int, now: Duration) -> [CoordinatorAction] {
        guard let schedule, let reference else { return [] }
        phase = .training
        trustMembers()
        progress.lastDone = now
        var actions = recordMachines()
        if progress.hasTrained, step >= progress.completedSteps {
            let count = members.count == 1 ? "1 worker" : "\(members.count) workers"
            actions.append(.note("generation \(generation): \(count) go on from step \(step + 1)"))
        } else {
            progress.hasTrained = true
            progress.completedSteps = min(progress.completedSteps, step)
            progress.testedSteps = min(progress.testedSteps, step)
            progress.recorded.testedSteps = progress.testedSteps
            actions.append(
                .begin(
                    schedule, workers: members.map { name($0) }, parameters: reference.parameterCount,
                    completedSteps: step, recordedSteps: progress.completedSteps))
            if reference.testSamples == 0 { actions.append(.note(RunEvent.noTest(of: settings))) }
            progress.recorded.steps = min(progress.recorded.steps, step)
        }
        actions += recordSteps(upTo: step)
        progress.orderedSteps = step
        hub.relay = nil
        hub.reducedSteps = step
        // Who became ready while these linked up comes in now: nothing else would let him in.
        progress.isDraining = workers.values.contains { $0.ready != nil && !$0.isMember }
        return actions + orderTest(after: step) + replaceLostStates(at: step) + orderSteps(now: now) + writeStates()
    }

    /// Records on what the members compute, where the run has not been computed on that before.
    private mutating func recordMachines() -> [CoordinatorAction] {
        let earlier = machines
        let now = members.compactMap { workers[$0]?.ready?.processor }
        for machine in now where !machines.contains(machine) || machines.last.map(now.contains) == false {
            machines.removeAll { $0 == machine }
            machines.append(machine)
        }
        return machines == earlier ? [] : [.computedOn(machines)]
    }

    /// Records the steps that some worker has done. Every report tells the losses of all, so one is enough.
    private mutating func recordSteps(upTo step: Int) -> [CoordinatorAction] {
        var actions: [CoordinatorAction] = []
        while progress.completedSteps < step {
            let done = progress.completedSteps
            guard let reports = progress.reports.removeValue(forKey: done), !reports.isEmpty else {
                actions.append(.warning("the losses of the steps \(done + 1) to \(step) are not known"))
                progress.completedSteps = step
                break
            }
            actions.append(record(step: done, reports))
            progress.completedSteps += 1
        }
        progress.reports = progress.reports.filter { $0.key >= step }
        return actions
    }

    /// Has all members test the model, where that is due and has not been done.
    private mutating func orderTest(after completed: Int) -> [CoordinatorAction] {
        guard let schedule, let reference, reference.testSamples > 0, schedule.endsEpoch(after: completed),
            progress.testedSteps < completed
        else { return [] }
        progress.test = (completed, [:])
        return toMembers(.evaluateOrder(EvaluateOrder(epoch: schedule.epoch(of: completed - 1))), step: completed)
    }

    /// Orders the next steps, each with the test and the checkpoint that are due after it. Workers carry out orders in order.
    mutating func orderSteps(now: Duration) -> [CoordinatorAction] {
        guard case .training = phase, let schedule else { return [] }
        let isIdle = progress.orderedSteps == progress.completedSteps && progress.test == nil && !progress.isEnding
        if progress.isDraining, isIdle {
            return regroup(now: now)
        }
        var actions: [CoordinatorAction] = []
        while !progress.isHeld, progress.orderedSteps < schedule.steps,
            progress.orderedSteps < progress.completedSteps + CoordinatorMachine.stepsAhead
        {
            let step = progress.orderedSteps
            let completed = step + 1
            progress.orderedSteps = completed
            let isLate = membership.checkpointInterval.map { now - lastCheckpoint >= $0 } ?? false
            let keepsState = schedule.checkpointIsDue(after: completed) || isLate || progress.owesCheckpoint
            if keepsState {
                lastCheckpoint = now
                progress.owesCheckpoint = false
            }
            let order = StepOrder(
                epoch: schedule.epoch(of: step), batch: schedule.batch(of: step),
                compares: completed % membership.comparesEvery == 0,
                recordedSteps: progress.recorded.steps)
            actions += toMembers(.stepOrder(order), step: step) + orderTest(after: completed)
            if keepsState, completed < schedule.steps { actions += orderState(after: completed, then: .goOn) }
        }
        // What held the steps up until now, as the record does, is nobody's fault who has them to do.
        if isIdle, progress.orderedSteps > progress.completedSteps { progress.lastDone = now }
        return actions + orderLastState()
    }

    /// A worker has done a step, in whatever generation.
    mutating func complete(
        step: Int, _ report: StepReport, of envelope: Envelope, ofRank rank: Int, now: Duration
    ) -> [CoordinatorAction] {
        // Told again after the coordinator came back, or of numbers that all have gone back from.
        if step < progress.completedSteps || isDistrusted(rank) { return [] }
        guard report.losses.count == settings.microbatches,
            StepAccount(report.samples).covers(settings.microbatches), step < schedule?.steps ?? .max,
            step < progress.completedSteps + CoordinatorMachine.mostUnrecorded, progress.reports[step]?[rank] == nil
        else { return dropped("a StepReport of rank \(rank) after \(step) steps that was not awaited") }
        progress.reports[step, default: [:]][rank] = report
        guard case .training = phase else { return [] }
        var actions: [CoordinatorAction] = []
        while let reports = progress.reports[progress.completedSteps],
            members.allSatisfy({ reports[$0] != nil })
        {
            let done = progress.completedSteps
            progress.reports[done] = nil
            actions.append(record(step: done, reports))
            progress.stepIsDone(at: now)
            forgetLatecomers()
            actions += judgePace(reports)
            let stray = compareStates(reports, after: done + 1, now: now)
            if !stray.isEmpty { return actions + stray }
        }
        return actions + orderSteps(now: now) + writeStates()
    }

    /// How many steps workers may be ahead of the record when a coordinator comes back: as many as it lets wait to be recorded,
    /// and some.
    private static let mostUnrecorded = 1024

    /// The record of a step from the reports of its workers.
    private func record(step: Int, _ reports: [Int: StepReport]) -> CoordinatorAction {
        let inOrder = reports.sorted { $0.key < $1.key }.map(\.value)
        let count = Double(inOrder.count)
        return .completeStep(
            step, lossSum: MicrobatchTree(count: settings.microbatches).sum(inOrder[0].losses),
            samples: StepAccount(inOrder[0].samples),
            computeSeconds: inOrder.reduce(0) { $0 + $1.computeSeconds } / count,
            communicateSeconds: inOrder.reduce(0) { $0 + $1.communicateSeconds } / count,
            bytesSent: Int((inOrder.reduce(0) { $0 + Double($1.bytesSent) } / count).rounded()),
            overflowed: inOrder.contains { $0.overflowed })
    }

    /// A member has tested its blocks. Once all have, the sums are put together.
    mutating func collect(
        _ report: EvaluationReport, after step: Int, ofRank rank: Int, now: Duration
    ) -> [CoordinatorAction] {
        guard case .training = phase, let test = progress.test, test.completedSteps == step, test.reports[rank] == nil,
            progress.hasReported(rank, upTo: step), fits(report, ofRank: rank)
        else { return dropped("an EvaluationReport of rank \(rank) that was not awaited") }
        progress.test?.reports[rank] = report
        guard let reports = progress.test?.reports, reports.count == members.count else { return [] }
        let stray = compareDigests(reports.mapValues(\.digest), after: step, now: now)
        if !stray.isEmpty { return stray }
        progress.test = nil
        progress.testedSteps = step
        progress.testIsDone(at: now)
        var total = Evaluation(loss: 0, correct: 0, count: 0)
        for report in members.compactMap({ reports[$0] }) {
            for (block, count) in report.counts.enumerated() {
                let correct = report.correct.isEmpty ? nil : report.correct[block]
                total += Evaluation(loss: report.losses[block], correct: correct, count: count)
            }
        }
        return [.tested(total, completedSteps: step)] + orderSteps(now: now) + writeStates()
    }

    /// Whether a report is of the blocks that are the rank's, with as many samples as they have.
    private func fits(_ report: EvaluationReport, ofRank rank: Int) -> Bool {
        guard let samples = reference?.testSamples, let place = members.firstIndex(of: rank) else { return false }
        let blocks = (0..<Trainer.evaluationBlocks(of: samples)).part(place, of: members.count)
        return report.firstBlock == blocks.lowerBound && report.losses.count == blocks.count
            && report.counts == blocks.map { Trainer.samples(ofEvaluationBlock: $0, of: samples).count }
            && (report.correct.isEmpty || report.correct.count == blocks.count)
            && zip(report.correct, report.counts).allSatisfy { (0...$1).contains($0) }
    }

    /// The user asked for the run to stop: no more steps are ordered, and it ends once those under way are done.
    mutating func interrupt() -> [CoordinatorAction] {
        guard progress.hasTrained else { return fail(.stopped, "interrupted before the first step") }
        if case .waiting = phase { return fail(.stopped, "interrupted while no worker was there") }
        if progress.stopRequested { return [] }
        progress.stopRequested = true
        let note = CoordinatorAction.note(
            "stopping after step \(progress.orderedSteps); interrupt again to stop at once")
        // While members link up the state is asked for once they have.
        guard case .training = phase else { return [note] }
        // The checkpoint that is due there anyway is the one that the run stops at, unless it is being recorded as another already.
        if let last = progress.states.indices.last, !progress.states[last].isBeingRecorded, !progress.isEnding,
            progress.states[last].completedSteps == progress.orderedSteps
        {
            progress.states[last].then = .stopped
        }
        return [note] + orderLastState()
    }
}
