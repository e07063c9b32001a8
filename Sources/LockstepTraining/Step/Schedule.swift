internal import LockstepData

/// Which samples each step of a run uses: arithmetic on counts alone, so that coordinator and workers agree without data.
public struct Schedule: Sendable, Equatable {
    private let plan: BatchPlan
    private let epochs: Int
    private let checkpointEvery: Int?

    /// The schedule of a run over `samples` training samples.
    ///
    /// Throws where there is nothing to train on, or more steps than can be counted.
    public init(samples: Int, settings: RunSettings) throws {
        guard samples > 0 else {
            throw TrainingError(.mismatch, "the training data hold no samples; at least one is needed")
        }
        plan = BatchPlan(count: samples, batchSize: settings.batch, microbatches: settings.microbatches)
        epochs = settings.epochs
        guard !plan.batches.multipliedReportingOverflow(by: epochs).overflow else {
            throw TrainingError(
                .invalidSetting,
                "--epochs is \(epochs); with \(plan.batches) steps an epoch that is more steps than can be counted")
        }
        checkpointEvery = settings.checkpointEvery
    }

    /// Training samples an epoch.
    public var samples: Int { plan.count }
    /// Steps an epoch; the last one's batch holds what is left.
    public var stepsPerEpoch: Int { plan.batches }
    /// Steps in the whole run.
    public var steps: Int { stepsPerEpoch * epochs }

    /// The epoch, from 0, to which step `step`, from 0, belongs.
    public func epoch(of step: Int) -> Int { step / stepsPerEpoch }

    /// The batch, from 0, of its epoch that step `step` is.
    public func batch(of step: Int) -> Int { step % stepsPerEpoch }

    /// How many samples step `step` uses.
    public func samples(ofStep step: Int) -> Int { places(ofStep: step).count }

    /// The places, in the epoch's order, of the samples of step `step`.
    public func places(ofStep step: Int) -> Range<Int> { plan.range(ofBatch: batch(of: step)) }

    /// What the summed gradient of step `step` is multiplied with to become the mean over its samples.
    public func scale(ofStep step: Int) -> Float { 1 / Float(samples(ofStep: step)) }

    /// The places, in the epoch's shuffled order, of the samples of one microbatch of step `step`.
    public func places(ofMicrobatch microbatch: Int, step: Int) -> Range<Int> {
        plan.range(ofMicrobatch: microbatch, inBatch: batch(of: step))
    }

    /// The places of the samples of some microbatches of step `step`.
    package func places(ofMicrobatches microbatches: Range<Int>, step: Int) -> Range<Int> {
        guard let first = microbatches.first, let last = microbatches.last else { return 0..<0 }
        return places(ofMicrobatch: first, step: step).lowerBound..<places(ofMicrobatch: last, step: step).upperBound
    }

    /// Whether some microbatch of the run, of so many a batch, has a single sample.
    func hasSingleSamples(microbatches: Int) -> Bool {
        let (first, last) = (plan.range(ofBatch: 0).count, plan.range(ofBatch: stepsPerEpoch - 1).count)
        return min(first, last) < 2 * microbatches
    }

    /// Whether an epoch is complete after `completed` steps.
    public func endsEpoch(after completed: Int) -> Bool { completed > 0 && completed % stepsPerEpoch == 0 }

    /// Whether a checkpoint is due after `completed` steps: every so many steps or, without a number, at each epoch's end;
    /// and always at the end of the run.
    public func checkpointIsDue(after completed: Int) -> Bool {
        if completed == steps { return true }
        guard let checkpointEvery else { return endsEpoch(after: completed) }
        return completed % checkpointEvery == 0
    }
}

extension Range<Int> {
    /// Part `index` of `count` contiguous parts whose sizes differ by at most one; where there are fewer elements than parts
    /// some parts are empty.
    package func part(_ index: Int, of count: Int) -> Range<Int> {
        let (quotient, remainder) = self.count.quotientAndRemainder(dividingBy: count)
        func start(_ index: Int) -> Int { lowerBound + quotient * index + Swift.min(index, remainder) }
        return start(index)..<start(index + 1)
    }
}
