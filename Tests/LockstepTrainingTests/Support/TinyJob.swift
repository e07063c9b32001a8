import LockstepData
import LockstepNN
import LockstepOptim
import LockstepTensor
import LockstepTraining

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

    /// Points whose coordinates are not exact in binary, so that the order of additions shows.
    static func points(_ count: Int, seed: UInt64, shift: Float = 0) throws -> TensorDataset {
        manualSeed(seed)
        let coordinates = Tensor<Float>.uniform([count, 2], from: -1, to: 1) + shift
        let classes = coordinates.withUnsafeElements { elements in
            (0..<count).map { Int64(elements[2 * $0] > 0.2 ? 2 : elements[2 * $0 + 1] > 0 ? 1 : 0) }
        }
        return try TensorDataset(inputs: coordinates, targets: Tensor(classes))
    }

    /// Settings that fit; a batch of 8 of 23 samples leaves 7 for the last.
    static func settings(
        batch: Int = 8, microbatches: Int = 4, epochs: Int = 2, optimizer: OptimizerSettings? = nil, seed: UInt64 = 7,
        limit: Int? = nil, checkpointEvery: Int? = nil, continuesWhenNotFinite: Bool = false,
        bucketBytes: Int? = nil
    ) throws -> RunSettings {
        try RunSettings(
            name: "tiny", model: "tiny", data: "points", batch: batch, microbatches: microbatches, epochs: epochs,
            optimizer: optimizer ?? OptimizerSettings(name: "sgd", learningRate: 0.1, momentum: 0.9), seed: seed,
            limit: limit, checkpointEvery: checkpointEvery, continuesWhenNotFinite: continuesWhenNotFinite,
            bucketBytes: bucketBytes)
    }

    /// A trainer of the job.
    static func trainer(_ settings: RunSettings? = nil, job: (any TrainableJob)? = nil) throws -> Trainer {
        try Trainer(settings: settings ?? self.settings(), job: job ?? self.job())
    }

    /// One optimizer of each kind, by its settings.
    static func optimizers() throws -> [OptimizerSettings] {
        [
            try OptimizerSettings(name: "sgd", learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: true),
            try OptimizerSettings(name: "adam", learningRate: 0.01),
            try OptimizerSettings(name: "adamw", learningRate: 0.01),
        ]
    }
}

extension Trainer {
    /// One step of the run, all microbatches in this process.
    func step() throws {
        var sums = try sums(of: tree.root, step: completedSteps)
        var gradient = sums.subtrees.removeLast().sum
        gradient *= schedule.scale(ofStep: completedSteps)
        apply(gradient)
    }
}
