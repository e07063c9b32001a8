import CLockstepKernels

/// RMSprop, equal to PyTorch's: steps scaled by a running average of the squared gradient.
///
/// With the parameters θ, their gradient g, the running averages v and a, the momentum buffer b, and γ, α, ε, λ, μ the settings in
/// the order of the initialiser:
///
///     g ← g + λ θ
///     v ← α v + (1 − α) g²
///     a ← α a + (1 − α) g      (where centered, otherwise a is 0)
///     d = g / (√(v − a²) + ε)
///     b ← μ b + d              (where μ is not 0, otherwise b is d)
///     θ ← θ − γ b
///
/// Its state is `square_avg` (v), `grad_avg` (a) where centered, and `momentum_buffer` (b) where there is momentum.
///
/// Source: G. Hinton, "Neural networks for machine learning", lecture 6e (2012); centered: A. Graves, arXiv 1308.0850;
/// `torch.optim.RMSprop`.
public typealias RMSprop = GroupedOptimizer<RMSpropRule>

/// The settings of a group of `RMSprop`'s parameters.
public struct RMSpropRule: UpdateRule {
    public static let name = "RMSprop"
    public var learningRate: Double
    /// α, which the running averages keep a step.
    public var alpha: Double
    /// ε, which keeps the denominator from being 0.
    public var eps: Double
    /// λ, the factor by which weights shrink towards 0.
    public var weightDecay: Double
    /// μ, the factor that the momentum buffer keeps a step.
    public var momentum: Double
    /// Whether the gradient is scaled by its variance in place of its mean square.
    public let centered: Bool
    public var maximize: Bool

    /// The defaults are PyTorch's.
    public init(
        lr: Double = 1e-2, alpha: Double = 0.99, eps: Double = 1e-8, weightDecay: Double = 0, momentum: Double = 0,
        centered: Bool = false, maximize: Bool = false
    ) {
        learningRate = lr
        self.alpha = alpha
        self.eps = eps
        self.weightDecay = weightDecay
        self.momentum = momentum
        self.centered = centered
        self.maximize = maximize
    }

    public var cycledMomentum: Double? {
        get { momentum }
        set { momentum = newValue ?? 0 }
    }

    public var problem: String? {
        if let problem = problem(eps: eps, weightDecay: 0) { return problem }
        if !(momentum >= 0 && momentum.isFinite) { return "Invalid momentum value: \(momentum)" }
        if let problem = problem(weightDecay: weightDecay) { return problem }
        if !(alpha >= 0 && alpha.isFinite) { return "Invalid alpha value: \(alpha)" }
        return nil
    }

    public var states: [(name: String, initial: Float)] {
        [("square_avg", 0)] + (momentum == 0 ? [] : [("momentum_buffer", 0)]) + (centered ? [("grad_avg", 0)] : [])
    }

    public mutating func update(_ slice: ParameterSlice) {
        var settings = LKRMSpropSettings(
            learning_rate: Float(learningRate), alpha: Float(alpha), square_weight: Float(1 - alpha), eps: Float(eps),
            weight_decay: Float(weightDecay), momentum: Float(momentum))
        lk_rmsprop_step(
            slice.count, slice.values, slice.gradients, slice.state("square_avg"),
            centered ? slice.state("grad_avg") : nil, momentum == 0 ? nil : slice.state("momentum_buffer"), &settings)
    }
}

extension RMSprop {
    /// An optimizer of a model's flat buffer, or of some parameters. The defaults are PyTorch's.
    ///
    /// Stops with PyTorch's message when a setting is negative.
    public convenience init(
        _ parameters: some ParameterSource, lr: Double = 1e-2, alpha: Double = 0.99, eps: Double = 1e-8,
        weightDecay: Double = 0, momentum: Double = 0, centered: Bool = false, maximize: Bool = false
    ) {
        self.init(
            parameters,
            RMSpropRule(
                lr: lr, alpha: alpha, eps: eps, weightDecay: weightDecay, momentum: momentum, centered: centered,
                maximize: maximize))
    }
}
