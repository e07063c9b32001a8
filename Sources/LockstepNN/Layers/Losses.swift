public import LockstepTensor

/// Softmax and negative log-likelihood in one: −log softmax(x)[t] for each sample's logits x and target t.
///
/// Logits [n, classes], targets [n] in 0..<classes. Source: `torch.nn.CrossEntropyLoss`.
public final class CrossEntropyLoss: Module {
    /// How the samples' losses become one; the mean by default.
    public let reduction: Reduction

    public init(reduction: Reduction = .mean) { self.reduction = reduction }

    /// The loss; stops with PyTorch's message when a target is out of range.
    public func callAsFunction(_ logits: Tensor<Float>, _ targets: Tensor<Int64>) -> Tensor<Float> {
        crossEntropy(logits, targets: targets, reduction: reduction)
    }
}

/// The squared difference, (x − y)², element by element. Source: `torch.nn.MSELoss`.
public final class MSELoss: Module {
    /// How the elements' losses become one; the mean by default.
    public let reduction: Reduction

    public init(reduction: Reduction = .mean) { self.reduction = reduction }

    /// The loss; stops when the shapes do not broadcast.
    public func callAsFunction(_ prediction: Tensor<Float>, _ target: Tensor<Float>) -> Tensor<Float> {
        mseLoss(prediction, target, reduction: reduction)
    }
}
