import CLockstepKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Adam, equal to PyTorch's: steps scaled by running averages of the gradient and of its square.
///
/// With the parameters θ, their gradient g, the running averages m and v, the step's number t from 1, and γ, β₁, β₂, ε, λ the
/// settings in the order of the initialiser:
///
///     g ← g + λ θ
///     m ← β₁ m + (1 − β₁) g
///     v ← β₂ v + (1 − β₂) g²
///     θ ← θ − γ / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
///
/// Its state is `exp_avg` (m) and `exp_avg_sq` (v).
///
/// Source: D. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015; `torch.optim.Adam`.
public typealias Adam = GroupedOptimizer<AdamRule>

/// AdamW, equal to PyTorch's: Adam whose weight decay shrinks the parameters themselves and stays out of the averages.
///
/// As `Adam`, but instead of its first line: θ ← θ − γ λ θ.
///
/// Source: I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", ICLR 2019; `torch.optim.AdamW`.
public typealias AdamW = GroupedOptimizer<AdamWRule>

/// The settings of a group of `Adam`'s parameters.
public struct AdamRule: UpdateRule {
    public static let name = "Adam"
    public var learningRate: Double
    /// β₁ and β₂, which the running averages of the gradient and of its square keep a step.
    public var betas: (Double, Double)
    /// ε, which keeps the denominator from being 0.
    public var eps: Double
    /// λ, the factor by which weights shrink towards 0.
    public var weightDecay: Double

    /// The defaults are PyTorch's and the paper's.
    public init(
        lr: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8, weightDecay: Double = 0
    ) {
        learningRate = lr
        self.betas = betas
        self.eps = eps
        self.weightDecay = weightDecay
    }

    public var cycledMomentum: Double? {
        get { betas.0 }
        set { betas.0 = newValue ?? 0 }
    }

    public var problem: String? {
        problem(eps: eps, weightDecay: 0) ?? LockstepOptim.problem(betas: betas) ?? problem(weightDecay: weightDecay)
    }

    public var states: [(name: String, initial: Float)] { [("exp_avg", 0), ("exp_avg_sq", 0)] }

    public mutating func update(_ slice: ParameterSlice) { update(slice, isDecoupled: false) }

    /// One step, with the weights' decay in the gradient or, as in AdamW, out of it.
    fileprivate func update(_ slice: ParameterSlice, isDecoupled: Bool) {
        let step = Double(slice.step)
        var settings = LKAdamSettings(
            step_size: Float(learningRate / (1 - pow(betas.0, step))), gradient_weight: Float(1 - betas.0),
            beta2: Float(betas.1), square_weight: Float(1 - betas.1),
            bias_correction2_sqrt: Float((1 - pow(betas.1, step)).squareRoot()), eps: Float(eps),
            weight_decay: isDecoupled ? 0 : Float(weightDecay),
            decay: isDecoupled ? Float(1 - learningRate * weightDecay) : 1)
        lk_adam_step(
            slice.count, slice.values, slice.gradients, slice.state("exp_avg"), slice.state("exp_avg_sq"), &settings)
    }
}

/// The settings of a group of `AdamW`'s parameters: those of ``AdamRule``, with another default for the weight decay.
public struct AdamWRule: UpdateRule {
    public static let name = "AdamW"
    private var adam: AdamRule

    /// The defaults are PyTorch's.
    public init(
        lr: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8, weightDecay: Double = 1e-2
    ) {
        adam = AdamRule(lr: lr, betas: betas, eps: eps, weightDecay: weightDecay)
    }

    public var learningRate: Double {
        get { adam.learningRate }
        set { adam.learningRate = newValue }
    }
    /// β₁ and β₂, which the running averages of the gradient and of its square keep a step.
    public var betas: (Double, Double) {
        get { adam.betas }
        set { adam.betas = newValue }
    }
    /// ε, which keeps the denominator from being 0.
    public var eps: Double {
        get { adam.eps }
        set { adam.eps = newValue }
    }
    /// λ: each step multiplies the parameters with 1 − γ λ.
    public var weightDecay: Double {
        get { adam.weightDecay }
        set { adam.weightDecay = newValue }
    }
    public var cycledMomentum: Double? {
        get { adam.cycledMomentum }
        set { adam.cycledMomentum = newValue }
    }
    public var problem: String? { adam.problem }
    public var states: [(name: String, initial: Float)] { adam.states }
    public mutating func update(_ slice: ParameterSlice) { adam.update(slice, isDecoupled: true) }
}

extension Adam {
    /// An optimizer of a model's flat buffer, or of some parameters. The defaults are PyTorch's and the paper's.
    ///
    /// Stops with PyTorch's message when a setting is out of range: none may be negative, and both betas are below 1.
    public convenience init(
        _ parameters: some ParameterSource, lr: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999),
        eps: Double = 1e-8, weightDecay: Double = 0
    ) {
        self.init(parameters, AdamRule(lr: lr, betas: betas, eps: eps, weightDecay: weightDecay))
    }
}

extension AdamW {
    /// An optimizer of a model's flat buffer, or of some parameters. The defaults are PyTorch's.
    ///
    /// Stops with PyTorch's message when a setting is out of range: none may be negative, and both betas are below 1.
    public convenience init(
        _ parameters: some ParameterSource, lr: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999),
        eps: Double = 1e-8, weightDecay: Double = 1e-2
    ) {
        self.init(parameters, AdamWRule(lr: lr, betas: betas, eps: eps, weightDecay: weightDecay))
    }
}
