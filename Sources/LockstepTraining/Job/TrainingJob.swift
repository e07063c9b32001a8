public import LockstepData
public import LockstepNN
public import LockstepTensor

/// What is trained: a model, the data, and how the model's output is judged.
///
/// A job says nothing about processes. The same value trains in a single process and on any number of workers, each of which
/// builds its own replica from it: so `model` and `data` must give the same on every host.
public struct TrainingJob<Model: Module, Output, Batch>: Sendable {
    /// The training samples, and those that the model is tested on after each epoch, if any.
    public typealias Split = (training: any Dataset<Batch>, test: (any Dataset<Batch>)?)

    /// Names runs and messages.
    public let name: String
    let model: @Sendable () throws -> Model
    let data: @Sendable () throws -> Split
    let forward: @Sendable (Model, Batch) -> Output
    let loss: @Sendable (Output, Batch) -> Tensor<Float>
    let correct: (@Sendable (Output, Batch) -> Int)?
    let testBatch: Int
    /// What a built-in model was told of its data; nil for a job of the user's own.
    var facts: DataFacts?

    /// A job of any shape.
    ///
    /// - Parameters:
    ///   - name: Names runs and messages.
    ///   - model: Makes the model. Called after the generator has been seeded with the run's seed, so that each worker starts
    ///     from the same weights.
    ///   - data: Opens the data, once for each worker, and once for a process that trains alone or tests.
    ///   - forward: The model's output for a batch.
    ///   - loss: **One value a sample**, shape [n]; training minimises their mean over the global batch, which the trainer
    ///     takes itself, so that it is exact for any number of workers and for a smaller last batch.
    ///   - correct: How many of a batch's samples the output gets right; where given, tests report accuracy.
    ///   - testBatch: How many samples are tested at once, 1000 unless given: fewer where the model's layers would fill the memory.
    ///     The bits of a test's loss depend on it.
    public init(
        name: String, model: @escaping @Sendable () throws -> Model, data: @escaping @Sendable () throws -> Split,
        forward: @escaping @Sendable (Model, Batch) -> Output,
        loss: @escaping @Sendable (Output, Batch) -> Tensor<Float>,
        correct: (@Sendable (Output, Batch) -> Int)? = nil, testBatch: Int = Trainer.evaluationBlock
    ) {
        guard testBatch >= 1 else { fatalError("TrainingJob expects testBatch >= 1, found \(testBatch)") }
        self.name = name
        self.model = model
        self.data = data
        self.forward = forward
        self.loss = loss
        self.correct = correct
        self.testBatch = testBatch
    }
}

extension TrainingJob where Model: Layer, Output == Tensor<Float>, Batch == LabeledBatch {
    /// A classifier: the model gives a score for each class, shape [n, classes]; the loss is the softmax cross-entropy, and
    /// the class with the highest score is compared with the label.
    public static func classification(
        name: String, model: @escaping @Sendable () throws -> Model, data: @escaping @Sendable () throws -> Split
    ) -> TrainingJob {
        TrainingJob(
            name: name, model: model, data: data,
            forward: { model, batch in model(batch.inputs) }, loss: Judgement.loss, correct: Judgement.correct)
    }
}
