internal import ArgumentParser
internal import LockstepOptim
internal import LockstepTraining

/// What is trained and how: the options that decide the bits of a run.
///
/// All are optional, so that a run that is resumed can tell which were given: it has its own.
struct JobOptions: ParsableArguments {
    @Option(help: JobCatalog.help("The model: \(ModelSpecification.forms)."))
    var model: String?
    @Option(
        help: JobCatalog.help(
            "The data: fashion-mnist, synthetic or idx:FOLDER. (default: fashion-mnist where it is installed)"))
    var data: String?
    @Option(parsing: .unconditional, help: "Samples a global batch. (default: 128)")
    var batch: Int?
    @Option(
        parsing: .unconditional,
        help: """
            Into how many microbatches a batch is cut. The bits of the result depend on it, but not on the workers. \
            (default: 4, or the next power of two from the number of workers)
            """)
    var microbatches: Int?
    @Option(parsing: .unconditional, help: "How many times each sample is used. (default: 10)")
    var epochs: Int?
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
        parsing: .unconditional, help: "What initial weights and the order of the samples are drawn from. (default: 0)")
    var seed: UInt64?
    @Option(parsing: .unconditional, help: "Train on the first so many samples only.")
    var limit: Int?
    @Option(parsing: .unconditional, help: "Steps between two checkpoints. (default: one at the end of each epoch)")
    var checkpointEvery: Int?
    @Flag(help: "Go on when the loss is not finite.")
    var allowNonFinite = false
    @Option(help: "The run's name, part of its folder's name. (default: model and data)")
    var name: String?

    /// The settings of a new run on `workers` workers; `tell` receives lines for the user.
    func settings(workers: Int, tell: (String) -> Void) throws -> RunSettings {
        let specifications = try JobCatalog.current.specifications(model: model, data: data, tell: tell)
        let batch = batch ?? 128
        return try RunSettings(
            name: name ?? specifications.name, model: specifications.model, data: specifications.data, batch: batch,
            microbatches: microbatches ?? RunSettings.defaultMicrobatches(workers: workers, batch: batch),
            epochs: epochs ?? 10,
            optimizer: optimizerSettings(),
            seed: seed ?? 0, limit: limit, checkpointEvery: checkpointEvery, continuesWhenNotFinite: allowNonFinite)
    }

    private func optimizerSettings() throws -> OptimizerSettings {
        let name = optimizer ?? "adam"
        do {
            return try OptimizerSettings(
                name: name, learningRate: lr, momentum: momentum, dampening: dampening, weightDecay: weightDecay,
                nesterov: nesterov ? true : nil, betas: betas?.numbers, eps: eps, alpha: alpha,
                centered: centered ? true : nil, rho: rho, learningRateDecay: lrDecay,
                initialAccumulatorValue: initialAccumulatorValue, momentumDecay: momentumDecay)
        } catch {
            throw TrainingError(.invalidSetting, JobOptions.explain(error, optimizer: name))
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

    /// The first option that was given, as the user typed it, of those that may not be where a run is resumed: all but the
    /// place of its data and what to do about a loss that is not finite.
    var firstGiven: String? {
        let given: [(String, Bool)] = [
            ("--model", model != nil), ("--batch", batch != nil), ("--microbatches", microbatches != nil),
            ("--epochs", epochs != nil), ("--optimizer", optimizer != nil), ("--lr", lr != nil),
            ("--momentum", momentum != nil), ("--dampening", dampening != nil), ("--weight-decay", weightDecay != nil),
            ("--nesterov", nesterov), ("--betas", betas != nil), ("--eps", eps != nil), ("--alpha", alpha != nil),
            ("--centered", centered), ("--rho", rho != nil), ("--lr-decay", lrDecay != nil),
            ("--initial-accumulator-value", initialAccumulatorValue != nil),
            ("--momentum-decay", momentumDecay != nil), ("--seed", seed != nil),
            ("--limit", limit != nil),
            ("--checkpoint-every", checkpointEvery != nil),
            ("--name", name != nil),
        ]
        return given.first { $0.1 }?.0
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
