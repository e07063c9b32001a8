/// What becomes of the losses of single samples.
public enum Reduction: Sendable {
    /// They are returned as they are.
    case none
    /// Their mean.
    case mean
    /// Their sum.
    case sum
    /// Their sum over the size of the first axis: the Kullback–Leibler divergence of a sample, where its elements are an axis.
    case batchMean
}

/// The losses as `reduction` says.
func reduced<Scalar: FloatingScalar>(_ losses: Tensor<Scalar>, _ reduction: Reduction) -> Tensor<Scalar> {
    switch reduction {
    case .none: losses
    case .mean: losses.mean()
    case .sum: losses.sum()
    case .batchMean: losses.sum() / Scalar(losses.shape.first ?? 1)
    }
}
