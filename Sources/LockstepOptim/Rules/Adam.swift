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
/// With AMSGrad the largest v so far stands in for v in the last line. Its state is `exp_avg` (m), `exp_avg_sq` (v), and with AMSGrad
/// `max_exp_avg_sq`.
///
/// Source: D. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015; AMSGrad: S. Reddi, S. Kale,
/// S. Kumar, "On the convergence of Adam and beyond", ICLR 2018; `torch.optim.Adam`.
public typealias Adam = GroupedOptimizer<AdamRule>

/// AdamW, equal to PyTorch's: Adam whose weight decay shrinks the parameters themselves and stays out of the averages.
///
/// As `Adam`, but instead of its first line: θ ← θ − γ λ θ.
///
/// Source: I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", ICLR 2019; `torch.optim.AdamW`.
public typealias AdamW = GroupedOptimizer<AdamWRule>

/// The settings of a group of `Adam`'s parameters.
public struct AdamRule: MomentRule {
    public static let name = "Adam"
    public var learningRate: Double
    public var betas: (Double, Double)
    public var eps: Double
    public var weightDecay: Double
    /// Whether steps are divided by the largest average of the squared gradient so far, so that they never grow.
    public let amsgrad: Bool
    public var maximize: Bool
    /// Whether the weights' decay stays out of the gradient, as in AdamW.
    public var decoupledWeightDecay: Bool

    /// The defaults are PyTorch's and the paper's.
    public init(
        lr: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8, weightDecay: Double = 0,
        amsgrad: Bool = false, maximize: Bool = false, decoupledWeightDecay: Bool = false
    ) {
        learningRate = lr
        self.betas = betas
        self.eps = eps
        self.weightDecay = weightDecay
        self.amsgrad = amsgrad
        self.maximize = maximize
        self.decoupledWeightDecay = decoupledWeightDecay
    }

    public var states: [(name: String, initial: Float)] {
        [("exp_avg", 0), ("exp_avg_sq", 0)] + (amsgrad ? [("max_exp_avg_sq", 0)] : [])
    }

    public mutating func update(_ slice: ParameterSlice) {
        let step = Double(slice.step)
        var settings = LKAdamSettings(
            step_size: Float(learningRate / (1 - pow(betas.0, step))), gradient_weight: Float(1 - betas.0),
            beta2: Float(betas.1), square_weight: Float(1 - betas.1),
            bias_correction2_sqrt: Float((1 - pow(betas.1, step)).squareRoot()), eps: Float(eps),
            weight_decay: decoupledWeightDecay ? 0 : Float(weightDecay),
            decay: decoupledWeightDecay ? Float(1 - learningRate * weightDecay) : 1)
        lk_adam_step(
            slice.count, slice.values, slice.gradients, slice.state("exp_avg"), slice.state("exp_avg_sq"),
            amsgrad ? slice.state("max_exp_avg_sq") : nil, &settings)
    }
}

/// The settings of a group of `AdamW`'s parameters: those of ``AdamRule``, with another default for the weight decay.
public struct AdamWRule: MomentRule {
    public static let name = "AdamW"
    private var adam: AdamRule

    /// The defaults are PyTorch's.
    public init(
        lr: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8, weightDecay: Double = 1e-2,
        amsgrad: Bool = false, maximize: Bool = false
    ) {
        adam = AdamRule(
            lr: lr, betas: betas, eps: eps, weightDecay: weightDecay, amsgrad: amsgrad, maximize: maximize,
            decoupledWeightDecay: true)
    }

    public var learningRate: Double {
        get { adam.learningRate }
        set { adam.learningRate = newValue }
    }
    public var betas: (Double, Double) {
        get { adam.betas }
        set { adam.betas = newValue }
    }
    public var eps: Double {
        get { adam.eps }
        set { adam.eps = newValue }
    }
    /// λ: each step multiplies the parameters with 1 − γ λ.
    public var weightDecay: Double {
        get { adam.weightDecay }
        set { adam.weightDecay = newValue }
    }
    /// Whether steps are divided by the largest average of the squared gradient so far, so that they never grow.
    public var amsgrad: Bool { adam.amsgrad }
    public var maximize: Bool {
        get { adam.maximize }
        set { adam.maximize = newValue }
    }
    public var states: [(name: String, initial: Float)] { adam.states }
    public mutating func update(_ slice: ParameterSlice) { adam.update(slice) }
}

extension Adam {
    /// An optimizer of a model's flat buffer, or of some parameters. The defaults are PyTorch's and the paper's.
    ///
    /// Stops with PyTorch's message when a setting is out of range: none may be negative, and both betas are below 1.
    public convenience init(
        _ parameters: some ParameterSource, lr: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999),
        eps: Double = 1e-8, weightDecay: Double = 0, amsgrad: Bool = false, maximize: Bool = false,
        decoupledWeightDecay: Bool = false
    ) {
        self.init(
            parameters,
            AdamRule(
                lr: lr, betas: betas, eps: eps, weightDecay: weightDecay, amsgrad: amsgrad, maximize: maximize,
                decoupledWeightDecay: decoupledWeightDecay))
    }
}

extension AdamW {
    /// An optimizer of a model's flat buffer, or of some parameters. The defaults are PyTorch's.
    ///
    /// Stops with PyTorch's message when a setting is out of range: none may be negative, and both betas are below 1.
    public convenience init(
        _ parameters: some ParameterSource, lr: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999),
        eps: Double = 1e-8, weightDecay: Double = 1e-2, amsgrad: Bool = false, maximize: Bool = false
    ) {
        self.init(
            parameters,
            AdamWRule(
                lr: lr, betas: betas, eps: eps, weightDecay: weightDecay, amsgrad: amsgrad, maximize: maximize))
    }
}
