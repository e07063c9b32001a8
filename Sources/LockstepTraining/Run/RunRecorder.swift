internal import LockstepFormats
internal import LockstepOptim

/// Keeps the record of a run, for whoever drives it: writes metrics, checkpoints and weights, and tells the observer.
public final class RunRecorder {
    /// The run's folder.
    public let folder: RunFolder
    private let settings: RunSettings
    private let schedule: Schedule
    private let metrics: MetricsFile
    private let ledger: LedgerFile
    private let observer: any RunObserver
    private let clock = ContinuousClock()
    private var began: ContinuousClock.Instant
    private var last: ContinuousClock.Instant
    private var samples = 0
    private var pace = Pace()

    /// A recorder for a run that goes on after `completedSteps` steps, 0 for a new one.
    public init(
        folder: RunFolder, settings: RunSettings, schedule: Schedule, completedSteps: Int, observer: any RunObserver
    ) throws {
        self.folder = folder
        self.settings = settings
        self.schedule = schedule
        self.observer = observer
        metrics = try MetricsFile(path: folder.metricsPath, keepingSteps: completedSteps)
        ledger = try LedgerFile(
            path: folder.ledgerPath, plan: SamplePlan(schedule: schedule, settings: settings),
            keepingSteps: completedSteps)
        began = clock.now
        last = began
    }

    /// The first step comes next. `workers` has a line for each worker, none in a single process.
    public func begin(workers: [String], parameters: Int, completedSteps: Int) {
        began = clock.now
        last = began
        observer.handle(
            .started(
                RunOverview(
                    folder: folder.path, settings: settings, workers: workers, parameters: parameters,
                    samples: schedule.samples, steps: schedule.steps, stepsPerEpoch: schedule.stepsPerEpoch,
                    completedSteps: completedSteps)))
    }

    /// Step `step`, from 0, is complete. `lossSum` is the sum over the batch's samples.
    ///
    /// Throws where the loss is not finite or the gradient was too large for the type that it travels in (`overflowed`), unless the
    /// settings say to go on, and where the step was computed from other samples than it is to be.
    public func complete(
        step: Int, lossSum: Double, samples account: StepAccount, computeSeconds: Double, communicateSeconds: Double,
        bytesSent: Int = 0, overflowed: Bool = false
    ) throws {
        // Before the metrics, so that the ledger has each step that they have.
        try ledger.write(account, step: step)
        let now = clock.now
        let count = schedule.samples(ofStep: step)
        let record = StepRecord(
            step: step + 1, epoch: schedule.epoch(of: step) + 1, loss: lossSum / Double(count), samples: count,
            throughput: pace.add(samples: count, seconds: last.duration(to: now).seconds),
            computeSeconds: computeSeconds,
            communicateSeconds: communicateSeconds, bytesSent: bytesSent)
        last = now
        samples += count
        try metrics.write(record)
        observer.handle(.step(record))
        if settings.continuesWhenNotFinite { return }
        guard record.loss.isFinite else {
            throw TrainingError(
                .notFinite,
                """
                the loss is \(NumberText.of(record.loss)) at step \(record.step) (epoch \(record.epoch)). Start a new run with a \
                smaller learning rate (--lr is \(settings.optimizer.learningRate)), or go on regardless: \
                \(Program.resumeCommand(folder.path)) --allow-non-finite
                """)
        }
        guard !overflowed else {
            throw TrainingError(
                .notFinite,
                """
                the gradient is not finite at step \(record.step) (epoch \(record.epoch)), although the loss is. Most likely its sum \
                over the batch's samples is larger than --wire fp16 can hold, 65504. Start a new run with --wire bf16, which holds what \
                float32 does, or go on regardless: \(Program.resumeCommand(folder.path)) --allow-non-finite
                """)
        }
    }

    /// The model was tested after `completedSteps` steps.
    public func tested(_ evaluation: Evaluation, completedSteps: Int) throws {
        let record = TestRecord(
            evaluation, step: completedSteps, epoch: schedule.epoch(of: completedSteps - 1) + 1,
            predictsText: settings.predictsText)
        try metrics.write(record)
        observer.handle(.tested(record))
        last = clock.now
    }

    /// Writes a checkpoint.
    public func write(_ state: AgreedState) throws {
        let step = state.checkpoint.step
        let path = try folder.write(checkpoint: state.checkpoint.file, step: step)
        observer.handle(.checkpoint(path: path, step: step))
        last = clock.now
    }

    /// The run was stopped by request after its checkpoint was written.
    public func stopped(completedSteps: Int) {
        let checkpoint = folder.checkpointPath(step: completedSteps)
        observer.handle(.stopped(step: completedSteps, checkpoint: checkpoint, folder: folder.path))
    }

    /// Tells of something that the user should look at.
    func warn(_ text: String) { observer.handle(.warning(text)) }

    /// The run is complete: writes the weights of its last state.
    public func finish(with state: AgreedState) throws {
        let (weights, digest) = state.checkpoint.weights()
        try weights.write(to: folder.weightsPath)
        if let path = settings.save { try weights.write(to: path) }
        observer.handle(
            .finished(
                RunSummary(
                    folder: folder.path, weights: folder.weightsPath, digest: digest, test: metrics.lastTest,
                    steps: schedule.steps, samples: samples, seconds: began.duration(to: last).seconds)))
    }
}

extension Duration {
    /// The duration in seconds.
    public var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
