/// The squared differences of two tensors: lossᵢ = (xᵢ − yᵢ)².
///
/// Shapes are broadcast. Returns a scalar, or the common shape for `.none`. Gradients: 2(x − y)g and −2(x − y)g, over the
/// number of elements for `.mean`, which is the default as in PyTorch.
///
/// Stops where the shapes do not fit.
///
/// Source: `torch.nn.functional.mse_loss`.
public func mseLoss<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ target: Tensor<Scalar>, reduction: Reduction = .mean
) -> Tensor<Scalar> {
    reduced((input - target).square(), reduction).named(.mseLoss)
}

/// The distances of two tensors: lossᵢ = |xᵢ − yᵢ|.
///
/// Shapes are broadcast. Returns a scalar, or the common shape for `.none`; the mean by default. Gradients: sign(x − y)g and
/// −sign(x − y)g, which are 0 where x = y. Stops where the shapes do not fit.
///
/// Source: `torch.nn.functional.l1_loss`.
public func l1Loss<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ target: Tensor<Scalar>, reduction: Reduction = .mean
) -> Tensor<Scalar> {
    reduced((input - target).abs(), reduction)
}

/// Huber's loss, with d = |x − y|: d² / 2 up to `delta` and delta (d − delta / 2) from there on.
///
/// Shapes are broadcast. Returns a scalar, or the common shape for `.none`; the mean by default. Gradients: (x − y)g, between
/// −delta g and delta g, and its negative. Stops where the shapes do not fit or `delta` is not above 0.
///
/// `delta` is 1 unless given. Source: `torch.nn.functional.huber_loss`.
public func huberLoss<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ target: Tensor<Scalar>, delta: Scalar = 1, reduction: Reduction = .mean
) -> Tensor<Scalar> {
    guard delta > 0 else { fatalError("huber_loss does not support non-positive values for delta.") }
    let distance = (input - target).abs()
    // With c = min(d, delta) both branches are c (d − c / 2).
    let near = distance.clamp(max: delta)
    return reduced(near * (distance - near * 0.5), reduction)
}

/// With d = |x − y|: d² / (2 beta) below `beta` and d − beta / 2 from there on; |x − y| where `beta` is 0.
///
/// Shapes are broadcast. Returns a scalar, or the common shape for `.none`; the mean by default. Gradients: (x − y) / beta g,
/// between −g and g, and its negative. Stops where the shapes do not fit or `beta` is below 0.
///
/// `beta` is 1 unless given. Source: `torch.nn.functional.smooth_l1_loss`.
public func smoothL1Loss<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ target: Tensor<Scalar>, beta: Scalar = 1, reduction: Reduction = .mean
) -> Tensor<Scalar> {
    guard beta >= 0 else { fatalError("smooth_l1_loss does not support negative values for beta.") }
    if beta == 0 { return l1Loss(input, target, reduction: reduction) }
    return reduced(huberLoss(input, target, delta: beta, reduction: .none) / beta, reduction)
}
