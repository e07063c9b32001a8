public import LockstepData

/// A job out of a model and a data set that come with the package, by their specifications: what `--model` and `--data` name.
public struct BuiltInJob: TrainableJob {
    private let model: ModelSpecification
    private let data: DataSpecification

    /// The job of these specifications.
    public init(model: ModelSpecification, data: DataSpecification) {
        self.model = model
        self.data = data
    }

    public var name: String { model.description.prefix { $0 != ":" } + "-" + data.description.prefix { $0 != ":" } }

    /// Throws where the data cannot be read, or the images or classes are not what the model takes.
    public func makeReplica(seed: UInt64, limit: Int?) throws -> any Replica {
        try TrainingJob.classification(
            name: name, model: { [model] in model.makeModel() },
            data: { [model, data] in
                let training = try data.load(.train)
                try BuiltInJob.check(training, from: data, fits: model)
                return (training, try data.load(.test))
            }
        ).makeReplica(seed: seed, limit: limit)
    }

    private static func check(
        _ images: ImageDataset, from data: DataSpecification, fits model: ModelSpecification
    ) throws {
        let pixels = images.rows * images.columns
        guard pixels == model.inputs else {
            throw TrainingError(
                .mismatch,
                """
                data set \(data) has images of \(images.rows)×\(images.columns) = \(pixels) pixels, but model \(model) takes \
                \(model.inputs) inputs; expected a model of \(pixels) inputs
                """)
        }
        guard images.classes == model.outputs else {
            throw TrainingError(
                .mismatch,
                """
                data set \(data) has \(images.classes) classes, but model \(model) gives \(model.outputs) scores; expected a \
                model of \(images.classes) outputs
                """)
        }
    }
}
