public import LockstepData

/// A job out of a model and a data set that come with the package, by their specifications: what `--model` and `--data` name.
public struct BuiltInJob: TrainableJob {
    private let model: ModelSpecification
    private let data: DataSpecification
    private var trains = true

    /// The job of these specifications.
    public init(model: ModelSpecification, data: DataSpecification) {
        self.model = model
        self.data = data
    }

    public var name: String { model.description.prefix { $0 != ":" } + "-" + data.description.prefix { $0 != ":" } }

    public var forEvaluation: any TrainableJob {
        var job = self
        job.trains = false
        return job
    }

    /// Throws where the data cannot be read, the images or classes are not what the model takes, or the machine has no room
    /// for the model.
    public func makeReplica(seed: UInt64, limit: Int?) throws -> any Replica {
        try model.checkRoom(bytes: MachineMemory.bytes)
        return try TrainingJob.classification(
            name: name, model: { [model] in model.makeModel() },
            data: {
                let training = trains ? try load(.train) : nil
                let test = try load(.test)
                return (training ?? test, test)
            }
        ).makeReplica(seed: seed, limit: limit)
    }

    /// A split of the data that fits the model.
    private func load(_ split: DataSplit) throws -> ImageDataset {
        let images = try data.load(split, classes: model.outputs)
        let place = images.imageFile.map { "\($0), byte 8: the file" } ?? "data set \(data)"
        let pixels = images.rows * images.columns
        guard pixels == model.inputs else {
            throw TrainingError(
                .mismatch,
                """
                \(place) has images of \(images.rows)×\(images.columns) = \(pixels) pixels, but model \(model) takes \
                \(model.inputs) inputs; expected a model of \(pixels) inputs
                """)
        }
        guard images.classes <= model.outputs else {
            throw TrainingError(
                .mismatch,
                """
                data set \(data) has \(images.classes) classes, but model \(model) gives \(model.outputs) scores; expected a \
                model of \(images.classes) outputs
                """)
        }
        return images
    }
}
