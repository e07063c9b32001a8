public import LockstepTensor

/// An optimizer's name and settings as values: what a command line, a file or a message says.
///
/// Every value is checked when the settings are made or decoded, so that `make(for:)` cannot fail.
public struct OptimizerSettings: Codable, Sendable, Equatable {
    /// The valid names.
    public static let names = Kind.allCases.map(\.rawValue)

    /// "sgd", "adam" or "adamw".
    public var name: String { kind.rawValue }
    private let kind: Kind
    /// The factor γ of each step.
    public let learningRate: Double
    /// The factor μ that the momentum buffer keeps a step; nil where the optimizer has none.
    public let momentum: Double?
    /// How much less than 1 a new gradient weighs in the momentum buffer; nil where the optimizer has none.
    public let dampening: Double?
    /// The factor λ by which weights shrink towards 0.
    public let weightDecay: Double
    /// Whether the step looks ahead along the momentum; nil where the optimizer has none.
    public let nesterov: Bool?
    /// β₁ and β₂, which the running averages of the gradient and of its square keep a step; nil where the optimizer has none.
    public let betas: [Double]?
    /// What is added to the denominator so that it is never 0; nil where the optimizer has none.
    public let eps: Double?

    private enum Kind: String, CaseIterable, Codable {
        case sgd, adam, adamw

        var options: [String] {
            switch self {
            case .sgd: ["learningRate", "momentum", "dampening", "weightDecay", "nesterov"]
            case .adam, .adamw: ["learningRate", "betas", "eps", "weightDecay"]
            }
        }
    }

    private enum CodingKeys: String, CodingKey {
        case kind = "name"
        case learningRate, momentum, dampening, weightDecay, nesterov, betas, eps
    }

    /// The settings of the optimizer called `name`; what is nil has PyTorch's default.
    ///
    /// | | sgd | adam | adamw |
    /// | --- | --- | --- | --- |
    /// | `learningRate` | 1e-3 | 1e-3 | 1e-3 |
    /// | `momentum`, `dampening` | 0 | | |
    /// | `nesterov` | false | | |
    /// | `betas` | | 0.9, 0.999 | 0.9, 0.999 |
    /// | `eps` | | 1e-8 | 1e-8 |
    /// | `weightDecay` | 0 | 0 | 1e-2 |
    ///
    /// Throws `OptimizerError` when there is no such optimizer (the message lists those there are), when it has no such option
    /// (the message names it), and when a value is out of range (the message is PyTorch's).
    public init(
        name: String, learningRate: Double? = nil, momentum: Double? = nil, dampening: Double? = nil,
        weightDecay: Double? = nil, nesterov: Bool? = nil, betas: [Double]? = nil, eps: Double? = nil
    ) throws(OptimizerError) {
        guard let kind = Kind(rawValue: name) else { throw .unknownName(name) }
        let given: [(String, Bool)] = [
            ("momentum", momentum != nil), ("dampening", dampening != nil), ("nesterov", nesterov != nil),
            ("betas", betas != nil), ("eps", eps != nil),
        ]
        for (option, isGiven) in given where isGiven && !kind.options.contains(option) {
            throw .unknownOption(optimizer: name, option: option, valid: kind.options)
        }
        self.kind = kind
        self.learningRate = learningRate ?? 1e-3
        self.weightDecay = weightDecay ?? (kind == .adamw ? 1e-2 : 0)
        if kind == .sgd {
            (self.momentum, self.dampening, self.nesterov) = (momentum ?? 0, dampening ?? 0, nesterov ?? false)
            (self.betas, self.eps) = (nil, nil)
        } else {
            (self.momentum, self.dampening, self.nesterov) = (nil, nil, nil)
            (self.betas, self.eps) = (betas ?? [0.9, 0.999], eps ?? 1e-8)
        }
        if let problem = self.problem { throw .invalidSetting(problem) }
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            name: values.decode(String.self, forKey: .kind),
            learningRate: values.decodeIfPresent(Double.self, forKey: .learningRate),
            momentum: values.decodeIfPresent(Double.self, forKey: .momentum),
            dampening: values.decodeIfPresent(Double.self, forKey: .dampening),
            weightDecay: values.decodeIfPresent(Double.self, forKey: .weightDecay),
            nesterov: values.decodeIfPresent(Bool.self, forKey: .nesterov),
            betas: values.decodeIfPresent([Double].self, forKey: .betas),
            eps: values.decodeIfPresent(Double.self, forKey: .eps))
    }

    /// What PyTorch would say about the first value that is out of range.
    private var problem: String? {
        switch kind {
        case .sgd:
            SGD.problem(
                learningRate: learningRate, momentum: momentum ?? 0, dampening: dampening ?? 0,
                weightDecay: weightDecay,
                nesterov: nesterov ?? false)
        case .adam, .adamw:
            if let betas, betas.count == 2 {
                Adam.problem(
                    learningRate: learningRate, betas: (betas[0], betas[1]), eps: eps ?? 0, weightDecay: weightDecay)
            } else {
                "betas must be two numbers, but \(betas?.count ?? 0) were given"
            }
        }
    }

    /// The optimizer, at its first step.
    public func make(for parameters: ParameterBuffer) -> any Optimizer {
        switch kind {
        case .sgd:
            SGD(
                parameters, lr: learningRate, momentum: momentum ?? 0, dampening: dampening ?? 0,
                weightDecay: weightDecay,
                nesterov: nesterov ?? false)
        case .adam:
            Adam(parameters, lr: learningRate, betas: pair, eps: eps ?? 1e-8, weightDecay: weightDecay)
        case .adamw:
            AdamW(parameters, lr: learningRate, betas: pair, eps: eps ?? 1e-8, weightDecay: weightDecay)
        }
    }

    private var pair: (Double, Double) { (betas?[0] ?? 0.9, betas?[1] ?? 0.999) }
}
