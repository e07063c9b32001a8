internal import Glibc
internal import LockstepFormats
internal import LockstepTensor

/// Trains in this process alone: no sockets, no threads, no other process. The measure that every cluster must equal bit for bit.
public struct SingleProcessRun {
    private let trainer: Trainer
    private let recorder: RunRecorder
    private let stop: StopRequest
    private let checkpointInterval: Duration?
    private let clock = ContinuousClock()
    /// Makes the image of a state; tests damage it.
    package var encode: (Checkpoint) -> [UInt8] = { $0.file.encoded() }

    /// A run of `trainer`, from where it stands, recorded by `recorder`, until it is complete or `stop` is requested. Besides the
    /// checkpoints that the settings ask for one is made whenever `checkpointInterval` has passed since the last.
    public init(trainer: Trainer, recorder: RunRecorder, stop: StopRequest, checkpointInterval: Duration? = nil) {
        self.checkpointInterval = checkpointInterval
        self.trainer = trainer
        self.recorder = recorder
        self.stop = stop
    }

    /// Runs to the end or to the requested stop. Returns whether the run is complete.
    public func run() throws -> Bool {
        recorder.begin(workers: [], parameters: trainer.parameterCount, completedSteps: trainer.completedSteps)
        var lastCheckpoint = clock.now
        var last: AgreedState?
        while trainer.completedSteps < trainer.schedule.steps {
            try step()
            let completed = trainer.completedSteps
            if trainer.schedule.endsEpoch(after: completed), let result = try trainer.evaluate() {
                try recorder.tested(result, completedSteps: completed)
            }
            let stops = stop.isRequested && completed < trainer.schedule.steps
            let isLate = checkpointInterval.map { lastCheckpoint.duration(to: clock.now) >= $0 } ?? false
            if stops || isLate || trainer.schedule.checkpointIsDue(after: completed) {
                lastCheckpoint = clock.now
                let state = try state()
                try recorder.write(state)
                if completed == trainer.schedule.steps { last = state }
            }
            if stops {
                recorder.stopped(completedSteps: completed)
                return false
            }
        }
        try recorder.finish(with: last ?? state())
        return true
    }

    /// The state as it is now, to be written. An image that a flipped bit has damaged is made again.
    private func state() throws -> AgreedState {
        let snapshot = trainer.snapshot()
        let digest = snapshot.stateDigest
        var attempt = 0
        while true {
            attempt += 1
            do {
                return try AgreedState(
                    image: encode(snapshot.checkpoint()), digest: digest, settings: trainer.settings)
            } catch let damage as StateDamage {
                let what = """
                    the state after \(snapshot.step) steps was damaged while it was copied: \(damage.reason). Most likely the memory \
                    of this host (\(Host.name)) is at fault
                    """
                guard attempt < AgreedState.mostDamaged else {
                    throw TrainingError(.damaged, "\(what). It was so \(attempt) times in a row")
                }
                recorder.warn("\(what); it is copied again")
            }
        }
    }

    private func step() throws {
        let step = trainer.completedSteps
        let start = clock.now
        var sums = try trainer.sums(of: trainer.tree.root, step: step)
        var gradient = sums.subtrees.removeLast().sum
        gradient *= trainer.schedule.scale(ofStep: step)
        let overflowed = trainer.overflows(gradient)
        let share = StepAccount.Share(
            rank: 0, host: Host.name, process: Int(getpid()), microbatches: trainer.tree.root,
            digest: trainer.takenSamples)
        trainer.apply(gradient)
        try recorder.complete(
            step: step, lossSum: trainer.tree.sum(sums.losses), samples: StepAccount(generation: 0, shares: [share]),
            computeSeconds: start.duration(to: clock.now).seconds, communicateSeconds: 0, overflowed: overflowed)
    }
}
