public import LockstepTensor

/// An optimizer's name and settings as values: what a command line, a file or a message says.
///
/// Every value is checked when the settings are made or decoded, so that `make(for:)` cannot fail. A setting that the optimizer
/// does not have is nil.
public struct OptimizerSettings: Codable, Sendable, Equatable {
    /// The valid names.
    public static let names = Kind.allCases.map(\.rawValue)

    /// "sgd", "adam" and so on.
    public var name: String { kind.rawValue }
    private let kind: Kind
    /// The factor γ of each step.
    public let learningRate: Double
    /// The factor μ that the momentum buffer keeps a step.
    public let momentum: Double?
    /// How much less than 1 a new gradient weighs in the momentum buffer.
    public let dampening: Double?
    /// The factor λ by which weights shrink towards 0.
    public let weightDecay: Double
    /// Whether the step looks ahead along the momentum.
    public let nesterov: Bool?
    /// β₁ and β₂, which the running averages of the gradient and of its square keep a step.
    public let betas: [Double]?
    /// What is added to the denominator so that it is never 0.
    public let eps: Double?
    /// The factor that RMSprop's running averages keep a step.
    public let alpha: Double?
    /// Whether RMSprop scales by the gradient's variance.
    public let centered: Bool?
    /// The factor that Adadelta's running averages keep a step.
    public let rho: Double?
    /// How fast Adagrad's learning rate falls.
    public let learningRateDecay: Double?
    /// Where Adagrad's sums start.
    public let initialAccumulatorValue: Double?
    /// How fast NAdam's momentum grows.
    public let momentumDecay: Double?

    private enum CodingKeys: String, CodingKey {
        case kind = "name"
        case learningRate, momentum, dampening, weightDecay, nesterov, betas, eps
        case alpha, centered, rho, learningRateDecay, initialAccumulatorValue, momentumDecay
    }

    /// The settings of the optimizer called `name`; what is nil has PyTorch's default.
    ///
    /// | | rate | other options and their defaults |
    /// | --- | --- | --- |
    /// | sgd | 1e-3 | `momentum` 0, `dampening` 0, `weightDecay` 0, `nesterov` false |
    /// | adam | 1e-3 | `betas` 0.9, 0.999, `eps` 1e-8, `weightDecay` 0 |
    /// | adamw | 1e-3 | `betas` 0.9, 0.999, `eps` 1e-8, `weightDecay` 1e-2 |
    /// | adagrad | 1e-2 | `learningRateDecay` 0, `weightDecay` 0, `initialAccumulatorValue` 0, `eps` 1e-10 |
    /// | rmsprop | 1e-2 | `alpha` 0.99, `eps` 1e-8, `weightDecay` 0, `momentum` 0, `centered` false |
    /// | adadelta | 1 | `rho` 0.9, `eps` 1e-6, `weightDecay` 0 |
    /// | nadam | 2e-3 | `betas` 0.9, 0.999, `eps` 1e-8, `weightDecay` 0, `momentumDecay` 4e-3 |
    /// | lamb | 1e-3 | `betas` 0.9, 0.999, `eps` 1e-6, `weightDecay` 0 |
    ///
    /// Throws `OptimizerError` when there is no such optimizer (the message lists those there are), when it has no such option
    /// (the message names it), and when a value is out of range (the message is PyTorch's).
    public init(
        name: String, learningRate: Double? = nil, momentum: Double? = nil, dampening: Double? = nil,
        weightDecay: Double? = nil, nesterov: Bool? = nil, betas: [Double]? = nil, eps: Double? = nil,
        alpha: Double? = nil, centered: Bool? = nil, rho: Double? = nil, learningRateDecay: Double? = nil,
        initialAccumulatorValue: Double? = nil, momentumDecay: Double? = nil
    ) throws(OptimizerError) {
        guard let kind = Kind(rawValue: name) else { throw .unknownName(name) }
        let given: [(option: String, isGiven: Bool)] = [
            ("momentum", momentum != nil), ("dampening", dampening != nil), ("nesterov", nesterov != nil),
            ("betas", betas != nil), ("eps", eps != nil), ("alpha", alpha != nil), ("centered", centered != nil),
            ("rho", rho != nil), ("learningRateDecay", learningRateDecay != nil),
            ("initialAccumulatorValue", initialAccumulatorValue != nil), ("momentumDecay", momentumDecay != nil),
        ]
        for (option, isGiven) in given where isGiven && !kind.options.contains(option) {
            throw .unknownOption(optimizer: name, option: option, valid: kind.options)
        }
        func value<Value>(_ option: String, _ given: Value?, _ standard: Value) -> Value? {
            kind.options.contains(option) ? given ?? standard : nil
        }
        self.kind = kind
        self.learningRate = learningRate ?? kind.learningRate
        self.weightDecay = weightDecay ?? (kind == .adamw ? 1e-2 : 0)
        self.momentum = value("momentum", momentum, 0)
        self.dampening = value("dampening", dampening, 0)
        self.nesterov = value("nesterov", nesterov, false)
        self.betas = value("betas", betas, [0.9, 0.999])
        self.eps = value("eps", eps, kind.eps)
        self.alpha = value("alpha", alpha, 0.99)
        self.centered = value("centered", centered, false)
        self.rho = value("rho", rho, 0.9)
        self.learningRateDecay = value("learningRateDecay", learningRateDecay, 0)
        self.initialAccumulatorValue = value("initialAccumulatorValue", initialAccumulatorValue, 0)
        self.momentumDecay = value("momentumDecay", momentumDecay, 4e-3)
        if let betas = self.betas, betas.count != 2 {
            throw .invalidSetting("betas must be two numbers, but \(betas.count) were given")
        }
        if let problem = rule.problem { throw .invalidSetting(problem) }
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func number(_ key: CodingKeys) throws -> Double? { try values.decodeIfPresent(Double.self, forKey: key) }
        func flag(_ key: CodingKeys) throws -> Bool? { try values.decodeIfPresent(Bool.self, forKey: key) }
        try self.init(
            name: values.decode(String.self, forKey: .kind), learningRate: number(.learningRate),
            momentum: number(.momentum), dampening: number(.dampening), weightDecay: number(.weightDecay),
            nesterov: flag(.nesterov), betas: values.decodeIfPresent([Double].self, forKey: .betas), eps: number(.eps),
            alpha: number(.alpha), centered: flag(.centered), rho: number(.rho),
            learningRateDecay: number(.learningRateDecay), initialAccumulatorValue: number(.initialAccumulatorValue),
            momentumDecay: number(.momentumDecay))
    }

