import CLockstepKernels
public import LockstepTensor

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
/// Source: D. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015; `torch.optim.Adam`.
public class Adam: Optimizer {
    public let parameters: ParameterBuffer
    public var learningRate: Double
    public private(set) var stepCount = 0
    /// β₁ and β₂, which the running averages of the gradient and of its square keep a step.
    public let betas: (Double, Double)
    /// ε, which keeps the denominator from being 0.
    public let eps: Double
    /// λ, the factor by which weights shrink towards 0.
    public let weightDecay: Double

    /// m and v.
    private var average, square: Tensor<Float>
    /// Whether the weights' decay stays out of the gradient, as in AdamW.
    private let isDecoupled: Bool

    fileprivate init(
        _ parameters: ParameterBuffer, lr: Double, betas: (Double, Double), eps: Double, weightDecay: Double,
        isDecoupled: Bool
    ) {
        if let problem = Adam.problem(learningRate: lr, betas: betas, eps: eps, weightDecay: weightDecay) {
            fatalError(problem)
        }
        self.parameters = parameters
        self.learningRate = lr
        self.betas = betas
        self.eps = eps
        self.weightDecay = weightDecay
        self.isDecoupled = isDecoupled
        average = .zeros([parameters.count])
        square = .zeros([parameters.count])
    }

    /// An optimizer of a model's flat buffer. The defaults are PyTorch's and the paper's.
    ///
    /// Stops with PyTorch's message when a setting is out of range: none may be negative, and both betas are below 1.
    public convenience init(
        _ parameters: ParameterBuffer, lr: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
        weightDecay: Double = 0
    ) {
        self.init(parameters, lr: lr, betas: betas, eps: eps, weightDecay: weightDecay, isDecoupled: false)
    }

    /// An optimizer of some parameters, which are laid into one flat buffer unless they are one already.
    public convenience init(
        _ parameters: [Parameter], lr: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
        weightDecay: Double = 0
    ) {
        self.init(.holding(parameters), lr: lr, betas: betas, eps: eps, weightDecay: weightDecay)
    }

    /// What PyTorch would say about the first setting that is out of range.
    static func problem(
        learningRate: Double, betas: (Double, Double), eps: Double, weightDecay: Double
    ) -> String? {
        if !(learningRate >= 0 && learningRate.isFinite) { return "Invalid learning rate: \(learningRate)" }
        if !(eps >= 0 && eps.isFinite) { return "Invalid epsilon value: \(eps)" }
        if !(betas.0 >= 0 && betas.0 < 1) { return "Invalid beta parameter at index 0: \(betas.0)" }
        if !(betas.1 >= 0 && betas.1 < 1) { return "Invalid beta parameter at index 1: \(betas.1)" }
        if !(weightDecay >= 0 && weightDecay.isFinite) { return "Invalid weight_decay value: \(weightDecay)" }
        return nil
    }

    public func step() {
        stepCount += 1
        var settings = LKAdamSettings(
            step_size: Float(learningRate / (1 - pow(betas.0, Double(stepCount)))), gradient_weight: Float(1 - betas.0),
            beta2: Float(betas.1), square_weight: Float(1 - betas.1),
            bias_correction2_sqrt: Float((1 - pow(betas.1, Double(stepCount))).squareRoot()), eps: Float(eps),
            weight_decay: isDecoupled ? 0 : Float(weightDecay),
            decay: isDecoupled ? Float(1 - learningRate * weightDecay) : 1)
        parameters.update { values, gradients in
            // An empty buffer has no base address, and no element that the kernel would touch.
            guard let value = values.baseAddress, let gradient = gradients.baseAddress else { return }
            average.withUnsafeMutableElements { average in
                square.withUnsafeMutableElements { square in
                    guard let average = average.baseAddress, let square = square.baseAddress else { return }
                    lk_adam_step(values.count, value, gradient, average, square, &settings)
                }
            }
        }
    }

    /// `exp_avg` (m) and `exp_avg_sq` (v).
    public var state: [(name: String, tensor: Tensor<Float>)] { [("exp_avg", average), ("exp_avg_sq", square)] }

    public func restore(state: [(name: String, tensor: Tensor<Float>)], stepCount: Int) throws {
        let tensors = try checked(
            state, stepCount: stepCount, names: ["exp_avg", "exp_avg_sq"], count: parameters.count,
            optimizer: isDecoupled ? "AdamW" : "Adam")
        (average, square) = (tensors[0], tensors[1])
        self.stepCount = stepCount
    }
}

/// AdamW, equal to PyTorch's: Adam whose weight decay shrinks the parameters themselves and stays out of the averages.
///
/// As `Adam`, but instead of its first line: θ ← θ − γ λ θ.
///
/// Source: I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", ICLR 2019; `torch.optim.AdamW`.
public final class AdamW: Adam {
    /// An optimizer of a model's flat buffer. The defaults are PyTorch's.
    ///
    /// Stops with PyTorch's message when a setting is out of range: none may be negative, and both betas are below 1.
    public init(
        _ parameters: ParameterBuffer, lr: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
        weightDecay: Double = 1e-2
    ) {
        super.init(parameters, lr: lr, betas: betas, eps: eps, weightDecay: weightDecay, isDecoupled: true)
    }

    /// An optimizer of some parameters, which are laid into one flat buffer unless they are one already.
    public convenience init(
        _ parameters: [Parameter], lr: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
        weightDecay: Double = 1e-2
    ) {
        self.init(.holding(parameters), lr: lr, betas: betas, eps: eps, weightDecay: weightDecay)
    }
}
