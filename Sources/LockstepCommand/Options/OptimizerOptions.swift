internal import ArgumentParser
internal import LockstepOptim
internal import LockstepTraining

/// The update rule and its hyperparameters, and what is done to the gradient before.
struct OptimizerOptions: ParsableArguments {
    @Option(help: "The update rule: \(OptimizerSettings.names.joined(separator: ", ")). (default: adam)")
    var optimizer: String?
    @Option(
        parsing: .unconditional,
        help: "The learning rate. (default: PyTorch's of the optimizer, 0.001 for sgd and adam)")
    var lr: Double?
    @Option(parsing: .unconditional, help: "The momentum of sgd and rmsprop. (default: 0)")
    var momentum: Double?
    @Option(parsing: .unconditional, help: "SGD's dampening of the momentum. (default: 0)")
    var dampening: Double?
    @Option(parsing: .unconditional, help: "Weight decay. (default: 0, and 0.01 for adamw)")
    var weightDecay: Double?
    @Flag(help: "SGD with Nesterov's momentum.")
    var nesterov = false
    @Option(
        parsing: .unconditional,
        help: "The decay rates of the moments of adam, adamw, nadam and lamb. (default: 0.9,0.999)")
    var betas: NumberList?
    @Option(
        parsing: .unconditional,
        help: "The guard against division by zero of all but sgd. (default: PyTorch's, 1e-8 for adam)")
    var eps: Double?
    @Option(parsing: .unconditional, help: "The decay rate of rmsprop's averages. (default: 0.99)")
    var alpha: Double?
    @Flag(help: "Scale rmsprop's gradients by their variance.")
    var centered = false
    @Option(parsing: .unconditional, help: "The decay rate of adadelta's averages. (default: 0.9)")
    var rho: Double?
    @Option(parsing: .unconditional, help: "How fast adagrad's learning rate falls. (default: 0)")
    var lrDecay: Double?
    @Option(parsing: .unconditional, help: "Where adagrad's sums start. (default: 0)")
    var initialAccumulatorValue: Double?
    @Option(parsing: .unconditional, help: "How fast nadam's momentum grows. (default: 0.004)")
    var momentumDecay: Double?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Scale the mean gradient down where its norm is above this.", valueName: "norm"))
    var clipNorm: Double?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Limit each element of the mean gradient to ± this.", valueName: "limit"))
    var clipValue: Double?

    var given: [(String, Bool)] {
        [
            ("--optimizer", optimizer != nil), ("--lr", lr != nil), ("--momentum", momentum != nil),
            ("--dampening", dampening != nil), ("--weight-decay", weightDecay != nil), ("--nesterov", nesterov),
            ("--betas", betas != nil), ("--eps", eps != nil), ("--alpha", alpha != nil), ("--centered", centered),
            ("--rho", rho != nil), ("--lr-decay", lrDecay != nil),
            ("--initial-accumulator-value", initialAccumulatorValue != nil),
            ("--momentum-decay", momentumDecay != nil), ("--clip-norm", clipNorm != nil),
            ("--clip-value", clipValue != nil),
        ]
    }

    func settings() throws -> OptimizerSettings {
        let name = optimizer ?? "adam"
        do {
            return try OptimizerSettings(
                name: name, learningRate: lr, momentum: momentum, dampening: dampening, weightDecay: weightDecay,
                nesterov: nesterov ? true : nil, betas: betas?.numbers, eps: eps, alpha: alpha,
                centered: centered ? true : nil, rho: rho, learningRateDecay: lrDecay,
                initialAccumulatorValue: initialAccumulatorValue, momentumDecay: momentumDecay)
        } catch {
            throw TrainingError(.invalidSetting, OptimizerOptions.explain(error, optimizer: name))
        }
    }

    /// What is wrong with an optimizer's settings, in the words of the command line.
    private static func explain(_ error: OptimizerError, optimizer name: String) -> String {
        switch error {
        case .unknownOption(_, let option, let valid):
            let flags = valid.map(flag(of:)).joined(separator: ", ")
            return "\(flag(of: option)) cannot be given with --optimizer \(name), which has \(flags)"
        case .invalidSetting(let problem): return "--optimizer \(name): \(problem)"
        case .unknownName, .invalidState: return error.description
        }
    }

    /// The command line's name of a setting: `--lr-decay` of `learningRateDecay`.
    private static func flag(of setting: String) -> String {
        let name = setting.hasPrefix("learningRate") ? "lr" + setting.dropFirst("learningRate".count) : setting
        return "--" + name.reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
    }
}

/// Numbers between commas.
struct NumberList: ExpressibleByArgument {
    let numbers: [Double]

    init?(argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        guard numbers.allSatisfy({ $0 != nil }) else { return nil }
        self.numbers = numbers.compactMap { $0 }
    }
}
