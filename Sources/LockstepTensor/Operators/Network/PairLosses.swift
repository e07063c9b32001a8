/// The loss of pairs of vectors that are to be alike (target 1: 1 − cos) or not (target −1: max(cos − margin, 0)).
///
/// `first` and `second` are [n, d] or [d], `target` [n] or a scalar. `margin` is 0 unless given. Returns a scalar, or [n] for `.none`; the
/// mean by default. Stops where the shapes do not fit.
///
/// Source: `torch.nn.functional.cosine_embedding_loss`.
public func cosineEmbeddingLoss<Scalar: FloatingScalar>(
    _ first: Tensor<Scalar>, _ second: Tensor<Scalar>, target: Tensor<Scalar>, margin: Scalar = 0,
    reduction: Reduction = .mean
) -> Tensor<Scalar> {
    guard first.rank == target.rank + 1, second.rank == target.rank + 1 else {
        fatalError(
            "\(target.rank)D target tensor expects \(target.rank + 1)D input tensors, but found inputs with sizes \(first.shape) and "
                + "\(second.shape).")
    }
    // As PyTorch works it out: the small number is in the squares.
    let products = (first * second).sum(axis: -1)
    let squares = ((first.square().sum(axis: -1) + 1e-12) * (second.square().sum(axis: -1) + 1e-12)).sqrt()
    let cosines = products / squares
    let losses = Tensor.zerosLike(cosines).replacing(with: 1 - cosines, where: target .== 1)
        .replacing(with: (cosines - margin).clamp(min: 0), where: target .== -1)
    return reduced(losses, reduction)
}

/// The loss of pairs of which the first is to be larger (target 1) or smaller (target −1) by a margin: max(−y (a − b) + margin, 0).
///
/// Shapes are broadcast. `margin` is 0 unless given. Returns a scalar, or the common shape for `.none`; the mean by default.
///
/// Source: `torch.nn.functional.margin_ranking_loss`.
public func marginRankingLoss<Scalar: FloatingScalar>(
    _ first: Tensor<Scalar>, _ second: Tensor<Scalar>, target: Tensor<Scalar>, margin: Scalar = 0,
    reduction: Reduction = .mean
) -> Tensor<Scalar> {
    reduced((-target * (first - second) + margin).clamp(min: 0), reduction)
}

/// The loss of triples of which the anchor is to be nearer to the positive than to the negative, by a margin:
/// max(‖a − p‖ − ‖a − n‖ + margin, 0).
///
/// All are [n, d] or [d]. `margin` is 1, the norm's p 2 and `eps`, which keeps gradients finite, 1e-6 unless given; with `swaps` the
/// negative's distance from the positive counts where that is less. Returns a scalar, or [n] for `.none`; the mean by default.
///
/// Source: `torch.nn.functional.triplet_margin_loss`.
public func tripletMarginLoss<Scalar: FloatingScalar>(
    anchor: Tensor<Scalar>, positive: Tensor<Scalar>, negative: Tensor<Scalar>, margin: Scalar = 1, p: Double = 2,
    eps: Scalar = 1e-6, swaps: Bool = false, reduction: Reduction = .mean
) -> Tensor<Scalar> {
    let near = pairwiseDistance(anchor, positive, p: p, eps: eps)
    var far = pairwiseDistance(anchor, negative, p: p, eps: eps)
    if swaps { far = minimum(far, pairwiseDistance(positive, negative, p: p, eps: eps)) }
    return reduced((near - far + margin).clamp(min: 0), reduction)
}

/// The loss of distances that are to be small (target 1: x) or at least the margin (target −1: max(margin − x, 0)).
///
/// `margin` is 1 unless given. Returns a scalar, or the input's shape for `.none`; the mean by default.
///
/// Source: `torch.nn.functional.hinge_embedding_loss`.
public func hingeEmbeddingLoss<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, target: Tensor<Scalar>, margin: Scalar = 1, reduction: Reduction = .mean
) -> Tensor<Scalar> {
    let losses =
        input.replacing(with: 0, where: target .!= 1)
        + (margin - input).clamp(min: 0).replacing(with: 0, where: target .== 1)
    return reduced(losses, reduction)
}

/// The logistic loss of scores for targets 1 and −1: ln(1 + exp(−yx)).
///
/// Returns a scalar, or the input's shape for `.none`; the mean by default. Source: `torch.nn.functional.soft_margin_loss`.
public func softMarginLoss<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, target: Tensor<Scalar>, reduction: Reduction = .mean
) -> Tensor<Scalar> {
    reduced((-target * input).exp().log1p(), reduction)
}

/// The negative log-likelihood of counts under Poisson distributions whose rates, or with `logInput` (the default) their logarithms, are
/// the input: eˣ − yx, or x − y ln(x + eps), less what does not depend on the input.
///
/// `eps` is 1e-8 unless given. With `full` Stirling's approximation of ln y! is added where y is above 1. Returns a scalar, or the common
/// shape for `.none`; the mean by default.
///
/// Source: `torch.nn.functional.poisson_nll_loss`.
public func poissonNLLLoss<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ target: Tensor<Scalar>, logInput: Bool = true, full: Bool = false, eps: Scalar = 1e-8,
    reduction: Reduction = .mean
) -> Tensor<Scalar> {
    var losses = logInput ? input.exp() - target * input : input - target * (input + eps).log()
    if full {
        let stirling = target * target.log() - target + (target * (2 * Scalar.pi)).log() * 0.5
        losses = losses + stirling.replacing(with: 0, where: target .<= 1)
    }
    return reduced(losses, reduction)
}

/// The negative log-likelihood of targets under normal distributions of given means and variances:
/// (ln max(v, eps) + (x − y)² / max(v, eps)) / 2, with ln(2π) / 2 more with `full`.
///
/// `variance` broadcasts to the input. `eps` is 1e-6 unless given; it is no part of the graph. Returns a scalar, or the common shape for
/// `.none`; the mean by default. Stops for a negative variance.
///
/// Source: `torch.nn.functional.gaussian_nll_loss`.
public func gaussianNLLLoss<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ target: Tensor<Scalar>, variance: Tensor<Scalar>, full: Bool = false, eps: Scalar = 1e-6,
    reduction: Reduction = .mean
) -> Tensor<Scalar> {
    if noGrad({ (variance .< 0).countTrue }) > 0 { fatalError("var has negative entry/entries") }
    // The bound holds for the value alone: the gradient is that of the variance itself.
    let bound = noGrad { variance.detached().clamp(min: eps) - variance.detached() }
    let bounded = variance + bound
    var losses = (bounded.log() + (input - target).square() / bounded) * 0.5
    if full { losses = losses + 0.918938533204672741780 }
    return reduced(losses, reduction)
}
