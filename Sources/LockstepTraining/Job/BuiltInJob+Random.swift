internal import LockstepData
internal import LockstepTensor

extension BuiltInJob {
    /// Samples that fit the model, always the same, to measure how long a step takes; none to test with.
    ///
    /// Models of images get 28×28 numbers and ten classes, those without widths of their own 784 numbers, and `gpt` a text of 65
    /// different characters.
    func openRandom(_ place: String) throws -> any TrainableJob {
        let count = BuiltInJob.randomSamples
        manualSeed(0)
        if case .gpt(let settings) = model {
            let symbols = Array("0123456789 .ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\n".utf8)
            // A tenth of a text is kept apart.
            let draws = Tensor<Float>.rand([(count + settings.context) * 10 / 9 + 1]).scalars
            let text = symbols + draws.map { symbols[min(Int($0 * Float(symbols.count)), symbols.count - 1)] }
            return try openText(TextCorpus(parsing: text, name: "random text"))
        }
        try requireCrossEntropy("the labels of random data are classes", place)
        let inputs: [Int] =
            switch model {
            case .mlp(let widths): [widths[0]]
            case .linear, .logistic: [784]
            case .cnn, .lstm, .gpt: [28, 28]
            }
        let classes = model.outputs ?? 10
        let samples = Tensor<Float>.randn([count] + inputs)
        let targets = Tensor<Float>.rand([count]).scalars.map { min(Int64($0 * Float(classes)), Int64(classes) - 1) }
        let data = try TensorDataset(inputs: samples, targets: Tensor(targets, shape: [count]))
        let facts = DataFacts(
            kind: .classes, inputs: inputs, outputs: classes, bound: classes, names: [],
            loss: LossFunction.crossEntropy.rawValue)
        return try classification(facts, (data, nil), place)
    }

    /// How many random samples there are: eight batches of the largest model that is measured.
    static let randomSamples = 4096
}
