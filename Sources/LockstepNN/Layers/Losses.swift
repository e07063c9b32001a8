public import LockstepTensor

/// Softmax and negative log-likelihood in one: −log softmax(x)[t] for each sample's logits x and target t.
///
/// Logits [n, classes], targets [n] in 0..<classes; see `crossEntropy` for other shapes and the settings.
///
/// Source: `torch.nn.CrossEntropyLoss`.
public final class CrossEntropyLoss: Module {
    /// How the samples' losses become one; the mean by default.
    public let reduction: Reduction
    private let weight: Tensor<Float>?
    private let ignoreIndex: Int64
    private let labelSmoothing: Float

    /// A loss with a weight for each class, ones unless given, that passes targets of `ignoreIndex` over.
    public init(
        weight: Tensor<Float>? = nil, ignoreIndex: Int64 = -100, reduction: Reduction = .mean, labelSmoothing: Float = 0
    ) {
        (self.weight, self.ignoreIndex) = (weight, ignoreIndex)
        (self.reduction, self.labelSmoothing) = (reduction, labelSmoothing)
    }

    /// The loss; stops with PyTorch's message when a target is out of range.
    public func callAsFunction(_ logits: Tensor<Float>, _ targets: Tensor<Int64>) -> Tensor<Float> {
        crossEntropy(
            logits, targets: targets, weight: weight, ignoreIndex: ignoreIndex, reduction: reduction,
            labelSmoothing: labelSmoothing)
    }

    /// The loss for targets that are distributions over the classes.
    public func callAsFunction(_ logits: Tensor<Float>, probabilities: Tensor<Float>) -> Tensor<Float> {
        crossEntropy(
            logits, probabilities: probabilities, weight: weight, reduction: reduction, labelSmoothing: labelSmoothing)
    }
}

/// The squared difference, (x − y)², element by element. Source: `torch.nn.MSELoss`.
public final class MSELoss: Module {
    /// How the elements' losses become one; the mean by default.
    public let reduction: Reduction

    /// A loss with the given reduction.
    public init(reduction: Reduction = .mean) { self.reduction = reduction }

    /// The loss; stops when the shapes do not broadcast.
    public func callAsFunction(_ prediction: Tensor<Float>, _ target: Tensor<Float>) -> Tensor<Float> {
        mseLoss(prediction, target, reduction: reduction)
    }
}

/// The difference, |x − y|, element by element. Source: `torch.nn.L1Loss`.
public final class L1Loss: Module {
    /// How the elements' losses become one; the mean by default.
    public let reduction: Reduction

    /// A loss with the given reduction.
    public init(reduction: Reduction = .mean) { self.reduction = reduction }

    /// The loss; stops when the shapes do not broadcast.
    public func callAsFunction(_ prediction: Tensor<Float>, _ target: Tensor<Float>) -> Tensor<Float> {
        l1Loss(prediction, target, reduction: reduction)
    }
}

/// The squared difference where it is small and the difference where it is large; see `huberLoss`. Source: `torch.nn.HuberLoss`.
public final class HuberLoss: Module {
    /// How the elements' losses become one; the mean by default.
    public let reduction: Reduction
    /// Where the loss goes from one to the other.
    public let delta: Float

    /// A loss that changes at `delta`.
    public init(reduction: Reduction = .mean, delta: Float = 1) { (self.reduction, self.delta) = (reduction, delta) }

    /// The loss; stops when the shapes do not broadcast.
    public func callAsFunction(_ prediction: Tensor<Float>, _ target: Tensor<Float>) -> Tensor<Float> {
        huberLoss(prediction, target, delta: delta, reduction: reduction)
    }
}

/// The squared difference where it is small and the difference where it is large; see `smoothL1Loss`.
///
/// Source: `torch.nn.SmoothL1Loss`.
public final class SmoothL1Loss: Module {
    /// How the elements' losses become one; the mean by default.
    public let reduction: Reduction
    /// Where the loss goes from one to the other.
    public let beta: Float

