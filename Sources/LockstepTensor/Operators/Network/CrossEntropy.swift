import CLockstepKernels

/// The cross-entropy of a batch of logits with the classes that are right: lossᵢ = w[tᵢ] (log Σⱼ exp(xᵢⱼ) − xᵢ,tᵢ) for target tᵢ.
///
/// `logits` is [n, c] and `targets` [n] with classes in 0..<c; or [c] and a scalar for one sample; or [n, c, …] and [n, …] for a
/// class at each place. Softmax and logarithm are one operator, in which nothing overflows. Targets equal to `ignoreIndex`,
/// −100 unless given, count for nothing. `weight`, [c], weighs the classes, ones unless given; it gets no gradient.
/// `labelSmoothing` s mixes the targets with the uniform distribution: (1 − s) · onehot + s / c.
///
/// Returns a scalar, or the targets' shape for `.none`. `.mean`, the default as in PyTorch, divides by the sum of the weights of
/// the targets that count. Gradient: (softmax(x) − onehot(target)) g, weighted and divided likewise.
///
/// Stops where the shapes do not fit or a target is no class.
///
/// Source: `torch.nn.functional.cross_entropy`.
@_specialize(where Scalar == Float)
public func crossEntropy<Scalar: FloatingScalar>(
    _ logits: Tensor<Scalar>, targets: Tensor<Int64>, weight: Tensor<Scalar>? = nil, ignoreIndex: Int64 = -100,
    reduction: Reduction = .mean, labelSmoothing: Scalar = 0
) -> Tensor<Scalar> {
    let classes = ClassTargets(logits.shape, targets, ignoreIndex: ignoreIndex)
    if logits.rank == 2, weight == nil, labelSmoothing == 0, !classes.ignoresAny {
        return fusedCrossEntropy(logits, classes.targets, reduction)
    }
    checkSmoothing(labelSmoothing)
    let axis = logits.rank == 1 ? 0 : 1
    let logProbabilities = logits.logSoftmax(axis: axis)
    let loss = negativeLogLikelihood(logProbabilities, classes, weight: weight, reduction: reduction)
    if labelSmoothing == 0 { return loss }
    // The part that the uniform distribution has in the targets.
    let shape = [logits.shape[axis]] + [Int](repeating: 1, count: logits.rank - axis - 1)
    let weighed = weight.map { logProbabilities * $0.detached().reshaped(to: shape) } ?? logProbabilities
    let ignored = classes.targets .== ignoreIndex
    let uniform = (-weighed.sum(axis: axis)).replacing(with: 0, where: ignored.reshaped(to: targets.shape))
    let smooth: Tensor<Scalar>
    if reduction == .mean {
        smooth = uniform.sum() / Scalar(classes.weightSum(weight))
    } else {
        smooth = reduced(uniform, reduction)
    }
    return loss * (1 - labelSmoothing) + smooth * (labelSmoothing / Scalar(logits.shape[axis]))
}

/// The cross-entropy of a batch of logits with distributions over the classes: lossᵢ = −Σⱼ wⱼ pᵢⱼ log softmax(xᵢ)ⱼ.
///
/// `logits` and `probabilities` are [n, c], [c] or [n, c, …]. `weight`, [c], weighs the classes, ones unless given; it gets no
/// gradient. `labelSmoothing` s mixes the targets with the uniform distribution: (1 − s) p + s / c. Returns a scalar, or the
/// shape without the classes' axis for `.none`; `.mean`, the default, divides by the number of distributions.
///
/// Gradients: for the logits (softmax(x) Σⱼ pⱼ − p) g, for the probabilities −log softmax(x) g. Stops where the shapes differ.
///
/// Source: `torch.nn.functional.cross_entropy` with class probabilities.
@_specialize(where Scalar == Float)
public func crossEntropy<Scalar: FloatingScalar>(
    _ logits: Tensor<Scalar>, probabilities: Tensor<Scalar>, weight: Tensor<Scalar>? = nil,
    reduction: Reduction = .mean, labelSmoothing: Scalar = 0
) -> Tensor<Scalar> {
    guard logits.shape == probabilities.shape, logits.rank > 0 else {
        fatalError(
            "crossEntropy: expected probabilities of the logits' shape \(logits.shape), got \(probabilities.shape)")
    }
    checkSmoothing(labelSmoothing)
    let axis = logits.rank == 1 ? 0 : 1
    let classes = logits.shape[axis]
    var targets = probabilities
    if labelSmoothing > 0 { targets = targets * (1 - labelSmoothing) + labelSmoothing / Scalar(classes) }
    if let weight {
        checkClassWeight(weight, classes)
        let shape = [classes] + [Int](repeating: 1, count: logits.rank - axis - 1)
        targets = targets * weight.detached().reshaped(to: shape)
    }
    return reduced(-(logits.logSoftmax(axis: axis) * targets).sum(axis: axis), reduction)
}