    /// The optimizer, at its first step.
    public func make(for parameters: ParameterBuffer) -> any Optimizer {
        func make(_ rule: some UpdateRule) -> any Optimizer { GroupedOptimizer(parameters, rule) }
        return make(rule)
    }

    /// The settings as the optimizer's rule; the defaults after `??` are never used, since what an optimizer has is not nil.
    private var rule: any UpdateRule {
        let (eps, betas) = (eps ?? kind.eps, betas.map { ($0[0], $0[1]) } ?? (0.9, 0.999))
        return switch kind {
        case .sgd:
            SGDRule(
                lr: learningRate, momentum: momentum ?? 0, dampening: dampening ?? 0, weightDecay: weightDecay,
                nesterov: nesterov ?? false)
        case .adam: AdamRule(lr: learningRate, betas: betas, eps: eps, weightDecay: weightDecay)
        case .adamw: AdamWRule(lr: learningRate, betas: betas, eps: eps, weightDecay: weightDecay)
        case .adagrad:
            AdagradRule(
                lr: learningRate, learningRateDecay: learningRateDecay ?? 0, weightDecay: weightDecay,
                initialAccumulatorValue: initialAccumulatorValue ?? 0, eps: eps)
        case .rmsprop:
            RMSpropRule(
                lr: learningRate, alpha: alpha ?? 0.99, eps: eps, weightDecay: weightDecay, momentum: momentum ?? 0,
                centered: centered ?? false)
        case .adadelta: AdadeltaRule(lr: learningRate, rho: rho ?? 0.9, eps: eps, weightDecay: weightDecay)
        case .nadam:
            NAdamRule(
                lr: learningRate, betas: betas, eps: eps, weightDecay: weightDecay,
                momentumDecay: momentumDecay ?? 4e-3)
        case .lamb: LAMBRule(lr: learningRate, betas: betas, eps: eps, weightDecay: weightDecay)
        }
    }
}

extension OptimizerSettings {
    /// The optimizers there are, with what differs between them.
    private enum Kind: String, CaseIterable, Codable {
        case sgd, adam, adamw, adagrad, rmsprop, adadelta, nadam, lamb

        var options: [String] {
            switch self {
            case .sgd: ["learningRate", "momentum", "dampening", "weightDecay", "nesterov"]
            case .adam, .adamw, .lamb: ["learningRate", "betas", "eps", "weightDecay"]
            case .adagrad: ["learningRate", "learningRateDecay", "weightDecay", "initialAccumulatorValue", "eps"]
            case .rmsprop: ["learningRate", "alpha", "eps", "weightDecay", "momentum", "centered"]
            case .adadelta: ["learningRate", "rho", "eps", "weightDecay"]
            case .nadam: ["learningRate", "betas", "eps", "weightDecay", "momentumDecay"]
            }
        }

        var learningRate: Double {
            switch self {
            case .sgd, .adam, .adamw, .lamb: 1e-3
            case .adagrad, .rmsprop: 1e-2
            case .adadelta: 1
            case .nadam: 2e-3
            }
        }

        var eps: Double {
            switch self {
            case .sgd, .adam, .adamw, .rmsprop, .nadam: 1e-8
            case .adagrad: 1e-10
            case .adadelta, .lamb: 1e-6
            }
        }
    }
}
