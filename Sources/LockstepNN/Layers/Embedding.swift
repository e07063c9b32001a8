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
    /// The largest norm that a vector may have when it is looked up; nil for any.
    public let maxNorm: Double?
    private let normType: Double

    /// A table of `count` vectors of `width`; that of `paddingIndex` (negative: from the end) starts as zeros and gets no gradient.
    ///
    /// With `maxNorm` a vector whose p-norm is larger is shortened to it, in the table itself, whenever it is looked up; p is `normType`, 2 as
    /// in PyTorch. A training run refuses such a table: each worker would shorten other vectors.
    public init(
        _ count: Int, _ width: Int, paddingIndex: Int? = nil, maxNorm: Double? = nil, normType: Double = 2,
        scaledByFrequency: Bool = false
    ) {
        var table = Tensor<Float>.randn([count, width])
        if let paddingIndex {
            guard paddingIndex >= -count, paddingIndex < count else {
                fatalError("Padding_idx must be within num_embeddings")
            }
            table[paddingIndex] = .zeros([width])
        }
        weight = Parameter(table)
        (self.paddingIndex, self.scaledByFrequency) = (paddingIndex, scaledByFrequency)
        (self.maxNorm, self.normType) = (maxNorm, normType)
    }

    /// The indices' vectors. Stops where an index is out of range.
    public func callAsFunction(_ indices: Tensor<Int64>) -> Tensor<Float> {
        shorten(indices)
        return embedding(indices, weight.value, paddingIndex: paddingIndex, scaledByFrequency: scaledByFrequency)
    }

    /// Shortens those of the vectors that are too long.
    private func shorten(_ indices: Tensor<Int64>) {
        guard let maxNorm, indices.count > 0 else { return }
        noGrad {
            let table = weight.value
            let places = indices.unique().values
            let rows = table[places]
            let norms = rows.norm(normType, axis: 1, keepAxis: true)
            // As PyTorch, which keeps the divisor from 0.
            let shortened = rows * (Float(maxNorm) / (norms + 1e-7))
            let isLong = norms .> Float(maxNorm)
            if isLong.countTrue == 0 { return }
            let kept = rows.replacing(with: shortened, where: isLong)
            weight.value = table.indexCopying(kept, axis: 0, indices: places)
        }
    }
}
