import CLockstepKernels

/// Stochastic gradient descent, with momentum, dampening, weight decay and Nesterov's variant, equal to PyTorch's.
///
/// With the parameters θ, their gradient g, the momentum buffer b, and γ, μ, τ, λ the settings in the order of the initialiser:
///
///     g ← g + λ θ
///     b ← g in the first step, then μ b + (1 − τ) g
///     g ← g + μ b with Nesterov's variant, else b      (where μ is not 0)
///     θ ← θ − γ g
///
/// Its state is `momentum_buffer` where there is momentum, otherwise nothing.
///
/// Source: `torch.optim.SGD`.
public typealias SGD = GroupedOptimizer<SGDRule>

/// The settings of a group of `SGD`'s parameters.
public struct SGDRule: UpdateRule {
    public static let name = "SGD"
    public var learningRate: Double
    /// μ, the factor that the momentum buffer keeps a step.
    public var momentum: Double
    /// τ, how much less than 1 a new gradient weighs in the momentum buffer.
    public var dampening: Double
    /// λ, the factor by which weights shrink towards 0.
    public var weightDecay: Double
    /// Whether the step looks ahead along the momentum.
    public var nesterov: Bool
    public var maximize: Bool

    /// The defaults are PyTorch's.
    public init(
        lr: Double = 1e-3, momentum: Double = 0, dampening: Double = 0, weightDecay: Double = 0, nesterov: Bool = false,
        maximize: Bool = false
    ) {
        learningRate = lr
        self.momentum = momentum
        self.dampening = dampening
        self.weightDecay = weightDecay
        self.nesterov = nesterov
        self.maximize = maximize
    }

    public var cycledMomentum: Double? {
        get { momentum }
        set { momentum = newValue ?? 0 }
    }

    public var problem: String? {
        if let problem = problem(weightDecay: 0) { return problem }
        if !(momentum >= 0 && momentum.isFinite) { return "Invalid momentum value: \(momentum)" }
        if !dampening.isFinite { return "Invalid dampening value: \(dampening)" }
        if nesterov && (momentum <= 0 || dampening != 0) {
            return "Nesterov momentum requires a momentum and zero dampening"
        }
        return problem(weightDecay: weightDecay)
    }

    public var states: [(name: String, initial: Float)] { momentum == 0 ? [] : [("momentum_buffer", 0)] }

    public mutating func update(_ slice: ParameterSlice) {
        let hasMomentum = momentum != 0
        var settings = LKSGDSettings(
            learning_rate: Float(learningRate), momentum: Float(momentum), gradient_weight: Float(1 - dampening),
            weight_decay: Float(weightDecay), nesterov: nesterov,
            first: hasMomentum && slice.isNew("momentum_buffer"))
        lk_sgd_step(
            slice.count, slice.values, slice.gradients, hasMomentum ? slice.state("momentum_buffer") : nil, &settings)
    }
}

extension SGD {
    /// An optimizer of a model's flat buffer, or of some parameters. The defaults are PyTorch's.
    ///
    /// Stops with PyTorch's message when a setting is out of range: the learning rate, momentum and weight decay may not be
    /// negative, and Nesterov's variant needs momentum and no dampening.
    public convenience init(
        _ parameters: some ParameterSource, lr: Double = 1e-3, momentum: Double = 0, dampening: Double = 0,
        weightDecay: Double = 0, nesterov: Bool = false, maximize: Bool = false
    ) {
        self.init(
            parameters,
            SGDRule(
                lr: lr, momentum: momentum, dampening: dampening, weightDecay: weightDecay, nesterov: nesterov,
                maximize: maximize))
    }
}
