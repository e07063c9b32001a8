import CLockstepKernels
public import LockstepTensor

/// Stochastic gradient descent, with momentum, dampening, weight decay and Nesterov's variant, equal to PyTorch's.
///
/// With the parameters θ, their gradient g, the momentum buffer b, and γ, μ, τ, λ the settings in the order of the initialiser:
///
///     g ← g + λ θ
///     b ← g in the first step, then μ b + (1 − τ) g
///     g ← g + μ b with Nesterov's variant, else b      (where μ is not 0)
///     θ ← θ − γ g
///
/// Source: `torch.optim.SGD`.
public final class SGD: Optimizer {
    public let parameters: ParameterBuffer
    public var learningRate: Double
    public private(set) var stepCount = 0
    /// μ, the factor that the momentum buffer keeps a step.
    public let momentum: Double
    /// τ, how much less than 1 a new gradient weighs in the momentum buffer.
    public let dampening: Double
    /// λ, the factor by which weights shrink towards 0.
    public let weightDecay: Double
    /// Whether the step looks ahead along the momentum.
    public let nesterov: Bool

    /// b, where there is momentum.
    private var buffer: Tensor<Float>?

    /// An optimizer of a model's flat buffer. The defaults are PyTorch's.
    ///
    /// Stops with PyTorch's message when a setting is out of range: the learning rate, momentum and weight decay may not be
    /// negative, and Nesterov's variant needs momentum and no dampening.
    public init(
        _ parameters: ParameterBuffer, lr: Double = 1e-3, momentum: Double = 0, dampening: Double = 0,
        weightDecay: Double = 0,
        nesterov: Bool = false
    ) {
        if let problem = SGD.problem(
            learningRate: lr, momentum: momentum, dampening: dampening, weightDecay: weightDecay, nesterov: nesterov)
        {
            fatalError(problem)
        }
        self.parameters = parameters
        self.learningRate = lr
        self.momentum = momentum
        self.dampening = dampening
        self.weightDecay = weightDecay
        self.nesterov = nesterov
        if momentum != 0 { buffer = .zeros([parameters.count]) }
    }

    /// An optimizer of some parameters, which are laid into one flat buffer unless they are one already.
    public convenience init(
        _ parameters: [Parameter], lr: Double = 1e-3, momentum: Double = 0, dampening: Double = 0,
        weightDecay: Double = 0,
        nesterov: Bool = false
    ) {
        self.init(
            .holding(parameters), lr: lr, momentum: momentum, dampening: dampening, weightDecay: weightDecay,
            nesterov: nesterov)
    }

    /// What PyTorch would say about the first setting that is out of range.
    static func problem(
        learningRate: Double, momentum: Double, dampening: Double, weightDecay: Double, nesterov: Bool
    ) -> String? {
        if !(learningRate >= 0 && learningRate.isFinite) { return "Invalid learning rate: \(learningRate)" }
        if !(momentum >= 0 && momentum.isFinite) { return "Invalid momentum value: \(momentum)" }
        if !dampening.isFinite { return "Invalid dampening value: \(dampening)" }
        if !(weightDecay >= 0 && weightDecay.isFinite) { return "Invalid weight_decay value: \(weightDecay)" }
        if nesterov && (momentum <= 0 || dampening != 0) {
            return "Nesterov momentum requires a momentum and zero dampening"
        }
        return nil
    }

    public func step() {
        var settings = LKSGDSettings(
            learning_rate: Float(learningRate), momentum: Float(momentum), gradient_weight: Float(1 - dampening),
            weight_decay: Float(weightDecay), nesterov: nesterov, first: stepCount == 0)
        parameters.update { values, gradients in
            // An empty buffer has no base address, and no element that the kernel would touch.
            guard let value = values.baseAddress, let gradient = gradients.baseAddress else { return }
            if buffer == nil {
                lk_sgd_step(values.count, value, gradient, nil, &settings)
            } else {
                buffer?.withUnsafeMutableElements {
                    lk_sgd_step(values.count, value, gradient, $0.baseAddress, &settings)
                }
            }
        }
        stepCount += 1
    }

    /// `momentum_buffer` where there is momentum, otherwise nothing.
    public var state: [(name: String, tensor: Tensor<Float>)] {
        if let buffer { [("momentum_buffer", buffer)] } else { [] }
    }

    public func restore(state: [(name: String, tensor: Tensor<Float>)], stepCount: Int) throws {
        let names = buffer == nil ? [] : ["momentum_buffer"]
        let tensors = try checked(
            state, stepCount: stepCount, names: names, count: parameters.count, optimizer: "SGD")
        buffer = tensors.first
        self.stepCount = stepCount
    }
}