/// The weighted negative log-probabilities of the classes that are right: lossᵢ = −w[tᵢ] xᵢ,tᵢ for target tᵢ.
///
/// `logProbabilities` is [n, c] and `targets` [n] with classes in 0..<c; or [c] and a scalar; or [n, c, …] and [n, …]. Targets equal
/// to `ignoreIndex`, −100 unless given, count for nothing. `weight`, [c], weighs the classes; it gets no gradient. Returns a
/// scalar, or the targets' shape for `.none`; `.mean`, the default, divides by the sum of the weights that counted.
///
/// Gradient: −w[tᵢ] g at the target. Stops where the shapes do not fit or a target is no class.
///
/// Source: `torch.nn.functional.nll_loss`.
public func nllLoss<Scalar: FloatingScalar>(
    _ logProbabilities: Tensor<Scalar>, targets: Tensor<Int64>, weight: Tensor<Scalar>? = nil,
    ignoreIndex: Int64 = -100, reduction: Reduction = .mean
) -> Tensor<Scalar> {
    negativeLogLikelihood(
        logProbabilities, ClassTargets(logProbabilities.shape, targets, ignoreIndex: ignoreIndex), weight: weight,
        reduction: reduction)
}

/// The classes that are right, checked against the shape of what is compared with them.
private struct ClassTargets {
    /// As given, without gaps.
    let targets: Tensor<Int64>
    let ignoreIndex: Int64
    let ignoresAny: Bool
    /// How the other tensor is walked: samples, classes, places within a sample.
    let samples: Int
    let classes: Int
    let places: Int

    init(_ shape: [Int], _ targets: Tensor<Int64>, ignoreIndex: Int64) {
        self.targets = targets.contiguous()
        self.ignoreIndex = ignoreIndex
        guard !shape.isEmpty else { fatalError("Expected input and target to be non-empty") }
        let hasBatch = shape.count > 1
        samples = hasBatch ? shape[0] : 1
        let classes = hasBatch ? shape[1] : shape[0]
        self.classes = classes
        places = shape.dropFirst(2).reduce(1, *)
        if hasBatch, targets.rank > 0, targets.shape[0] != samples {
            fatalError(
                "Expected input batch_size (\(samples)) to match target batch_size (\(targets.shape[0])).")
        }
        let expected = hasBatch ? [samples] + shape.dropFirst(2) : []
        guard targets.shape == expected else {
            fatalError("Expected target size \(expected), got \(targets.shape)")
        }
        ignoresAny = self.targets.withUnsafeElements { elements in
            var ignoresAny = false
            for target in elements {
                if target == ignoreIndex {
                    ignoresAny = true
                } else if target < 0 || target >= classes {
                    fatalError("Target \(target) is out of bounds.")
                }
            }
            return ignoresAny
        }
    }

    /// The sum of the weights of the targets that count.
    func weightSum<Scalar: FloatingScalar>(_ weight: Tensor<Scalar>?) -> Double {
        let weights = weight?.scalars
        return targets.withUnsafeElements { elements in
            elements.reduce(0) { sum, target in
                target == ignoreIndex ? sum : sum + (weights.map { Double($0[Int(target)]) } ?? 1)
            }
        }
    }
}

private func checkSmoothing<Scalar: FloatingScalar>(_ labelSmoothing: Scalar) {
    guard labelSmoothing >= 0, labelSmoothing <= 1 else {
        fatalError("label_smoothing must be between 0.0 and 1.0. Got: \(labelSmoothing)")
    }
}

private func checkClassWeight<Scalar>(_ weight: Tensor<Scalar>, _ classes: Int) {
    guard weight.shape == [classes] else {
        fatalError(
            "weight tensor should be defined either for all \(classes) classes or no classes but got weight tensor of shape: "
                + "\(weight.shape)")
    }
}

private func negativeLogLikelihood<Scalar: FloatingScalar>(
    _ logProbabilities: Tensor<Scalar>, _ classes: ClassTargets, weight: Tensor<Scalar>?, reduction: Reduction
) -> Tensor<Scalar> {
    if let weight { checkClassWeight(weight, classes.classes) }
    let dense = logProbabilities.contiguous()
    let weight = weight?.detached().contiguous()
    let losses = Tensor<Scalar>(uninitialized: classes.targets.shape)
    let counted = withExtendedLifetime((dense.storage, weight?.storage, classes.targets.storage)) {
        lk_negative_log_likelihood(
            Scalar.kernelType, classes.samples, classes.classes, classes.places, dense.pointer,
            classes.targets.pointer, weight?.pointer, classes.ignoreIndex, losses.storage.pointer)
    }
    let scale = reduction == .mean ? 1 / counted : reduction == .batchMean ? 1 / Double(classes.samples) : 1
    var result =
        reduction == .none ? losses : reduction == .mean ? losses.sum() / Scalar(counted) : losses.sum() * Scalar(scale)
    if let node = dense.node, records(node) {
        result.node = NegativeLogLikelihoodNode(
            input: node, shape: dense.shape, classes.targets, weight, ignoreIndex: classes.ignoreIndex, scale: scale)
    }
    return result
}

final class NegativeLogLikelihoodNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var values: (targets: Tensor<Int64>, weight: Tensor<Scalar>?)?
    private let shape: [Int]
    private let ignoreIndex: Int64
    private let scale: Double

    init(
        input: Node, shape: [Int], _ targets: Tensor<Int64>, _ weight: Tensor<Scalar>?, ignoreIndex: Int64,
        scale: Double
    ) {
        values = (targets, weight)
        self.shape = shape
        self.ignoreIndex = ignoreIndex
        self.scale = scale
        super.init(inputs: [input])
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) { send(part(gradient), to: 0) }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        // Linear in the gradient, and the same whatever the input.
        let slopes = noGrad { part(Tensor(1)) }
        send(slopes * (gradient.rank == 0 ? gradient : gradient.unsqueezed(axis: 1)), to: 0)
    }

    /// The gradient of the input.
    private func part(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        let (targets, weight) = saved(values)
        let part = Tensor<Scalar>.zeros(shape)
        // One number for all samples is a stride of 0.
        let dense = gradient.contiguous()
        withExtendedLifetime((dense.storage, targets.storage, weight?.storage)) {
            lk_negative_log_likelihood_gradient(
                Scalar.kernelType, shape.count > 1 ? shape[0] : 1, shape.count > 1 ? shape[1] : shape[0],
                shape.dropFirst(2).reduce(1, *), targets.pointer, weight?.pointer, ignoreIndex, dense.pointer,
                dense.rank == 0 ? 0 : 1, scale, part.storage.pointer)
        }
        return part
    }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { values = nil }
}

/// The cross-entropy of [n, c] with classes, unweighted and unsmoothed, in one operator.
private func fusedCrossEntropy<Scalar: FloatingScalar>(
    _ logits: Tensor<Scalar>, _ targets: Tensor<Int64>, _ reduction: Reduction
) -> Tensor<Scalar> {
    let (samples, classes) = (logits.shape[0], logits.shape[1])
    let dense = logits.contiguous()
    let losses = Tensor<Scalar>(uninitialized: [samples])
    let normalizers = Tensor<Scalar>(uninitialized: [samples])
    withExtendedLifetime((dense.storage, targets.storage)) {
        lk_cross_entropy(
            Scalar.kernelType, samples, classes, dense.pointer, targets.pointer, losses.storage.pointer,
            normalizers.storage.pointer)
    }
    var result = reduced(losses, reduction)
    if let node = dense.node, records(node) {
        result.node = CrossEntropyNode(input: node, dense.detached(), targets, normalizers, reduction)
    }
    return result
}

final class CrossEntropyNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var values: (logits: Tensor<Scalar>, targets: Tensor<Int64>, normalizers: Tensor<Scalar>)?
    private let reduction: Reduction

    init(
        input: Node, _ logits: Tensor<Scalar>, _ targets: Tensor<Int64>, _ normalizers: Tensor<Scalar>,
        _ reduction: Reduction
    ) {
        values = (logits, targets, normalizers)
        self.reduction = reduction
        super.init(inputs: [input])
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let (logits, targets, normalizers) = saved(values)
        let (samples, classes) = (logits.shape[0], logits.shape[1])
        // One number for all samples is a stride of 0.
        let stride = gradient.rank == 0 ? 0 : gradient.layout.strides[0]
        let scale = reduction == .mean || reduction == .batchMean ? 1 / Double(samples) : 1
        let part = Tensor<Scalar>(uninitialized: logits.shape)
        withExtendedLifetime((logits.storage, targets.storage, normalizers.storage, gradient.storage)) {
            lk_cross_entropy_gradient(
                Scalar.kernelType, samples, classes, logits.pointer, targets.pointer, normalizers.pointer,
                gradient.pointer, stride, scale, part.storage.pointer)
        }
        send(part, to: 0)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let (logits, targets, _) = saved(values)
        let (samples, classes) = (logits.shape[0], logits.shape[1])
        let scale = reduction == .mean || reduction == .batchMean ? 1 / Scalar(samples) : 1
        let right = Tensor<Scalar>(converting: targets.oneHot(classes: classes))
        let each = gradient.rank == 0 ? gradient : gradient.unsqueezed(axis: 1)
        send((asInput(0, logits).softmax(axis: 1) - right) * (each * scale), to: 0)
    }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { values = nil }
}
