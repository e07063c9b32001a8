import CLockstepKernels

/// Adadelta, equal to PyTorch's: steps scaled by the ratio of past changes to past gradients, so that their unit is right.
///
/// With the parameters θ, their gradient g, the running averages v and u, and γ, ρ, ε, λ the settings in the order of the
/// initialiser:
///
///     g ← g + λ θ
///     v ← ρ v + (1 − ρ) g²
///     d = √(u + ε) / √(v + ε) · g
///     u ← ρ u + (1 − ρ) d²
///     θ ← θ − γ d
///
/// Its state is `square_avg` (v) and `acc_delta` (u).
///
/// Source: M. Zeiler, "Adadelta: an adaptive learning rate method", arXiv 1212.5701; `torch.optim.Adadelta`.
public typealias Adadelta = GroupedOptimizer<AdadeltaRule>

/// The settings of a group of `Adadelta`'s parameters.
public struct AdadeltaRule: UpdateRule {
    public static let name = "Adadelta"
    public var learningRate: Double
    /// ρ, which the running averages keep a step.
    public var rho: Double
    /// ε, which gives the first steps their size.
    public var eps: Double
    /// λ, the factor by which weights shrink towards 0.
    public var weightDecay: Double
    public var maximize: Bool

    /// The defaults are PyTorch's.
    public init(lr: Double = 1, rho: Double = 0.9, eps: Double = 1e-6, weightDecay: Double = 0, maximize: Bool = false)
    {
        learningRate = lr
        self.rho = rho
        self.eps = eps
        self.weightDecay = weightDecay
        self.maximize = maximize
    }

    /// None.
    public var cycledMomentum: Double? {
        get { nil }
        set {}
    }

    public var problem: String? {
        if let problem = problem(weightDecay: 0) { return problem }
        if !(rho >= 0 && rho <= 1) { return "Invalid rho value: \(rho)" }
        return problem(eps: eps, weightDecay: weightDecay)
    }

    public var states: [(name: String, initial: Float)] { [("square_avg", 0), ("acc_delta", 0)] }

    public mutating func update(_ slice: ParameterSlice) {
        var settings = LKAdadeltaSettings(
            learning_rate: Float(learningRate), rho: Float(rho), square_weight: Float(1 - rho), eps: Float(eps),
            weight_decay: Float(weightDecay))
        lk_adadelta_step(
            slice.count, slice.values, slice.gradients, slice.state("square_avg"), slice.state("acc_delta"), &settings)
    }
}

extension Adadelta {
    /// An optimizer of a model's flat buffer, or of some parameters. The defaults are PyTorch's.
    ///
    /// Stops with PyTorch's message when a setting is out of range: none may be negative, and ρ is at most 1.
    public convenience init(
        _ parameters: some ParameterSource, lr: Double = 1, rho: Double = 0.9, eps: Double = 1e-6,
        weightDecay: Double = 0, maximize: Bool = false
    ) {
        self.init(parameters, AdadeltaRule(lr: lr, rho: rho, eps: eps, weightDecay: weightDecay, maximize: maximize))
    }
}