    /// A loss that changes at `beta`.
    public init(reduction: Reduction = .mean, beta: Float = 1) { (self.reduction, self.beta) = (reduction, beta) }

    /// The loss; stops when the shapes do not broadcast.
    public func callAsFunction(_ prediction: Tensor<Float>, _ target: Tensor<Float>) -> Tensor<Float> {
        smoothL1Loss(prediction, target, beta: beta, reduction: reduction)
    }
}

/// The Kullback–Leibler divergence of log-probabilities from a target; see `klDivergence`. Source: `torch.nn.KLDivLoss`.
public final class KLDivLoss: Module {
    /// How the elements' losses become one; the mean by default, as in PyTorch, where `.batchMean` is the divergence.
    public let reduction: Reduction
    /// Whether the target holds logarithms too.
    public let logTarget: Bool

    /// A divergence from a target of probabilities, or of their logarithms.
    public init(reduction: Reduction = .mean, logTarget: Bool = false) {
        (self.reduction, self.logTarget) = (reduction, logTarget)
    }

    /// The loss; stops when the shapes do not broadcast.
    public func callAsFunction(_ prediction: Tensor<Float>, _ target: Tensor<Float>) -> Tensor<Float> {
        klDivergence(prediction, target, reduction: reduction, logTarget: logTarget)
    }
}

/// The cross-entropy of probabilities with targets in 0...1; see `binaryCrossEntropy`. Source: `torch.nn.BCELoss`.
public final class BCELoss: Module {
    /// How the elements' losses become one; the mean by default.
    public let reduction: Reduction
    private let weight: Tensor<Float>?

    /// A loss with a weight for each element, ones unless given.
    public init(weight: Tensor<Float>? = nil, reduction: Reduction = .mean) {
        (self.weight, self.reduction) = (weight, reduction)
    }

    /// The loss; stops when the shapes differ.
    public func callAsFunction(_ prediction: Tensor<Float>, _ target: Tensor<Float>) -> Tensor<Float> {
        binaryCrossEntropy(prediction, target, weight: weight, reduction: reduction)
    }
}

/// The cross-entropy of logits with targets in 0...1; see `binaryCrossEntropyWithLogits`. Source: `torch.nn.BCEWithLogitsLoss`.
public final class BCEWithLogitsLoss: Module {
    /// How the elements' losses become one; the mean by default.
    public let reduction: Reduction
    private let weight: Tensor<Float>?
    private let positiveWeight: Tensor<Float>?

    /// A loss with a weight for each element and one for positive targets, ones unless given.
    public init(weight: Tensor<Float>? = nil, reduction: Reduction = .mean, positiveWeight: Tensor<Float>? = nil) {
        (self.weight, self.reduction, self.positiveWeight) = (weight, reduction, positiveWeight)
    }

    /// The loss; stops when the shapes differ.
    public func callAsFunction(_ logits: Tensor<Float>, _ target: Tensor<Float>) -> Tensor<Float> {
        binaryCrossEntropyWithLogits(
            logits, target, weight: weight, positiveWeight: positiveWeight, reduction: reduction)
    }
}

/// The negative log-probability of the class that is right; see `nllLoss`. Source: `torch.nn.NLLLoss`.
public final class NLLLoss: Module {
    /// How the samples' losses become one; the mean by default.
    public let reduction: Reduction
    private let weight: Tensor<Float>?
    private let ignoreIndex: Int64

    /// A loss with a weight for each class, ones unless given, that passes targets of `ignoreIndex` over.
    public init(weight: Tensor<Float>? = nil, ignoreIndex: Int64 = -100, reduction: Reduction = .mean) {
        (self.weight, self.ignoreIndex, self.reduction) = (weight, ignoreIndex, reduction)
    }

    /// The loss; stops when a target is no class.
    public func callAsFunction(_ logProbabilities: Tensor<Float>, _ targets: Tensor<Int64>) -> Tensor<Float> {
        nllLoss(logProbabilities, targets: targets, weight: weight, ignoreIndex: ignoreIndex, reduction: reduction)
    }
}
