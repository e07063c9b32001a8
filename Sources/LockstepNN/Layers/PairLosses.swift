public import LockstepTensor

/// The loss of pairs that are to be alike or not; see `cosineEmbeddingLoss`. Source: `torch.nn.CosineEmbeddingLoss`.
public final class CosineEmbeddingLoss: Module {
    /// How the losses become one; the mean by default.
    public let reduction: Reduction
    private let margin: Float

    /// A loss with the given margin and reduction; the defaults are PyTorch's.
    public init(margin: Float = 0, reduction: Reduction = .mean) { (self.margin, self.reduction) = (margin, reduction) }

    /// The loss; stops when the shapes do not fit.
    public func callAsFunction(
        _ first: Tensor<Float>, _ second: Tensor<Float>, target: Tensor<Float>
    ) -> Tensor<Float> {
        cosineEmbeddingLoss(first, second, target: target, margin: margin, reduction: reduction)
    }
}

/// The loss of pairs of which one is to be larger; see `marginRankingLoss`. Source: `torch.nn.MarginRankingLoss`.
public final class MarginRankingLoss: Module {
    /// How the losses become one; the mean by default.
    public let reduction: Reduction
    private let margin: Float

    /// A loss with the given margin and reduction; the defaults are PyTorch's.
    public init(margin: Float = 0, reduction: Reduction = .mean) { (self.margin, self.reduction) = (margin, reduction) }

    /// The loss; stops when the shapes do not fit.
    public func callAsFunction(
        _ first: Tensor<Float>, _ second: Tensor<Float>, target: Tensor<Float>
    ) -> Tensor<Float> {
        marginRankingLoss(first, second, target: target, margin: margin, reduction: reduction)
    }
}

/// The loss of distances that are to be small or not; see `hingeEmbeddingLoss`. Source: `torch.nn.HingeEmbeddingLoss`.
public final class HingeEmbeddingLoss: Module {
    /// How the losses become one; the mean by default.
    public let reduction: Reduction
    private let margin: Float

    /// A loss with the given margin and reduction; the defaults are PyTorch's.
    public init(margin: Float = 1, reduction: Reduction = .mean) { (self.margin, self.reduction) = (margin, reduction) }

    /// The loss; stops when the shapes do not fit.
    public func callAsFunction(
        _ input: Tensor<Float>, target: Tensor<Float>
    ) -> Tensor<Float> {
        hingeEmbeddingLoss(input, target: target, margin: margin, reduction: reduction)
    }
}

/// The loss of triples of which the anchor is to be nearer to the positive; see `tripletMarginLoss`.
///
/// Source: `torch.nn.TripletMarginLoss`.
public final class TripletMarginLoss: Module {
    /// How the losses become one; the mean by default.
    public let reduction: Reduction
    private let margin: Float
    private let p: Double
    private let eps: Float
    private let swaps: Bool

    /// A loss with the given margin, norm and reduction; the defaults are PyTorch's.
    public init(
        margin: Float = 1, p: Double = 2, eps: Float = 1e-6, swaps: Bool = false, reduction: Reduction = .mean
    ) {
        (self.margin, self.p, self.eps) = (margin, p, eps)
        (self.swaps, self.reduction) = (swaps, reduction)
    }

    /// The loss; stops when the shapes do not fit.
    public func callAsFunction(
        anchor: Tensor<Float>, positive: Tensor<Float>, negative: Tensor<Float>
    ) -> Tensor<Float> {
        tripletMarginLoss(
            anchor: anchor, positive: positive, negative: negative, margin: margin, p: p, eps: eps, swaps: swaps,
            reduction: reduction)
    }
}

/// The logistic loss of scores for targets 1 and −1; see `softMarginLoss`. Source: `torch.nn.SoftMarginLoss`.
public final class SoftMarginLoss: Module {
    /// How the losses become one; the mean by default.
    public let reduction: Reduction

    /// A loss with the given reduction.
    public init(reduction: Reduction = .mean) { self.reduction = reduction }

    /// The loss; stops when the shapes do not broadcast.
    public func callAsFunction(_ input: Tensor<Float>, target: Tensor<Float>) -> Tensor<Float> {
        softMarginLoss(input, target: target, reduction: reduction)
    }
}

/// The negative log-likelihood of counts under Poisson distributions; see `poissonNLLLoss`. Source: `torch.nn.PoissonNLLLoss`.
public final class PoissonNLLLoss: Module {
    /// How the losses become one; the mean by default.
    public let reduction: Reduction
    private let logInput: Bool
    private let full: Bool
    private let eps: Float

    /// A loss of logarithms of rates, or of rates; the defaults are PyTorch's.
    public init(logInput: Bool = true, full: Bool = false, eps: Float = 1e-8, reduction: Reduction = .mean) {
        (self.logInput, self.full, self.eps, self.reduction) = (logInput, full, eps, reduction)
    }

    /// The loss; stops when the shapes do not broadcast.
    public func callAsFunction(_ input: Tensor<Float>, _ target: Tensor<Float>) -> Tensor<Float> {
        poissonNLLLoss(input, target, logInput: logInput, full: full, eps: eps, reduction: reduction)
    }
}

/// The negative log-likelihood of targets under normal distributions; see `gaussianNLLLoss`. Source: `torch.nn.GaussianNLLLoss`.
public final class GaussianNLLLoss: Module {
    /// How the losses become one; the mean by default.
    public let reduction: Reduction
    private let full: Bool
    private let eps: Float

    /// A loss with or without its constant; the defaults are PyTorch's.
    public init(full: Bool = false, eps: Float = 1e-6, reduction: Reduction = .mean) {
        (self.full, self.eps, self.reduction) = (full, eps, reduction)
    }

    /// The loss; stops when the shapes do not broadcast.
    public func callAsFunction(
        _ input: Tensor<Float>, _ target: Tensor<Float>, variance: Tensor<Float>
    ) -> Tensor<Float> {
        gaussianNLLLoss(input, target, variance: variance, full: full, eps: eps, reduction: reduction)
    }
}

/// The cosine of the angle between vectors along an axis; see `cosineSimilarity`. Source: `torch.nn.CosineSimilarity`.
public final class CosineSimilarity: Module {
    private let axis: Int
    private let eps: Float

    /// Along the given axis, 1 unless given as in PyTorch.
    public init(axis: Int = 1, eps: Float = 1e-8) { (self.axis, self.eps) = (axis, eps) }

    /// The cosines; stops when the shapes do not broadcast.
    public func callAsFunction(_ a: Tensor<Float>, _ b: Tensor<Float>) -> Tensor<Float> {
        cosineSimilarity(a, b, axis: axis, eps: eps)
    }
}

/// The p-norm of the difference along the last axis; see `pairwiseDistance`. Source: `torch.nn.PairwiseDistance`.
public final class PairwiseDistance: Module {
    private let p: Double
    private let eps: Float
    private let keepAxis: Bool

    /// With the given norm, 2 unless given.
    public init(p: Double = 2, eps: Float = 1e-6, keepAxis: Bool = false) {
        (self.p, self.eps, self.keepAxis) = (p, eps, keepAxis)
    }

    /// The distances; stops when the shapes do not broadcast.
    public func callAsFunction(_ x: Tensor<Float>, _ y: Tensor<Float>) -> Tensor<Float> {
        pairwiseDistance(x, y, p: p, eps: eps, keepAxis: keepAxis)
    }
}
