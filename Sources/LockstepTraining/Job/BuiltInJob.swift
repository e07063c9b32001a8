public import LockstepData
internal import LockstepNN
internal import LockstepTensor

/// A job out of a model and a data set that come with the package, by their specifications: what `--model`, `--data` and `--loss` name.
public struct BuiltInJob: TrainableJob {
    let model: ModelSpecification
    let loss: LossFunction?
    public let name: String
    private let data: @Sendable () throws -> DataSpecification
    private var trains = true

    /// The job of these specifications; a loss that is not given is the one that model and data suggest.
    public init(model: ModelSpecification, data: DataSpecification, loss: LossFunction? = nil) {
        self.init(model: model, kind: data.description, loss: loss) { data }
    }

    /// The same with data that are looked for when they are opened: a worker that is sent its samples has none. `kind` is how their
    /// specification begins.
    public init(
        model: ModelSpecification, kind: String, loss: LossFunction? = nil,
        data: @escaping @Sendable () throws -> DataSpecification
    ) {
        self.model = model
        self.loss = loss
        self.data = data
        name = model.kind + "-" + kind.prefix { $0 != ":" }
    }

    public var forEvaluation: any TrainableJob {
        var job = self
        job.trains = false
        return job
    }

    /// Throws where the data cannot be read, model, data and loss do not fit each other, or the machine has no room for the model.
    public func makeReplica(seed: UInt64, limit: Int?) throws -> any Replica {
        try open().makeReplica(seed: seed, limit: limit)
    }

    /// Throws as ``makeReplica(seed:limit:)`` does, where it is the coordinator that opens the data.
    public func openSamples() throws -> SampleSource { try open().openSamples() }

    /// A replica that is sent its samples. Throws where the model does not fit them.
    public func makeReplica(seed: UInt64, limit: Int?, samples: DeliveredSamples) throws -> any Replica {
        guard let facts = samples.description.facts else {
            throw TrainingError(.mismatch, "the coordinator has data for a job of another program")
        }
        let place = "the coordinator's data set"
        let job: any TrainableJob =
            switch facts.kind {
            case .classes:
                try classification(facts, samples.split(of: LabeledBatch.self, job: name), place)
            case .numbers: try regression(facts, samples.split(of: RegressionBatch.self, job: name), place)
            case .text: try prediction(facts, samples.split(of: TokenBatch.self, job: name), place)
            }
        return try job.makeReplica(seed: seed, limit: limit)
    }

    /// The job with its data open.
    private func open() throws -> any TrainableJob {
        let data = try data()
        let place = "data set \(data)"
        switch data {
        case .fashionMNIST, .synthetic, .idx: return try openImages(data, place)
        case .random: return try openRandom(place)
        case .csv(let source): return try openTable(source.load(), place)
        case .npz(let source): return try openTable(source.load(), place)
        case .text(let path): return try openText(TextCorpus(contentsOf: path))
        }
    }

    // MARK: Opening data

    private func openImages(_ data: DataSpecification, _ place: String) throws -> any TrainableJob {
        try requireCrossEntropy("the labels of images are classes", place)
        let training = trains ? try images(.train, of: data, place) : nil
        let test = try images(.test, of: data, place)
        let classes = (training ?? test).classes
        let facts = DataFacts(
            kind: .classes, inputs: [test.rows, test.columns], outputs: classes, bound: classes, names: [],
            loss: LossFunction.crossEntropy.rawValue)
        return try classification(facts, (training ?? test, test), place)
    }

    /// A split of the images, which fit the model.
    private func images(_ split: DataSplit, of data: DataSpecification, _ place: String) throws -> ImageDataset {
        let images = try data.load(split, classes: model.outputs)
        let place = images.imageFile.map { "\($0), byte 8: the file" } ?? place
        let shape = [images.rows, images.columns]
        if case .gpt = model {
        } else {
            try model.checkRoom(bytes: MachineMemory.bytes, inputs: shape, outputs: images.classes)
        }
        try model.check(inputs: shape, outputs: images.classes, place: place)
        return images
    }

