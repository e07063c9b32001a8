import CLockstepKernels

/// The squared differences of two tensors: lossᵢ = (xᵢ − yᵢ)².
///
/// Shapes are broadcast. Returns a scalar, or the common shape for `.none`. Gradients: 2(x − y)g and −2(x − y)g, over the
/// number of elements for `.mean`, which is the default as in PyTorch.
///
/// Stops where the shapes do not fit.
///
/// Source: `torch.nn.functional.mse_loss`.
@_specialize(where Scalar == Float)
public func mseLoss<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ target: Tensor<Scalar>, reduction: Reduction = .mean
) -> Tensor<Scalar> {
    if reduction == .none || input.shape != target.shape {
        return reduced((input - target).square(), reduction).named(.mseLoss)
    }
    let (a, b) = (input.contiguous(), target.contiguous())
    let differences = Tensor<Scalar>(uninitializedLike: a.layout)
    var result = Tensor<Scalar>(uninitialized: [])
    withExtendedLifetime((a.storage, b.storage)) {
        lk_squared_distance(
            Scalar.kernelType, a.count, a.pointer, b.pointer, differences.storage.pointer, result.storage.pointer)
    }
    let divisor = reduction == .sum ? 1 : Scalar(reduction == .mean ? a.count : a.shape.first ?? 1)
    if reduction != .sum { result.storage.pointer.pointee /= divisor }
    if records(a.node, b.node) { result.node = SquaredErrorNode(a, b, differences, divisor) }
    return result
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

/// The sum of the squared differences of two tensors of the same shape, over a number.
final class SquaredErrorNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var values: (a: Tensor<Scalar>, b: Tensor<Scalar>, differences: Tensor<Scalar>)?
    private let divisor: Scalar

    init(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>, _ differences: Tensor<Scalar>, _ divisor: Scalar) {
        values = (a.detached(), b.detached(), differences)
        self.divisor = divisor
        super.init(inputs: [a.node, b.node])
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let slope = Tensor.computed(.squareGradient, Tensor(gradient.item() / divisor), saved(values).differences)
        if wants(0) { send(slope, to: 0) }
        if wants(1) { send(-slope, to: 1) }
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let (a, b, _) = saved(values)
        let slope = (asInput(0, a) - asInput(1, b)) * (gradient / divisor) * 2
        send(slope, to: 0)
        send(-slope, to: 1)
    }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { values = nil }
}
