public import LockstepData
public import LockstepFormats
internal import LockstepNN
internal import LockstepTensor

/// Writes on in the manner of the text that a character model was trained on.
public struct TextGenerator {
    private let vocabulary: Vocabulary
    private let model: any TokenModel
    private let context: Int

    /// A generator with the weights in `file`, which `place` names in errors.
    ///
    /// The vocabulary is that of `data`, the text that the weights were trained on; weights of a run know it themselves.
    ///
    /// Throws where the model reads no text, the weights are not its, or the text has other characters than the one that they
    /// were trained on.
    public init(
        model specification: ModelSpecification, data: DataSpecification?, weights file: Safetensors, from place: String
    ) throws {
        guard let context = specification.context else {
            throw TrainingError(.mismatch, "model \(specification) writes no text; expected gpt or lstm")
        }
        self.context = context
        let known = Checkpoint.classNames(in: file).map { Vocabulary($0.joined().unicodeScalars) }
        switch (data, known) {
        case (.text(let path)?, let known):
            vocabulary = try TextCorpus(contentsOf: path).vocabulary
            guard known == nil || vocabulary == known else {
                throw TrainingError(
                    .mismatch,
                    "\(path) has other characters than the text that \(place) was trained on; expected that text, or no --data: "
                        + "the weights know their characters")
            }
        case (nil, let known?): vocabulary = known
        case (let data, _):
            throw TrainingError(
                .mismatch,
                "\(place) \(data.map { "cannot write text out of data set \($0)" } ?? "does not say which characters it knows"); "
                    + "expected the text that it was trained on: --data text:FILE")
        }
        model = try specification.makeTokenModel(vocabulary: vocabulary.count, place: place)
        do {
            try (model as Module).load(
                file.tensors.compactMap { name, tensor in
                    if Checkpoint.isState(name) { return nil }
                    guard case .float32(let tensor) = tensor else { return (name, Tensor<Float>.zeros([0])) }
                    return (name, tensor)
                })
        } catch {
            throw TrainingError(
                .mismatch,
                "\(place): \(error); expected float32 weights of model \(specification) with \(vocabulary.count) characters"
            )
        }
        (model as Module).eval()
    }

    /// What generation starts from where no prompt is given: a line end, as in nanoGPT, if the text has one.
    public var defaultPrompt: String { String(vocabulary.characters.first { $0 == "\n" } ?? vocabulary.characters[0]) }

    /// Writes `length` characters behind `prompt` and hands out each as it is drawn.
    ///
    /// Each is drawn from softmax(z / `temperature`) of the scores z that the model gives for the last characters, as many as it sees;
    /// a temperature of 0 takes the likeliest. With `top` only so many of the likeliest are drawn from. The same seed gives the
    /// same text.
    ///
    /// Throws where the prompt is empty or has a character that the model does not know.
    public func generate(
        prompt: String, length: Int, temperature: Double = 1, top: Int? = nil, seed: UInt64 = 0,
        emit: (String) throws -> Void
    ) throws {
        var tokens = try vocabulary.encode(prompt)
        guard !tokens.isEmpty else {
            throw TrainingError(.invalidSetting, "--prompt is empty; expected at least one character")
        }
        manualSeed(seed)
        for _ in 0..<length {
            let next = noGrad {
                let seen = Array(tokens.suffix(context))
                let scores = model(Tensor(seen, shape: [1, seen.count]))
                let last = scores.narrowed(axis: 1, start: seen.count - 1, count: 1).flattened()
                return TextGenerator.draw(last, temperature: temperature, top: top)
            }
            tokens.append(next)
            try emit(vocabulary.decode([next]))
        }
    }

    private static func draw(_ scores: Tensor<Float>, temperature: Double, top: Int?) -> Int64 {
        guard temperature > 0 else { return scores.argmax().item() }
        var scaled = (scores / Float(temperature)).scalars
        if let top, top < scaled.count {
            let least = scaled.sorted(by: >)[top - 1]
            for place in scaled.indices where scaled[place] < least { scaled[place] = -.infinity }
        }
        return Tensor(scaled).softmax(axis: 0).multinomial(1).item()
    }
}
