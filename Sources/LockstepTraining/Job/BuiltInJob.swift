public import LockstepData
internal import LockstepNN
internal import LockstepTensor

/// A job out of a model and a data set that come with the package, by their specifications: what `--model`, `--data` and `--loss` name.
public struct BuiltInJob: TrainableJob {
    let model: ModelSpecification
    let data: DataSpecification
    let loss: LossFunction?
    private var trains = true

    /// The job of these specifications; a loss that is not given is the one that model and data suggest.
    public init(model: ModelSpecification, data: DataSpecification, loss: LossFunction? = nil) {
        self.model = model
        self.data = data
        self.loss = loss
    }

    public var name: String { model.kind + "-" + data.description.prefix { $0 != ":" } }

    public var forEvaluation: any TrainableJob {
        var job = self
        job.trains = false
        return job
    }

    /// Throws where the data cannot be read, model, data and loss do not fit each other, or the machine has no room for the model.
    public func makeReplica(seed: UInt64, limit: Int?) throws -> any Replica {
        switch data {
        case .fashionMNIST, .synthetic, .idx: return try imageReplica(seed: seed, limit: limit)
        case .random: return try randomReplica(seed: seed, limit: limit)
        case .csv(let source): return try tableReplica(source.load(), seed: seed, limit: limit)
        case .npz(let source): return try tableReplica(source.load(), seed: seed, limit: limit)
        case .text(let path): return try textReplica(path, seed: seed, limit: limit)
        }
    }

    // MARK: Images

    private func imageReplica(seed: UInt64, limit: Int?) throws -> any Replica {
        try requireCrossEntropy("the labels of images are classes")
        let training = trains ? try images(.train) : nil
        let test = try images(.test)
        let shape = [test.rows, test.columns]
        return try classification(
            training: training ?? test, test: test, inputs: shape, outputs: (training ?? test).classes
        ).makeReplica(seed: seed, limit: limit)
    }

    /// A split of the images, which fit the model.
    private func images(_ split: DataSplit) throws -> ImageDataset {
        let images = try data.load(split, classes: model.outputs)
        let place = images.imageFile.map { "\($0), byte 8: the file" } ?? "data set \(data)"
        let shape = [images.rows, images.columns]
        if case .gpt = model {
        } else {
            try model.checkRoom(bytes: MachineMemory.bytes, inputs: shape, outputs: images.classes)
        }
        try model.check(inputs: shape, outputs: images.classes, place: place)
        return images
    }

    func classification(
        training: any Dataset<LabeledBatch>, test: (any Dataset<LabeledBatch>)?, inputs: [Int], outputs: Int,
        names: [String] = []
    ) throws -> TrainingJob<Module, Tensor<Float>, LabeledBatch> {
        try model.checkRoom(bytes: MachineMemory.bytes, inputs: inputs, outputs: outputs)
        var job = TrainingJob<Module, Tensor<Float>, LabeledBatch>(
            name: name, model: makeModel(inputs, outputs), data: { (training, test) },
            forward: { model, batch in BuiltInJob.output(model, batch.inputs) }, loss: Judgement.loss,
            correct: Judgement.correct, testBatch: testBatch)
        job.classNames = names
        return job
    }

    // MARK: Tables

    private func tableReplica(_ split: SampleSplit, seed: UInt64, limit: Int?) throws -> any Replica {
        // Where nothing is kept apart to test with, all that there is can be tested when nothing is trained.
        let (training, test) = (split.training, split.test ?? (trains ? nil : split.training))
        let inputs = Array(training.inputs.shape.dropFirst())
        let loss = loss ?? suggestedLoss(for: training)
        guard loss != .crossEntropy else {
            let classes = max(training.classes ?? 0, model.outputs ?? 0)
            let (data, tests) = (
                try training.classDataset(classes: classes), try test?.classDataset(classes: classes)
            )
            return try classification(
                training: data, test: tests, inputs: inputs, outputs: training.classes ?? 0, names: training.classNames
            ).makeReplica(seed: seed, limit: limit)
        }
        let data = try training.numberDataset(probabilities: loss.takesProbabilities)
        let tests = try test?.numberDataset(probabilities: loss.takesProbabilities)
        let width = training.width
        try model.checkRoom(bytes: MachineMemory.bytes, inputs: inputs, outputs: width)
        if let outputs = model.outputs, outputs != width {
            throw TrainingError(
                .mismatch,
                """
                data set \(self.data) has \(width) label\(width == 1 ? "" : "s") a sample, but model \(model) gives \(outputs) \
                numbers; expected a model of \(width) output\(width == 1 ? "" : "s"), or for classes --loss cross-entropy
                """)
        }
        let isLogistic = model == .logistic
        let correct: (@Sendable (Tensor<Float>, RegressionBatch) -> Int)? =
            loss.takesProbabilities ? Judgement.correctSides : nil
        var job = TrainingJob<Module, Tensor<Float>, RegressionBatch>(
            name: name, model: makeModel(inputs, width), data: { (data, tests) },
            forward: { model, batch in BuiltInJob.output(model, batch.inputs) },
            loss: { output, batch in loss.losses(output, batch.targets, fromLogits: isLogistic) },
            correct: correct, testBatch: testBatch)
        job.classNames = training.classNames
        return try job.makeReplica(seed: seed, limit: limit)
    }

