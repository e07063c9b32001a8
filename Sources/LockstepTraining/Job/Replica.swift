internal import LockstepData
internal import LockstepNN
public import LockstepTensor

/// One worker's copy of the model with its data: what a training step needs of a job, whatever the types of its model and batch.
public protocol Replica: AnyObject {
    /// The model's parameters and their gradients.
    var parameters: ParameterBuffer { get }
    /// What the model keeps beside its parameters.
    var buffers: ModelBuffers { get }
    /// Name, shape and element type of each parameter and buffer, to compare between processes.
    var signature: String { get }
    /// What identifies the samples, to compare between processes.
    var fingerprint: String { get }
    /// Further names of parameters and buffers that have several: a file of weights may hold them, too.
    var aliases: [String] { get }
    /// What the model's outputs are called, where the data name them; empty otherwise.
    var classNames: [String] { get }
    /// How many samples the model is trained on.
    var trainingCount: Int { get }
    /// How many samples the model is tested on, 0 for none.
    var testCount: Int { get }

    /// The sum of the losses of some training samples and its gradient, with what they change in the buffers behind it: shape
    /// [parameters.count + buffers.count]. The buffers are afterwards as they were.
    ///
    /// While it is computed `isComplete` is told of each parameter, by its place in `parameters.entries`, whose gradient does not
    /// change any more. It need not be told of any.
    func gradient(of samples: some Collection<Int>, isComplete: ((_ entry: Int) -> Void)?) throws
        -> (loss: Double, gradient: Tensor<Float>)
    /// Throws where the model cannot be trained on one sample alone.
    func checkSingleSamples() throws
    /// The sum of the losses of some test samples and how many the model gets right.
    func evaluate(_ samples: Range<Int>) throws -> Evaluation
}

/// What testing on some samples gives.
public struct Evaluation: Sendable, Equatable {
    /// The sum of the samples' losses.
    public var loss: Double
    /// How many samples the model gets right, or nil where the job does not say what that means.
    public var correct: Int?
    /// How many samples were tested.
    public var count: Int

    /// The result of testing on `count` samples.
    public init(loss: Double, correct: Int?, count: Int) {
        self.loss = loss
        self.correct = correct
        self.count = count
    }

    /// The result for the samples of both.
    public static func += (sum: inout Evaluation, part: Evaluation) {
        sum.loss += part.loss
        sum.correct = sum.correct.flatMap { mine in part.correct.map { mine + $0 } }
        sum.count += part.count
    }
}

/// A job that can be trained, whatever its types: what the launcher holds.
public protocol TrainableJob: Sendable {
    /// Names runs and messages.
    var name: String { get }
    /// Opens the data and builds the model from the seed's weights. `limit` keeps only the first training samples.
    func makeReplica(seed: UInt64, limit: Int?) throws -> any Replica
    /// Opens the data without a model, for a coordinator that sends workers their samples.
    ///
    /// Throws where that cannot be done; by default it cannot.
    func openSamples() throws -> SampleSource
    /// Builds the model on data that the coordinator sends, without opening any. Throws where that cannot be done; by default it cannot.
    func makeReplica(seed: UInt64, limit: Int?, samples: DeliveredSamples) throws -> any Replica
    /// The job for a process that only tests: it need not open the training samples. By default the job itself.
    var forEvaluation: any TrainableJob { get }
}

extension Replica {
    public var buffers: ModelBuffers { ModelBuffers() }
    public var aliases: [String] { [] }
    public var classNames: [String] { [] }
    public func checkSingleSamples() throws {}
}

extension TrainableJob {
    public var forEvaluation: any TrainableJob { self }

    public func openSamples() throws -> SampleSource { throw unsendable }

    public func makeReplica(seed: UInt64, limit: Int?, samples: DeliveredSamples) throws -> any Replica {
        throw unsendable
    }

    private var unsendable: TrainingError {
        TrainingError(
            .mismatch,
            "the samples of job '\(name)' cannot be sent to workers: have them read the data themselves (--data-from workers)"
        )
    }
}

extension TrainingJob: TrainableJob {
    public func makeReplica(seed: UInt64, limit: Int?) throws -> any Replica {
        try makeReplica(seed: seed, limit: limit, on: data())
    }

    public func openSamples() throws -> SampleSource {
        let (training, test) = try data()
        return try SampleSource(of: self, training: training, test: test, facts: facts)
    }

    public func makeReplica(seed: UInt64, limit: Int?, samples: DeliveredSamples) throws -> any Replica {
        try makeReplica(seed: seed, limit: limit, on: samples.split(of: Batch.self, job: name))
    }

