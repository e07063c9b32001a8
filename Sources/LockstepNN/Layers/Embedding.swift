public import LockstepTensor

/// A table of vectors, one for each of `count` indices: indices of any shape s become [s…, width]; see `embedding`.
///
/// `weight` is [count, width], first drawn from the normal distribution with mean 0 and standard deviation 1 from the thread's
/// default generator. After `manualSeed` it is PyTorch's to some 1e-6, for tables below 16 elements bit for bit.
///
/// Source: `torch.nn.Embedding`.
public final class Embedding: Module {
    /// The table, [count, width].
    public let weight: Parameter
    private let paddingIndex: Int?
    private let scaledByFrequency: Bool

    /// A table of `count` vectors of `width`; that of `paddingIndex` (negative: from the end) starts as zeros and gets no gradient.
    public init(_ count: Int, _ width: Int, paddingIndex: Int? = nil, scaledByFrequency: Bool = false) {
        var table = Tensor<Float>.randn([count, width])
        if let paddingIndex {
            guard paddingIndex >= -count, paddingIndex < count else {
                fatalError("Padding_idx must be within num_embeddings")
            }
            table[paddingIndex] = .zeros([width])
        }
        weight = Parameter(table)
        (self.paddingIndex, self.scaledByFrequency) = (paddingIndex, scaledByFrequency)
    }

    /// The indices' vectors. Stops where an index is out of range.
    public func callAsFunction(_ indices: Tensor<Int64>) -> Tensor<Float> {
        embedding(indices, weight.value, paddingIndex: paddingIndex, scaledByFrequency: scaledByFrequency)
    }
}