    /// The loss of a table, where the user names none.
    private func suggestedLoss(for table: SampleTable) -> LossFunction {
        var isNamed: Bool { if case .named = table.labels { true } else { false } }
        switch model {
        case .linear: return .mse
        case .logistic: return table.isBinary ? .bceWithLogits : .crossEntropy
        case .mlp(let widths):
            let outputs = widths[widths.count - 1]
            if outputs == 1 { return isNamed ? .bceWithLogits : .mse }
            return table.width != outputs && table.classes != nil ? .crossEntropy : .mse
        case .cnn, .lstm, .gpt: return table.classes != nil ? .crossEntropy : .mse
        }
    }

    // MARK: Texts

    private func textReplica(_ path: String, seed: UInt64, limit: Int?) throws -> any Replica {
        try textReplica(TextCorpus(contentsOf: path), seed: seed, limit: limit)
    }

    func textReplica(_ corpus: TextCorpus, seed: UInt64, limit: Int?) throws -> any Replica {
        try requireCrossEntropy("the next character is a class")
        let path = corpus.name
        let (model, vocabulary) = (model, corpus.vocabulary.count)
        guard let context = model.context else {
            throw TrainingError(
                .mismatch, "\(path) is a text, but model \(model) takes something else; expected gpt or lstm")
        }
        try model.checkRoom(bytes: MachineMemory.bytes, outputs: vocabulary)
        let training = TextDataset(corpus, .train, context: context)
        let test = TextDataset(corpus, .test, context: context)
        guard !trains || training.count > 0 else {
            throw TrainingError(
                .mismatch,
                """
                \(path) has \(corpus.count) characters, nine tenths of which are to learn from, but model \(model) takes \
                stretches of \(context) and the character behind; expected a longer text, or a smaller context
                """)
        }
        var job = TrainingJob<Module, Tensor<Float>, TokenBatch>(
            name: name, model: { try model.makeTokenModel(vocabulary: vocabulary, place: path) as Module },
            data: { (training, test) },
            forward: { model, batch in BuiltInJob.scores(model, batch.inputs) }, loss: Judgement.tokenLoss,
            correct: nil,
            testBatch: testBatch)
        job.classNames = corpus.vocabulary.characters.map { String($0) }
        return try job.makeReplica(seed: seed, limit: limit)
    }

    // MARK: Both

    func requireCrossEntropy(_ reason: String) throws {
        guard let loss, loss != .crossEntropy else { return }
        throw TrainingError(
            .mismatch,
            "--loss is \(loss.rawValue), but \(reason) in data set \(data); expected --loss cross-entropy, which is the default"
        )
    }

    private func makeModel(_ inputs: [Int], _ outputs: Int) -> @Sendable () throws -> Module {
        { [model, data] in try model.makeModel(inputs: inputs, outputs: outputs, place: "data set \(data)") as Module }
    }

    /// How many samples are tested at once: as many as a block has, but for models whose layers are far larger than their input.
    private var testBatch: Int {
        switch model {
        case .cnn: return 100
        case .gpt, .lstm:
            guard case .text = data, let context = model.context else { return Trainer.evaluationBlock }
            return max(1, min(Trainer.evaluationBlock, 16384 / context))
        case .mlp, .linear, .logistic: return Trainer.evaluationBlock
        }
    }

    private static func output(_ model: Module, _ inputs: Tensor<Float>) -> Tensor<Float> {
        // What `makeModel` made is a layer.
        guard let layer = model as? any Layer else { fatalError("\(type(of: model)) is no layer") }
        return layer(inputs)
    }

    private static func scores(_ model: Module, _ tokens: Tensor<Int64>) -> Tensor<Float> {
        // What `makeTokenModel` made is one.
        guard let model = model as? any TokenModel else { fatalError("\(type(of: model)) reads no tokens") }
        return model(tokens)
    }
}

/// How outputs are compared with what they should be.
enum Judgement {
    /// The cross-entropy of each sample, [n], of scores [n, classes].
    static func loss(_ scores: Tensor<Float>, _ batch: LabeledBatch) -> Tensor<Float> {
        crossEntropy(scores, targets: batch.targets, reduction: .none)
    }

    /// How many samples' highest score is that of their class.
    static func correct(_ scores: Tensor<Float>, _ batch: LabeledBatch) -> Int {
        zip(scores.argmax(axis: 1).scalars, batch.targets.scalars).count { $0 == $1 }
    }

    /// How many samples' logits [n, k] are all on the side of 0 where the targets are.
    static func correctSides(_ logits: Tensor<Float>, _ batch: RegressionBatch) -> Int {
        let width = logits.shape[1]
        let isRight = zip(logits.scalars, batch.targets.scalars).map { ($0 > 0) == ($1 > 0.5) }
        return (0..<logits.shape[0]).count { isRight[$0 * width..<($0 + 1) * width].allSatisfy { $0 } }
    }

    /// The mean over its characters of each stretch's cross-entropy, [n], of scores [n, t, vocabulary].
    ///
    /// All stretches are equally long, so the mean over stretches is the one over characters.
    static func tokenLoss(_ scores: Tensor<Float>, _ batch: TokenBatch) -> Tensor<Float> {
        let (count, length) = (batch.targets.shape[0], batch.targets.shape[1])
        return crossEntropy(
            scores.flattened(from: 0, through: 1), targets: batch.targets.reshaped(to: [count * length]),
            reduction: .none
        ).reshaped(to: [count, length]).mean(axis: 1)
    }
}