    private func makeReplica(seed: UInt64, limit: Int?, on split: Split) throws -> any Replica {
        let (training, test) = split
        manualSeed(seed)
        let model = try model()
        // A table that is changed by looking things up would be another on each worker, and nobody would see it.
        if model.modules.contains(where: { ($0 as? Embedding)?.maxNorm != nil }) {
            throw TrainingError(
                .mismatch,
                """
                the model of job '\(name)' has an Embedding with maxNorm, which changes its table for the indices that a worker \
                happens to look up, so that workers would differ; leave maxNorm out
                """)
        }
        return ModelReplica(
            job: self, model: model, training: training, test: test,
            trainingCount: min(limit ?? training.count, training.count))
    }
}

/// The replica of a job with a model and batches of known types.
final class ModelReplica<Model: Module, Output, Batch>: Replica {
    private let job: TrainingJob<Model, Output, Batch>
    private let model: Model
    private let training: any Dataset<Batch>
    private let test: (any Dataset<Batch>)?
    let trainingCount: Int
    let parameters: ParameterBuffer
    let buffers: ModelBuffers
    let signature: String
    let fingerprint: String

    init(
        job: TrainingJob<Model, Output, Batch>, model: Model, training: any Dataset<Batch>,
        test: (any Dataset<Batch>)?, trainingCount: Int
    ) {
        self.job = job
        self.model = model
        self.training = training
        self.test = test
        self.trainingCount = trainingCount
        parameters = model.flattened()
        buffers = ModelBuffers(of: model, job: job.name)
        signature = model.signature
        fingerprint = training.fingerprint + (test.map { "+" + $0.fingerprint } ?? "")
    }

    var testCount: Int { test?.count ?? 0 }
    var aliases: [String] { model.parameterAliases }
    var classNames: [String] { job.facts?.names ?? [] }

    func gradient(of samples: some Collection<Int>, isComplete: ((_ entry: Int) -> Void)?) throws
        -> (loss: Double, gradient: Tensor<Float>)
    {
        // An empty microbatch, where a last batch has fewer samples than there are microbatches, adds nothing.
        if samples.isEmpty { return (0, .zeros([parameters.count + buffers.count])) }
        // Each microbatch finds them as they were at the start of the step, whoever computes it and after whatever others.
        let start = buffers.values
        defer { buffers.values = start }
        let batch = try training.batch(at: samples)
        let losses = try check(job.loss(job.forward(model, batch), batch), count: samples.count)
        parameters.gradientIsComplete = isComplete
        defer { parameters.gradientIsComplete = nil }
        losses.backward(gradient: .ones(losses.shape))
        let gradient = parameters.takeGradients()
        let changes = try buffers.changes(since: start, samples: samples.count)
        return (total(losses), changes.count == 0 ? gradient : concatenated([gradient, changes]))
    }

    func checkSingleSamples() throws {
        let layers = model.modules.compactMap { $0 as? BatchNorm }
        guard !layers.isEmpty else { return }
        // Two samples, and not in training: that any batch normalisation takes, and sees how much it is.
        let start = buffers.values
        model.eval()
        defer {
            model.train()
            buffers.values = start
        }
        let batch = try training.batch(at: [0, 0])
        noGrad { _ = job.forward(model, batch) }
        guard layers.contains(where: { $0.valuesPerChannel == 2 }) else { return }
        throw TrainingError(
            .invalidSetting,
            """
            the model of job '\(job.name)' has a batch normalisation that gets one value per channel of a sample, and some \
            microbatch of a batch, or of an epoch's last, smaller batch, has one sample: expected more than 1 value per channel \
            when training. Choose --batch, --microbatches and --limit so that each batch, the last of an epoch too, has at least two \
            samples for each microbatch
            """)
    }

    func evaluate(_ samples: Range<Int>) throws -> Evaluation {
        guard let test else { return Evaluation(loss: 0, correct: nil, count: 0) }
        model.eval()
        let start = buffers.values
        defer {
            model.train()
            buffers.values = start
        }
        return try noGrad {
            var sum = Evaluation(loss: 0, correct: 0, count: 0)
            for start in stride(from: samples.lowerBound, to: samples.upperBound, by: job.testBatch) {
                let part = start..<min(start + job.testBatch, samples.upperBound)
                let batch = try test.batch(at: part)
                let output = job.forward(model, batch)
                let losses = try check(job.loss(output, batch), count: part.count)
                sum += Evaluation(loss: total(losses), correct: job.correct?(output, batch), count: part.count)
            }
            return sum
        }
    }

    /// The sum of the samples' losses, in their order, in Float64.
    private func total(_ losses: Tensor<Float>) -> Double {
        losses.withUnsafeElements { $0.reduce(0) { $0 + Double($1) } }
    }

    private func check(_ losses: Tensor<Float>, count: Int) throws -> Tensor<Float> {
        if losses.shape == [count] { return losses }
        throw TrainingError(
            .invalidLoss,
            """
            the loss of job '\(job.name)' must be one value a sample, shape [\(count)] for this batch, but has shape \
            \(losses.shape); leave the mean to the trainer (reduction: .none)
            """)
    }
}
