import CLockstepKernels

/// What becomes of the losses of single samples.
public enum Reduction: Sendable {
    /// They are returned as they are.
    case none
    /// Their mean.
    case mean
    /// Their sum.
    case sum
}

/// The cross-entropy of a batch of logits with the classes that are right: lossᵢ = log Σⱼ exp(xᵢⱼ) − xᵢ,targetᵢ.
///
/// `logits` is [N, C] and `targets` [N] with classes in 0..<C; or [C] and a scalar for one sample. Softmax and logarithm are one
/// operator, in which nothing overflows. Returns a scalar, or [N] for `.none`. Gradient: (softmax(x) − onehot(target)) g, over
/// N for `.mean`, which is the default as in PyTorch.
///
/// Stops where the shapes do not fit or a target is no class.
///
/// Source: `torch.nn.functional.cross_entropy`.
public func crossEntropy<Scalar: FloatingScalar>(
    _ logits: Tensor<Scalar>, targets: Tensor<Int64>, reduction: Reduction = .mean
) -> Tensor<Scalar> {
    if logits.rank == 1, targets.rank == 0 {
        let loss = crossEntropy(logits.unsqueezed(axis: 0), targets: targets.unsqueezed(axis: 0), reduction: reduction)
        return loss.reshaped(to: [])
    }
    guard logits.rank == 2, targets.rank == 1 else {
        fatalError("crossEntropy: expected logits [N, C] and targets [N], got \(logits.shape) and \(targets.shape)")
    }
    guard logits.shape[0] == targets.shape[0] else {
        fatalError(
            "Expected input batch_size (\(logits.shape[0])) to match target batch_size (\(targets.shape[0])).")
    }
    let (samples, classes) = (logits.shape[0], logits.shape[1])
    let dense = logits.contiguous()
    let targets = targets.contiguous()
    targets.withUnsafeElements { elements in
        if let wrong = elements.first(where: { $0 < 0 || $0 >= classes }) {
            fatalError("Target \(wrong) is out of bounds.")
        }
    }
    let losses = Tensor<Scalar>(uninitialized: [samples])
    let normalizers = Tensor<Scalar>(uninitialized: [samples])
    withExtendedLifetime((dense.storage, targets.storage)) {
        lk_cross_entropy(
            Scalar.kernelType, samples, classes, dense.pointer, targets.pointer, losses.storage.pointer,
            normalizers.storage.pointer)
    }
    var result = reduce(losses, reduction)
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

    override func backward(_ gradient: Tensor<Scalar>) {
        let (logits, targets, normalizers) = saved(values)
        let (samples, classes) = (logits.shape[0], logits.shape[1])
        // One number for all samples is a stride of 0.
        let stride = gradient.rank == 0 ? 0 : gradient.layout.strides[0]
        let scale = reduction == .mean ? 1 / Double(samples) : 1
        let part = Tensor<Scalar>(uninitialized: logits.shape)
        withExtendedLifetime((logits.storage, targets.storage, normalizers.storage, gradient.storage)) {
            lk_cross_entropy_gradient(
                Scalar.kernelType, samples, classes, logits.pointer, targets.pointer, normalizers.pointer,
                gradient.pointer, stride, scale, part.storage.pointer)
        }
        send(part, to: 0)
    }

    override func releaseSaved() { values = nil }
}

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
    reduce((input - target).square(), reduction).named(.mseLoss)
}

private func reduce<Scalar: FloatingScalar>(_ losses: Tensor<Scalar>, _ reduction: Reduction) -> Tensor<Scalar> {
    switch reduction {
    case .none: losses
    case .mean: losses.mean()
    case .sum: losses.sum()
    }
}
