import CLockstepKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// NAdam, equal to PyTorch's: Adam that looks ahead along its momentum, as Nesterov's does.
///
/// With the parameters θ, their gradient g, the running averages m and v, the step's number t from 1, and γ, β₁, β₂, ε, λ, ψ the
/// settings in the order of the initialiser:
///
///     μₜ = β₁ (1 − ½ 0.96^(t ψ)),   πₜ = μ₁ μ₂ … μₜ
///     g ← g + λ θ      (θ ← θ − γ λ θ instead, where the decay is decoupled)
///     m ← β₁ m + (1 − β₁) g
///     v ← β₂ v + (1 − β₂) g²
///     θ ← θ − γ ((1 − μₜ) / (1 − πₜ) · g + μₜ₊₁ / (1 − πₜ₊₁) · m) / (√(v / (1 − β₂ᵗ)) + ε)
///
/// Its state is `exp_avg` (m) and `exp_avg_sq` (v); π follows from the settings and the number of steps.
///
/// Source: T. Dozat, "Incorporating Nesterov momentum into Adam", ICLR 2016; `torch.optim.NAdam`.
public typealias NAdam = GroupedOptimizer<NAdamRule>

/// The settings of a group of `NAdam`'s parameters.
public struct NAdamRule: MomentRule {
    public static let name = "NAdam"
    public var learningRate: Double
    public var betas: (Double, Double) { didSet { product = (step: 0, value: 1) } }
    public var eps: Double
    public var weightDecay: Double
    /// ψ, how fast the momentum grows to β₁.
    public var momentumDecay: Double { didSet { product = (step: 0, value: 1) } }
    /// Whether the weights' decay stays out of the gradient, as in AdamW.
    public var decoupledWeightDecay: Bool
    public var maximize: Bool

    /// πₜ of the last step, so that it need not be multiplied together anew.
    private var product = (step: 0, value: 1.0)

    /// The defaults are PyTorch's.
    public init(
        lr: Double = 2e-3, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8, weightDecay: Double = 0,
        momentumDecay: Double = 4e-3, decoupledWeightDecay: Bool = false, maximize: Bool = false
    ) {
        learningRate = lr
        self.betas = betas
        self.eps = eps
        self.weightDecay = weightDecay
        self.momentumDecay = momentumDecay
        self.decoupledWeightDecay = decoupledWeightDecay
        self.maximize = maximize
    }

    public var problem: String? {
        if let problem = momentProblem { return problem }
        if !(momentumDecay >= 0 && momentumDecay.isFinite) { return "Invalid momentum_decay value: \(momentumDecay)" }
        return nil
    }

    private func momentum(_ step: Int) -> Double { betas.0 * (1 - 0.5 * pow(0.96, Double(step) * momentumDecay)) }

    public mutating func update(_ slice: ParameterSlice) {
        if product.step > slice.step { product = (step: 0, value: 1) }
        while product.step < slice.step {
            product.step += 1
            product.value *= momentum(product.step)
        }
        let (now, next) = (momentum(slice.step), momentum(slice.step + 1))
        if decoupledWeightDecay && weightDecay != 0 {
            let factor = Float(1 - learningRate * weightDecay)
            for place in 0..<slice.count { slice.values[place] *= factor }
        }
        var settings = LKNAdamSettings(
            gradient_size: Float(learningRate * (1 - now) / (1 - product.value)),
            average_size: Float(learningRate * next / (1 - product.value * next)),
            gradient_weight: Float(1 - betas.0), beta2: Float(betas.1), square_weight: Float(1 - betas.1),
            bias_correction2: Float(1 - pow(betas.1, Double(slice.step))), eps: Float(eps),
            weight_decay: decoupledWeightDecay ? 0 : Float(weightDecay))
        lk_nadam_step(
            slice.count, slice.values, slice.gradients, slice.state("exp_avg"), slice.state("exp_avg_sq"), &settings)
    }
}

extension NAdam {
    /// An optimizer of a model's flat buffer, or of some parameters. The defaults are PyTorch's.
    ///
    /// Stops with PyTorch's message when a setting is out of range: none may be negative, and both betas are below 1.
    public convenience init(
        _ parameters: some ParameterSource, lr: Double = 2e-3, betas: (Double, Double) = (0.9, 0.999),
        eps: Double = 1e-8, weightDecay: Double = 0, momentumDecay: Double = 4e-3, decoupledWeightDecay: Bool = false,
        maximize: Bool = false
    ) {
        self.init(
            parameters,
            NAdamRule(
                lr: lr, betas: betas, eps: eps, weightDecay: weightDecay, momentumDecay: momentumDecay,
                decoupledWeightDecay: decoupledWeightDecay, maximize: maximize))
    }
}
