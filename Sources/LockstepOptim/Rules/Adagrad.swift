import CLockstepKernels

/// Adagrad, equal to PyTorch's: steps scaled by the sum of all squared gradients so far.
///
/// With the parameters θ, their gradient g, the sum s, the step's number t from 1, and γ, η, λ, s₀, ε the settings in the order of
/// the initialiser:
///
///     g ← g + λ θ
///     s ← s + g²      (from s₀ on)
///     θ ← θ − γ / (1 + (t − 1) η) · g / (√s + ε)
///
/// Its state is `sum` (s).
///
/// Source: J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and stochastic optimization", JMLR 12
/// (2011); `torch.optim.Adagrad`.
public typealias Adagrad = GroupedOptimizer<AdagradRule>

/// The settings of a group of `Adagrad`'s parameters.
public struct AdagradRule: UpdateRule {
    public static let name = "Adagrad"
    public var learningRate: Double
    /// η, how fast the learning rate falls with the steps.
    public var learningRateDecay: Double
    /// λ, the factor by which weights shrink towards 0.
    public var weightDecay: Double
    /// s₀, where the sums start.
    public let initialAccumulatorValue: Double
    /// ε, which keeps the denominator from being 0.
    public var eps: Double
    public var maximize: Bool

    /// The defaults are PyTorch's.
    public init(
        lr: Double = 1e-2, learningRateDecay: Double = 0, weightDecay: Double = 0, initialAccumulatorValue: Double = 0,
        eps: Double = 1e-10, maximize: Bool = false
    ) {
        learningRate = lr
        self.learningRateDecay = learningRateDecay
        self.weightDecay = weightDecay
        self.initialAccumulatorValue = initialAccumulatorValue
        self.eps = eps
        self.maximize = maximize
    }

    /// None.
    public var cycledMomentum: Double? {
        get { nil }
        set {}
    }

    public var problem: String? {
        if let problem = problem(weightDecay: 0) { return problem }
        if !(learningRateDecay >= 0 && learningRateDecay.isFinite) {
            return "Invalid lr_decay value: \(learningRateDecay)"
        }
        if let problem = problem(weightDecay: weightDecay) { return problem }
        if !(initialAccumulatorValue >= 0 && initialAccumulatorValue.isFinite) {
            return "Invalid initial_accumulator_value value: \(initialAccumulatorValue)"
        }
        return problem(eps: eps, weightDecay: 0)
    }

    public var states: [(name: String, initial: Float)] { [("sum", Float(initialAccumulatorValue))] }

    public mutating func update(_ slice: ParameterSlice) {
        var settings = LKAdagradSettings(
            learning_rate: Float(learningRate / (1 + Double(slice.step - 1) * learningRateDecay)),
            weight_decay: Float(weightDecay), eps: Float(eps))
        lk_adagrad_step(slice.count, slice.values, slice.gradients, slice.state("sum"), &settings)
    }
}

extension Adagrad {
    /// An optimizer of a model's flat buffer, or of some parameters. The defaults are PyTorch's.
    ///
    /// Stops with PyTorch's message when a setting is negative.
    public convenience init(
        _ parameters: some ParameterSource, lr: Double = 1e-2, learningRateDecay: Double = 0, weightDecay: Double = 0,
        initialAccumulatorValue: Double = 0, eps: Double = 1e-10, maximize: Bool = false
    ) {
        self.init(
            parameters,
            AdagradRule(
                lr: lr, learningRateDecay: learningRateDecay, weightDecay: weightDecay,
                initialAccumulatorValue: initialAccumulatorValue, eps: eps, maximize: maximize))
    }
}
