/// The Kullback–Leibler divergence from the target's distribution: lossᵢ = pᵢ (log pᵢ − xᵢ) with x = log q; 0 where pᵢ is 0.
///
/// `input` holds logarithms of probabilities, `target` probabilities, or their logarithms with `logTarget`. Shapes are broadcast.
/// Returns a scalar, or the common shape for `.none`. `.mean`, the default as in PyTorch, divides by the number of elements;
/// `.batchMean`, by the number of samples, is the divergence as mathematics has it.
///
/// Gradients: −p g, and (log p + 1 − x) g, or p (log p + 1 − x) g with `logTarget`.
///
/// Source: `torch.nn.functional.kl_div`.
public func klDivergence<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ target: Tensor<Scalar>, reduction: Reduction = .mean, logTarget: Bool = false
) -> Tensor<Scalar> {
    if logTarget { return reduced(target.exp() * (target - input), reduction) }
    let entropy = (target * target.log()).replacing(with: 0, where: target .== 0)
    return reduced(entropy - target * input, reduction)
}

/// The cross-entropy of probabilities with targets in 0...1: lossᵢ = −wᵢ (tᵢ log xᵢ + (1 − tᵢ) log(1 − xᵢ)).
///
/// Logarithms are cut off at −100, so that a loss is finite. `weight` must broadcast to the common shape; it gets no gradient.
/// Returns a scalar, or the shape for `.none`; the mean by default. Gradients: w (x − t) / (x (1 − x)) g, where the divisor is at
/// least 1e-12, and w (log(1 − x) − log x) g.
///
/// `binaryCrossEntropyWithLogits` is more precise. Stops where the shapes differ or an input is outside of 0...1.
///
/// Source: `torch.nn.functional.binary_cross_entropy`.
public func binaryCrossEntropy<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ target: Tensor<Scalar>, weight: Tensor<Scalar>? = nil, reduction: Reduction = .mean
) -> Tensor<Scalar> {
    guard input.shape == target.shape else {
        fatalError(
            "Using a target size (\(target.shape)) that is different to the input size (\(input.shape)) is deprecated. Please "
                + "ensure they have the same size.")
    }
    guard noGrad({ ((input .< 0).countTrue, (input .> 1).countTrue) }) == (0, 0) else {
        fatalError("all elements of input should be between 0 and 1")
    }
    var losses = noGrad {
        let (x, t) = (input.detached(), target.detached())
        return (t - 1) * (-x).log1p().clamp(min: -100) - t * x.log().clamp(min: -100)
    }
    if records(input.node, target.node) { losses.node = BinaryCrossEntropyNode(input, target) }
    if let weight { losses = losses * weight.detached() }
    return reduced(losses, reduction)
}

/// The cross-entropy of the logistic function of logits with targets in 0...1:
/// lossᵢ = −wᵢ (pᵢ tᵢ log σ(xᵢ) + (1 − tᵢ) log(1 − σ(xᵢ))), computed so that nothing overflows.
///
/// `weight` and `positiveWeight` (p, of the positive targets) must broadcast to the common shape and are ones unless given; they
/// get no gradient. Returns a scalar, or the shape for `.none`; the mean by default. Gradients: w ((1 − t) − (1 + (p − 1) t) σ(−x)) g
/// and w ((p − 1) log(1 + e⁻ˣ) − x) g. Stops where the shapes differ.
///
/// Source: `torch.nn.functional.binary_cross_entropy_with_logits`.
public func binaryCrossEntropyWithLogits<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ target: Tensor<Scalar>, weight: Tensor<Scalar>? = nil,
    positiveWeight: Tensor<Scalar>? = nil, reduction: Reduction = .mean
) -> Tensor<Scalar> {
    guard input.shape == target.shape else {
        fatalError("Target size (\(target.shape)) must be the same as input size (\(input.shape))")
    }
    let extra = positiveWeight.map { positive in noGrad { positive.detached() - 1 } }
    var losses = noGrad {
        let (x, t) = (input.detached(), target.detached())
        let negative = -x.logsigmoid()
        let scaled = extra.map { negative * ($0 * t + 1) } ?? negative
        return (1 - t) * x + scaled
    }
    if records(input.node, target.node) { losses.node = BinaryLogitsNode(input, target, extra) }
    if let weight { losses = losses * weight.detached() }
    return reduced(losses, reduction)
}

final class BinaryCrossEntropyNode<Scalar: FloatingScalar>: BinaryNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var values: (input: Tensor<Scalar>, target: Tensor<Scalar>)?

    override init(_ input: Tensor<Scalar>, _ target: Tensor<Scalar>) {
        values = (input.detached(), target.detached())
        super.init(input, target)
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let (x, t) = saved(values)
        propagate(gradient, x, t)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let (x, t) = saved(values)
        propagate(gradient, asInput(0, x), asInput(1, t))
    }

    private func propagate(_ gradient: Tensor<Scalar>, _ x: Tensor<Scalar>, _ t: Tensor<Scalar>) {
        sendToA(gradient * (x - t) / (x * (1 - x)).clamp(min: 1e-12))
        sendToB(gradient * ((-x).log1p() - x.log()))
    }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { values = nil }
}

final class BinaryLogitsNode<Scalar: FloatingScalar>: BinaryNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var values: (input: Tensor<Scalar>, target: Tensor<Scalar>, extra: Tensor<Scalar>?)?

    /// `extra` is the positive targets' weight less 1.
    init(_ input: Tensor<Scalar>, _ target: Tensor<Scalar>, _ extra: Tensor<Scalar>?) {
        values = (input.detached(), target.detached(), extra)
        super.init(input, target)
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let (x, t, extra) = saved(values)
        propagate(gradient, x, t, extra)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let (x, t, extra) = saved(values)
        propagate(gradient, asInput(0, x), asInput(1, t), extra)
    }

    private func propagate(
        _ gradient: Tensor<Scalar>, _ x: Tensor<Scalar>, _ t: Tensor<Scalar>, _ extra: Tensor<Scalar>?
    ) {
        let complement = (-x).sigmoid()
        sendToA(gradient * (1 - t - (extra.map { complement * ($0 * t + 1) } ?? complement)))
        sendToB(gradient * ((extra.map { -$0 * x.logsigmoid() } ?? Tensor(0)) - x))
    }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { values = nil }
}
