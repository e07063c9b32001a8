internal import LockstepNN
internal import LockstepTensor

extension ModelSpecification {
    /// The model for samples of shape `inputs` with so many outputs; `place` names the data in errors.
    ///
    /// Throws where the model takes something else.
    func makeModel(inputs: [Int], outputs: Int, place: String) throws -> any Layer {
        try check(inputs: inputs, outputs: outputs, place: place)
        switch self {
        case .mlp(let widths):
            // As PyTorch's Sequential(Flatten(), Linear(…), ReLU(), Linear(…)), with the same names of parameters.
            let pairs = zip(widths, widths.dropFirst())
            let layers = pairs.flatMap { inputs, outputs -> [any Layer] in [ReLU(), Linear(inputs, outputs)] }
            return Sequential([Flatten()] + layers.dropFirst())
        case .linear, .logistic: return LinearModel(inputs.reduce(1, *), outputs)
        case .cnn(let dropouts, let normalizes):
            return ConvolutionalModel(
                channels: inputs.count == 3 ? inputs[0] : 1, rows: inputs[inputs.count - 2],
                columns: inputs[inputs.count - 1], outputs: outputs, dropouts: dropouts, normalizes: normalizes)
        case .lstm(let settings): return SequenceClassifier(inputs: inputs[1], outputs: outputs, settings)
        case .gpt: throw mismatch(place, "holds no text", "a text (--data text:FILE), or another model")
        }
    }

    /// The model for a text of so many different characters. Throws where the model reads none; `place` names the data.
    func makeTokenModel(vocabulary: Int, place: String) throws -> any TokenModel {
        switch self {
        case .lstm(let settings): return CharacterLSTM(vocabulary: vocabulary, settings)
        case .gpt(let settings): return GPT(vocabulary: vocabulary, settings)
        case .mlp, .linear, .logistic, .cnn: throw mismatch(place, "is a text", "gpt or lstm")
        }
    }

    /// Throws where samples of shape `inputs` are not what the model takes, or so many outputs not what it gives.
    func check(inputs: [Int], outputs: Int, place: String) throws {
        let size = inputs.map(String.init).joined(separator: "×")
        switch self {
        case .mlp(let widths):
            let count = inputs.reduce(1, *)
            guard count == widths[0] else {
                throw mismatch(
                    place,
                    inputs.count == 2 ? "has images of \(size) = \(count) pixels" : "has \(count) features a sample",
                    "a model of \(count) inputs", "takes \(widths[0]) inputs")
            }
            guard outputs <= widths[widths.count - 1] else {
                throw mismatch(
                    place, "has \(outputs) classes", "a model of \(outputs) outputs",
                    "gives \(widths[widths.count - 1]) scores")
            }
        case .cnn:
            let least = ConvolutionalModel.leastSide
            guard (2...3).contains(inputs.count), inputs.suffix(2).allSatisfy({ $0 >= least }) else {
                throw mismatch(
                    place, "has samples of shape [\(inputs.map(String.init).joined(separator: ", "))]",
                    "images, or another model", "takes images [h, w] or [c, h, w] of at least \(least)×\(least) pixels")
            }
        case .lstm:
            guard inputs.count == 2 else {
                throw mismatch(
                    place, "has samples of shape [\(inputs.map(String.init).joined(separator: ", "))]",
                    "sequences, or another model",
                    "takes sequences [steps, features], such as images by their rows, and texts")
            }
        case .linear, .logistic, .gpt: break
        }
    }

    /// Outputs a sample, where the model says and not the data.
    var outputs: Int? { if case .mlp(let widths) = self { widths[widths.count - 1] } else { nil } }

    private func mismatch(_ place: String, _ found: String, _ remedy: String, _ takes: String? = nil) -> TrainingError {
        TrainingError(
            .mismatch,
            "\(place) \(found), but model \(self) \(takes ?? "takes something else"); expected \(remedy)")
    }
}
