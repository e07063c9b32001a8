internal import LockstepOptim
public import LockstepTensor

/// One replica in training: computes gradients of microbatches, applies the mean gradient, and holds all state of the run.
///
/// A step is the same three calls wherever it runs: ``sums(of:step:)`` on each worker for its microbatches, a sum over the
/// workers in the order of ``MicrobatchTree``, ``apply(_:)`` on each worker.
public final class Trainer {
    /// What is trained and how.
    public let settings: RunSettings
    /// Which samples each step uses.
    public let schedule: Schedule
    /// The order in which microbatches are summed.
    public let tree: MicrobatchTree
    /// How the gradient is cut where it is summed over workers.
    public let buckets: GradientBuckets
    /// Steps completed since the run began.
    public internal(set) var completedSteps = 0

    let replica: any Replica
    let optimizer: any Optimizer
    private let rates: LearningRateSchedule?
    /// Which samples each step is computed from.
    var plan: SamplePlan
    /// The digest of the samples that the last microbatches were computed from.
    public internal(set) var takenSamples = SampleDigest()
    var hasCheckedSingleSamples = false

    /// A trainer at step 0: of data that the job opens or, where they are given, of samples that are sent.
    ///
    /// Throws where the settings ask for the kernels of another processor kind than this process multiplies with, which would give
    /// other bits.
    public init(settings: RunSettings, job: any TrainableJob, samples: DeliveredSamples? = nil) throws {
        if let kernels = settings.kernels, kernels != BLAS.coreType {
            throw TrainingError(
                .mismatch,
                "the run is computed with the kernels of \(kernels) (--kernels), and this process has those of \(BLAS.coreType); "
                    + "start it with OPENBLAS_CORETYPE=\(kernels) in its environment")
        }
        if settings.kernels != nil { BLAS.usesLibrary = true }
        self.settings = settings
        let (seed, limit) = (settings.seed, settings.limit)
        replica =
            try samples.map { try job.makeReplica(seed: seed, limit: limit, samples: $0) }
            ?? job.makeReplica(seed: seed, limit: limit)
        schedule = try Schedule(samples: replica.trainingCount, settings: settings)
        tree = MicrobatchTree(count: settings.microbatches)
        buckets = try GradientBuckets(
            count: replica.parameters.count, tail: replica.buffers.count,
            bytes: settings.bucketBytes ?? GradientBuckets.defaultBytes, wire: settings.wire ?? .float32)
        optimizer = settings.optimizer.make(for: replica.parameters)
        rates = try settings.schedule?.schedule(
            learningRate: settings.optimizer.learningRate, steps: schedule.steps, stepsPerEpoch: schedule.stepsPerEpoch)
        plan = SamplePlan(schedule: schedule, settings: settings)
    }

    /// Name, shape and element type of each parameter and of each buffer of the model.
    public var signature: String { replica.signature }
    /// What identifies the samples.
    public var fingerprint: String { replica.fingerprint }
    /// Elements in all parameters together.
    public var parameterCount: Int { replica.parameters.count }
    /// Elements of what is summed in a step: the gradient, and behind it what the microbatches change in the model's buffers.
    public var sumCount: Int { parameterCount + replica.buffers.count }
    /// How many samples the model is tested on, 0 for none.
    public var testCount: Int { replica.testCount }

    /// The type that every sum of gradients is rounded to.
    var wire: WireType { settings.wire ?? .float32 }

    /// Whether the mean gradient of a step is more than the type that sums travel in can hold: what it makes of the parameters is of
    /// no use.
    package func overflows(_ mean: Tensor<Float>) -> Bool { wire.isExceeded(by: mean) }

    /// Throws where the step to come was computed from other samples than it is to be, with who did it.
    package func check(_ account: StepAccount) throws { try plan.check(account, step: completedSteps) }

    /// Updates the parameters with the mean gradient of a step, and the model's buffers with the mean change behind it, shape
    /// [sumCount], and counts the step.
    public func apply(_ mean: Tensor<Float>) {
        guard mean.shape == [sumCount] else {
            fatalError("a mean gradient of shape [\(sumCount)] is expected, found \(mean.shape)")
        }
        if sumCount == parameterCount {
            replica.parameters.gradients = mean
        } else {
            replica.parameters.gradients = mean[0..<parameterCount]
            replica.buffers.add(mean[parameterCount..<sumCount])
        }
        if let norm = settings.clipNorm { clipGradientNorm(replica.parameters, maxNorm: norm) }
        if let limit = settings.clipValue { clipGradientValue(replica.parameters, limit: limit) }
        setRates()
        optimizer.step()
        replica.parameters.zeroGrad()
        completedSteps += 1
    }

    /// Sets the learning rate of the step to come, which depends on nothing but its number.
    private func setRates() {
        guard let rates else { return }
        optimizer.learningRate = rates.learningRate(after: completedSteps, initial: settings.optimizer.learningRate)
        // An optimizer without momentum keeps nothing that a momentum could be applied to.
        if let momentum = rates.momentum(after: completedSteps), optimizer.momenta.allSatisfy({ $0 ?? 0 > 0 }) {
            optimizer.momenta = optimizer.momenta.map { _ in momentum }
        }
    }
}

extension Trainer {
    /// Test samples that are tested together. Fixed, so that the bits of the test loss do not depend on the workers.
    public static let evaluationBlock = 1000

    /// How many blocks `samples` test samples make; the last may be smaller.
    package static func evaluationBlocks(of samples: Int) -> Int {
        samples / evaluationBlock + (samples % evaluationBlock == 0 ? 0 : 1)
    }

    /// The samples of a block of `samples` test samples.
    package static func samples(ofEvaluationBlock block: Int, of samples: Int) -> Range<Int> {
        let start = block * evaluationBlock
        return start..<start + min(evaluationBlock, samples - start)
    }

    /// How many blocks the test samples make.
    public var evaluationBlocks: Int { Trainer.evaluationBlocks(of: testCount) }

    /// Tests on all test samples, block after block; nil where there are none.
    public func evaluate() throws -> Evaluation? {
        guard testCount > 0 else { return nil }
        var total = Evaluation(loss: 0, correct: 0, count: 0)
        for block in 0..<evaluationBlocks { total += try evaluate(block: block) }
        return total
    }

    /// Tests on one block of the test samples.
    public func evaluate(block: Int) throws -> Evaluation {
        try replica.evaluate(Trainer.samples(ofEvaluationBlock: block, of: testCount))
    }
}
