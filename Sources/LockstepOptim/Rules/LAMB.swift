import CLockstepKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// LAMB: Adam whose step, in each layer, is as long as the layer's weights; for very large batches.
///
/// With the values θ of one parameter, their gradient g, the running averages m and v, the step's number t from 1, and γ, β₁, β₂,
/// ε, λ the settings in the order of the initialiser:
///
///     m ← β₁ m + (1 − β₁) g
///     v ← β₂ v + (1 − β₂) g²
///     r = m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε) + λ θ
///     θ ← θ − γ ‖θ‖ / ‖r‖ · r      (the ratio is 1 where a norm is 0)
///
/// The norms are those of each parameter by itself; the paper's φ is the identity. Its state is `exp_avg` (m) and `exp_avg_sq`
/// (v). PyTorch has no LAMB.
///
/// Source: Y. You and others, "Large batch optimization for deep learning: training BERT in 76 minutes", arXiv 1904.00962,
/// algorithm 2.
public typealias LAMB = GroupedOptimizer<LAMBRule>

/// The settings of a group of `LAMB`'s parameters.
public struct LAMBRule: MomentRule {
    public static let name = "LAMB"
    public static let worksByParameter = true
    public var learningRate: Double
    public var betas: (Double, Double)
    /// ε, which keeps the denominator from being 0; not 0 itself, which would make the norm of a layer undefined.
    public var eps: Double
    public var weightDecay: Double

    /// The defaults are the paper's, without weight decay.
    public init(
        lr: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-6, weightDecay: Double = 0
    ) {
        learningRate = lr
        self.betas = betas
        self.eps = eps
        self.weightDecay = weightDecay
    }

    public var problem: String? { Float(eps) == 0 ? "Invalid epsilon value: \(eps)" : momentProblem }

    public mutating func update(_ slice: ParameterSlice) {
        let step = Double(slice.step)
        var settings = LKLAMBSettings(
            learning_rate: Float(learningRate), gradient_weight: Float(1 - betas.0), beta2: Float(betas.1),
            square_weight: Float(1 - betas.1), bias_correction1: Float(1 - pow(betas.0, step)),
            bias_correction2: Float(1 - pow(betas.1, step)), eps: Float(eps), weight_decay: Float(weightDecay))
        lk_lamb_step(
            slice.count, slice.values, slice.gradients, slice.state("exp_avg"), slice.state("exp_avg_sq"), &settings)
    }
}

extension LAMB {
    /// An optimizer of a model's flat buffer, or of some parameters. The defaults are the paper's, without weight decay.
    ///
    /// Stops when a setting is out of range: none may be negative, both betas are below 1, and ε is not 0.
    public convenience init(
        _ parameters: some ParameterSource, lr: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999),
        eps: Double = 1e-6, weightDecay: Double = 0
    ) {
        self.init(parameters, LAMBRule(lr: lr, betas: betas, eps: eps, weightDecay: weightDecay))
    }
}