    private func openTable(_ split: SampleSplit, _ place: String) throws -> any TrainableJob {
        // Where nothing is kept apart to test with, all that there is can be tested when nothing is trained.
        let (training, test) = (split.training, split.test ?? (trains ? nil : split.training))
        let inputs = Array(training.inputs.shape.dropFirst())
        let loss = loss ?? suggestedLoss(for: training)
        if loss == .crossEntropy {
            let classes = max(training.classes ?? 0, model.outputs ?? 0)
            let data = try training.classDataset(classes: classes)
            let tests = try test?.classDataset(classes: classes)
            let facts = DataFacts(
                kind: .classes, inputs: inputs, outputs: training.classes ?? 0, bound: classes,
                names: training.classNames, loss: loss.rawValue)
            return try classification(facts, (data, tests), place)
        }
        let data = try training.numberDataset(probabilities: loss.takesProbabilities)
        let tests = try test?.numberDataset(probabilities: loss.takesProbabilities)
        let facts = DataFacts(
            kind: .numbers, inputs: inputs, outputs: training.width, bound: 1, names: training.classNames,
            loss: loss.rawValue)
        return try regression(facts, (data, tests), place)
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

    func openText(_ corpus: TextCorpus) throws -> any TrainableJob {
        let path = corpus.name
        try requireCrossEntropy("the next character is a class", "data set text:\(path)")
        let context = try context(place: path)
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
        let vocabulary = corpus.vocabulary.count
        let facts = DataFacts(
            kind: .text, inputs: [context], outputs: vocabulary, bound: vocabulary,
            names: corpus.vocabulary.characters.map { String($0) }, loss: LossFunction.crossEntropy.rawValue)
        return try prediction(facts, (training, test), path)
    }

    private func context(place: String) throws -> Int {
        if let context = model.context { return context }
        throw TrainingError(
            .mismatch, "\(place) is a text, but model \(model) takes something else; expected gpt or lstm")
    }

    func requireCrossEntropy(_ reason: String, _ place: String) throws {
        guard let loss, loss != .crossEntropy else { return }
        throw TrainingError(
            .mismatch,
            "--loss is \(loss.rawValue), but \(reason) in \(place); expected --loss cross-entropy, which is the default"
        )
    }

    // MARK: Jobs on open data

    typealias Split<Batch> = (training: any Dataset<Batch>, test: (any Dataset<Batch>)?)

    func classification(
        _ facts: DataFacts, _ data: Split<LabeledBatch>, _ place: String
    ) throws -> TrainingJob<Module, Tensor<Float>, LabeledBatch> {
        try model.checkRoom(bytes: MachineMemory.bytes, inputs: facts.inputs, outputs: facts.outputs)
        var job = TrainingJob<Module, Tensor<Float>, LabeledBatch>(
            name: name, model: makeModel(facts, place), data: { data },
            forward: { model, batch in BuiltInJob.output(model, batch.inputs) }, loss: Judgement.loss,
            correct: Judgement.correct, testBatch: testBatch(facts))
        job.facts = facts
        return job
    }

    private func regression(
        _ facts: DataFacts, _ data: Split<RegressionBatch>, _ place: String
    ) throws -> TrainingJob<Module, Tensor<Float>, RegressionBatch> {
        let (width, loss) = (facts.outputs, try LossFunction(parsing: facts.loss))
        guard loss != .crossEntropy else {
            throw TrainingError(.mismatch, "\(place) has numbers, which the loss \(facts.loss) cannot judge")
        }
        try model.checkRoom(bytes: MachineMemory.bytes, inputs: facts.inputs, outputs: width)
        if let outputs = model.outputs, outputs != width {
            throw TrainingError(
                .mismatch,
                """
                \(place) has \(width) label\(width == 1 ? "" : "s") a sample, but model \(model) gives \(outputs) \
                numbers; expected a model of \(width) output\(width == 1 ? "" : "s"), or for classes --loss cross-entropy
                """)
        }
        let isLogistic = model == .logistic
        let correct: (@Sendable (Tensor<Float>, RegressionBatch) -> Int)? =
            loss.takesProbabilities ? Judgement.correctSides : nil
        var job = TrainingJob<Module, Tensor<Float>, RegressionBatch>(
            name: name, model: makeModel(facts, place), data: { data },
            forward: { model, batch in BuiltInJob.output(model, batch.inputs) },
            loss: { output, batch in loss.losses(output, batch.targets, fromLogits: isLogistic) },
            correct: correct, testBatch: testBatch(facts))
        job.facts = facts
        return job
    }

    private func prediction(
        _ facts: DataFacts, _ data: Split<TokenBatch>, _ place: String
    ) throws -> TrainingJob<Module, Tensor<Float>, TokenBatch> {
        let (model, vocabulary) = (model, facts.outputs)
        guard try context(place: place) == facts.inputs.first else {
            throw TrainingError(.mismatch, "\(place) has stretches of \(facts.inputs) characters for model \(model)")
        }
        try model.checkRoom(bytes: MachineMemory.bytes, outputs: vocabulary)
        var job = TrainingJob<Module, Tensor<Float>, TokenBatch>(
            name: name, model: { try model.makeTokenModel(vocabulary: vocabulary, place: place) as Module },
            data: { data },
            forward: { model, batch in BuiltInJob.scores(model, batch.inputs) }, loss: Judgement.tokenLoss,
            correct: nil,
            testBatch: testBatch(facts))
        job.facts = facts
        return job
    }

    private func makeModel(_ facts: DataFacts, _ place: String) -> @Sendable () throws -> Module {
        { [model] in try model.makeModel(inputs: facts.inputs, outputs: facts.outputs, place: place) as Module }
    }

    /// How many samples are tested at once: as many as a block has, but for models whose layers are far larger than their input.
    private func testBatch(_ facts: DataFacts) -> Int {
        switch model {
        case .cnn: return 100
        case .gpt, .lstm:
            guard facts.kind == .text, let context = model.context else { return Trainer.evaluationBlock }
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
