internal import LockstepFormats
internal import LockstepTensor

/// A part of a text, cut into stretches of so many characters, with the character that follows each as its target.
///
/// Sample i is the characters [i·t, i·t + t) with the targets [i·t + 1, i·t + t + 1): each character is a target once an epoch, but for
/// the first and for fewer than t at the end.
public struct TextDataset: Dataset {
    private let tokens: ArraySlice<UInt32>
    private let context: Int
    /// SHA-256 over the vocabulary, the characters and the length of a stretch.
    public let fingerprint: String

    /// How much of a text, from its beginning, is to learn from; the rest is to test with. As nanoGPT's `prepare.py` has it.
    public static let trainingShare = 0.9

    /// A split of `corpus` in stretches of `context` characters.
    ///
    /// Stops when `context` is below 1. A split that is shorter than `context` + 1 characters has no samples.
    public init(_ corpus: TextCorpus, _ split: DataSplit, context: Int) {
        if context < 1 { fatalError("TextDataset expects a context of at least 1, found \(context)") }
        let end = Int(Double(corpus.count) * TextDataset.trainingShare)
        tokens = split == .train ? corpus.tokens[..<end] : corpus.tokens[end...]
        self.context = context
        var hash = SHA256()
        hash.update("text \(context) \(tokens.count) ")
        for character in corpus.vocabulary.characters { hash.update("\(character.value) ") }
        tokens.withUnsafeBytes { hash.update($0) }
        fingerprint = hash.hexDigest()
    }

    public var count: Int { max(0, tokens.count - 1) / context }

    public func batch(at indices: some Collection<Int>) throws -> TokenBatch {
        try Rows.check(indices, count: count)
        func stretches(from shift: Int) -> Tensor<Int64> {
            Tensor<Int64>(shape: [indices.count, context]) { target in
                for (row, index) in indices.enumerated() {
                    let start = tokens.startIndex + index * context + shift
                    for place in 0..<context { target[row * context + place] = Int64(tokens[start + place]) }
                }
            }
        }
        return TokenBatch(inputs: stretches(from: 0), targets: stretches(from: 1))
    }
}
