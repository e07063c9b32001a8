import LockstepData
import LockstepFormats
import LockstepNN
import LockstepOptim
import LockstepTensor
import LockstepTraining
import LockstepWire

/// A job that trains in milliseconds: a perceptron on points of the plane that belong to three classes.
enum TinyJob {
    /// The job with so many samples to train and to test on. `shift` makes the data other data, `hidden` the model another.
    static func job(training: Int = 23, test: Int = 7, hidden: Int = 5, shift: Float = 0) -> some TrainableJob {
        TrainingJob.classification(
            name: "tiny", model: { Sequential(Linear(2, hidden), ReLU(), Linear(hidden, 3)) },
            data: {
                (
                    try points(training, seed: 1, shift: shift),
                    test == 0 ? nil : try points(test, seed: 2, shift: shift)
                )
            })
    }

    /// The job where there are no data.
    static func withoutData(hidden: Int = 5) -> any TrainableJob {
        TrainingJob.classification(
            name: "tiny", model: { Sequential(Linear(2, hidden), ReLU(), Linear(hidden, 3)) },
            data: { throw NoData() })
    }

    private struct NoData: Error {}

    /// The job with a model that draws and keeps running statistics. A batch of 12 leaves no microbatch of four a single sample.
    static func normalized() -> some TrainableJob {
        TrainingJob.classification(
            name: "normalized",
            model: { Sequential(Linear(2, 5), BatchNorm1d(5), ReLU(), Dropout(0.25), Linear(5, 3)) },
            data: { (try points(23, seed: 1, shift: 0), try points(7, seed: 2, shift: 0)) })
    }

    /// The job whose models are kept where a test reaches them.
    static func job(keeping models: Models, as number: Int) -> some TrainableJob {
        TrainingJob.classification(
            name: "tiny",
            model: { () -> Sequential in
                let model = Sequential(Linear(2, 5), ReLU(), Linear(5, 3))
                models.keep(model, as: number)
                return model
            },
            data: { (try points(23, seed: 1, shift: 0), try points(7, seed: 2, shift: 0)) })
    }

    /// A job whose loss has not the shape that training needs.
    static func failing() -> some TrainableJob {
        TrainingJob<Linear, Tensor<Float>, LabeledBatch>(
            name: "failing", model: { Linear(2, 3) }, data: { (try points(23, seed: 1, shift: 0), nil) },
            forward: { $0($1.inputs) }, loss: { crossEntropy($0, targets: $1.targets) })
    }

    private static func points(_ count: Int, seed: UInt64, shift: Float) throws -> TensorDataset {
        manualSeed(seed)
        let coordinates = Tensor<Float>.uniform([count, 2], from: -1, to: 1) + shift
        let classes = coordinates.withUnsafeElements { elements in
            (0..<count).map { Int64(elements[2 * $0] > 0.2 ? 2 : elements[2 * $0 + 1] > 0 ? 1 : 0) }
        }
        return try TensorDataset(inputs: coordinates, targets: Tensor(classes))
    }

    /// Settings that fit: three steps an epoch, the last of a smaller batch.
    static func settings(
        batch: Int = 8, microbatches: Int = 4, epochs: Int = 2, learningRate: Double = 0.1, seed: UInt64 = 7,
        checkpointEvery: Int? = nil, bucketBytes: Int? = nil, wire: WireType? = nil
    ) throws -> RunSettings {
        try RunSettings(
            name: "tiny", model: "tiny", data: "points", batch: batch, microbatches: microbatches, epochs: epochs,
            optimizer: OptimizerSettings(name: "sgd", learningRate: learningRate, momentum: 0.9), seed: seed,
            checkpointEvery: checkpointEvery, bucketBytes: bucketBytes, wire: wire)
    }
}

/// The models of workers, for a test to spoil.
final class Models: @unchecked Sendable {
    // Sendable because a simulation has one thread.
    private var models: [Int: Sequential] = [:]

    func keep(_ model: Sequential, as number: Int) { models[number] = model }

    /// Flips a bit of one weight of a worker's model, as a cosmic ray does: the lowest by default. A higher one is not rounded away.
    func flipBit(of number: Int, bit: Int = 0) {
        guard let parameter = models[number]?.parameters.first else { return }
        var value = noGrad { parameter.value }
        value.withUnsafeMutableElements { $0[0] = Float(bitPattern: $0[0].bitPattern ^ 1 << bit) }
        parameter.value = value
    }
}
