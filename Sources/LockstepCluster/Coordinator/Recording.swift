internal import Dispatch
internal import LockstepLocking
package import LockstepTraining
internal import LockstepWire

/// Keeps the record of a run on a thread of its own: a disk that stalls, or output that nobody reads (Ctrl-S, a pager), holds
/// up neither heartbeats nor messages.
///
/// What is to be recorded is done in its order. After the first failure nothing more is, so that the last checkpoint stays
/// what it was.
package final class Recording: @unchecked Sendable {
    // Sendable because all that changes is used on `queue` alone, but for the counts, which are behind a lock.
    private let queue = DispatchQueue(label: "lockstep.record")
    private let settings: RunSettings
    private let folder: RunFolder
    private let observer: any RunObserver
    private let report: @Sendable (CoordinatorEvent) -> Void
    private let backlog = Locked(Backlog())
    private var recorder: RunRecorder?
    private var position: RecordedPosition
    private var failure: (any Error)?
    private var isComplete = false

    /// `report` is told, on this thread, of a failure, of what became of states and of the record falling behind and catching up.
    package init(
        settings: RunSettings, folder: RunFolder, position: RecordedPosition, observer: any RunObserver,
        report: @escaping @Sendable (CoordinatorEvent) -> Void
    ) {
        self.settings = settings
        self.folder = folder
        self.position = position
        self.observer = observer
        self.report = report
    }

    /// Records what `action` says, after all that came before it.
    package func add(_ action: CoordinatorAction) {
        if backlog.withLock({ $0.add(action) }) { report(.recordIsBehind(true)) }
        queue.async { [self] in
            if failure == nil {
                do { try record(action) } catch {
                    failure = error
                    report(.recordFailed("\(error)"))
                }
            }
            if backlog.withLock({ $0.remove(action) }) { report(.recordIsBehind(false)) }
        }
    }

    /// Records what the workers are doing, for people who ask. That it cannot be is no reason to end a run.
    func write(_ status: RunStatus) { queue.async { [self] in try? folder.write(status) } }

    /// Waits until all is recorded. Returns whether the run is complete; throws what could not be recorded.
    package func finish() throws -> Bool {
        try queue.sync {
            if let failure { throw failure }
            return isComplete
        }
    }

    private func record(_ action: CoordinatorAction) throws {
        switch action {
        case .begin(let schedule, let workers, let parameters, let completedSteps, let recordedSteps):
            let recorder = try RunRecorder(
                folder: folder, settings: settings, schedule: schedule, completedSteps: recordedSteps,
                observer: observer)
            recorder.begin(workers: workers, parameters: parameters, completedSteps: completedSteps)
            self.recorder = recorder
            position = RecordedPosition(
                steps: recordedSteps, testedSteps: min(position.testedSteps, recordedSteps))
        case .completeStep(
            let step, let lossSum, let samples, let computeSeconds, let communicateSeconds, let bytesSent,
            let overflowed):
            try recorder?.complete(
                step: step, lossSum: lossSum, samples: samples, computeSeconds: computeSeconds,
                communicateSeconds: communicateSeconds, bytesSent: bytesSent, overflowed: overflowed)
            position.steps = step + 1
            // Often enough that workers need not keep many, and seldom enough to cost nothing.
            if position.steps % 32 == 0 { report(.recorded(position)) }
        case .tested(let evaluation, let completedSteps):
            try recorder?.tested(evaluation, completedSteps: completedSteps)
            position.testedSteps = completedSteps
            report(.recorded(position))
        case .checkpoint(let payload, let digest, let completedSteps, let then):
            let state: AgreedState
            do {
                state = try AgreedState(image: payload.array(), digest: digest, settings: settings)
            } catch {
                return report(.stateIsDamaged(completedSteps: completedSteps, reason: error.reason))
            }
            if then != .keep { try recorder?.write(state) }
            if then == .stopped { recorder?.stopped(completedSteps: completedSteps) }
            if then == .complete {
                try recorder?.finish(with: state)
                isComplete = true
            }
            report(.stateRecorded(completedSteps: completedSteps))
        case .computedOn(let machines):
            try folder.write(MachineRecord(machines: machines, threads: 1, microbatches: settings.microbatches))
        case .note(let text): observer.handle(.note(text))
        case .warning(let text): observer.handle(.warning(text))
        case .send, .read, .launch, .end: break
        }
    }
}

/// What waits to be recorded. Where that is much, no more steps are ordered, so that it cannot fill the memory.
private struct Backlog {
    /// More than this is much, and a quarter of it no longer is.
    private static let most = (actions: 256, checkpoints: 2)

    private var actions = 0
    private var checkpoints = 0
    private var isBehind = false

    /// Counts an action; returns whether the record falls behind with it.
    mutating func add(_ action: CoordinatorAction) -> Bool {
        actions += 1
        if case .checkpoint = action { checkpoints += 1 }
        guard !isBehind, actions > Backlog.most.actions || checkpoints > Backlog.most.checkpoints else { return false }
        isBehind = true
        return true
    }

    /// Counts an action as done; returns whether the record has caught up with it.
    mutating func remove(_ action: CoordinatorAction) -> Bool {
        actions -= 1
        if case .checkpoint = action { checkpoints -= 1 }
        guard isBehind, actions <= Backlog.most.actions / 4, checkpoints < Backlog.most.checkpoints else {
            return false
        }
        isBehind = false
        return true
    }
}
