internal import LockstepOptim

/// How the learning rate changes in the course of a run, as values: what a command line, a file or a message says.
///
/// | name | the rate after t of T steps, or in epoch e (from 0), for a first rate γ₀ | options |
/// | --- | --- | --- |
/// | constant | γ₀ | |
/// | step | γ₀ · gammaᵏ, k = ⌊e / stepSize⌋ | `stepSize` (epochs), `gamma` 0.1 |
/// | multistep | γ₀ · gammaᵏ, k milestones passed | `milestones` (epochs), `gamma` 0.1 |
/// | exponential | γ₀ · gammaᵉ | `gamma` |
/// | linear | m + (γ₀ − m) (1 − t/T) | `minimum` m, 0 |
/// | polynomial | m + (γ₀ − m) (1 − t/T)ᵖ | `power` p, 1; `minimum` m, 0 |
/// | cosine | m + (γ₀ − m) (1 + cos(π t/T)) / 2 | `minimum` m, 0 |
/// | one-cycle | up to γ₀ and far down again, with the momentum the other way where the optimizer has one | |
///
/// A warm-up of N steps multiplies the rate of step t < N with (t + 1) / (N + 1); linear, polynomial and cosine then go over the T − N
/// steps that are left.
///
/// Source: `torch.optim.lr_scheduler`, where step, multistep and exponential are mostly stepped once an epoch.
public struct LearningRateSettings: Codable, Sendable, Equatable {
    /// The name of the schedule.
    public var name: String
    /// Steps of the warm-up, 0 for none.
    public var warmup: Int
    /// Epochs between two falls of `step`.
    public var stepSize: Int?
    /// The epochs, from 0, at whose beginning the rate of `multistep` falls.
    public var milestones: [Int]?
    /// By what the rate is multiplied when it falls.
    public var gamma: Double?
    /// Where the rate ends.
    public var minimum: Double?
    /// The power of `polynomial`.
    public var power: Double?

    /// The schedules with the options of each.
    private static let options: [(name: String, options: [String])] = [
        ("constant", []), ("step", ["--step-size", "--gamma"]), ("multistep", ["--milestones", "--gamma"]),
        ("exponential", ["--gamma"]), ("linear", ["--min-lr"]), ("polynomial", ["--power", "--min-lr"]),
        ("cosine", ["--min-lr"]), ("one-cycle", []),
    ]

    /// The names of the schedules.
    public static let names = options.map(\.name)

    /// Settings that have been checked. Throws a ``TrainingError`` that names what cannot be used.
    public init(
        name: String, warmup: Int = 0, stepSize: Int? = nil, milestones: [Int]? = nil, gamma: Double? = nil,
        minimum: Double? = nil, power: Double? = nil
    ) throws {
        (self.name, self.warmup, self.stepSize, self.milestones) = (name, warmup, stepSize, milestones)
        (self.gamma, self.minimum, self.power) = (gamma, minimum, power)
        try check()
    }

    func check() throws {
        guard let valid = LearningRateSettings.options.first(where: { $0.name == name })?.options else {
            throw TrainingError(
                .invalidSetting,
                "--schedule is '\(name)'; expected one of \(LearningRateSettings.names.joined(separator: ", "))")
        }
        let given: [(String, Bool)] = [
            ("--step-size", stepSize != nil), ("--milestones", milestones != nil), ("--gamma", gamma != nil),
            ("--min-lr", minimum != nil), ("--power", power != nil),
        ]
        for (option, isGiven) in given where isGiven && !valid.contains(option) {
            throw TrainingError(
                .invalidSetting,
                "\(option) cannot be given with --schedule \(name), which has "
                    + (valid.isEmpty ? "no option of its own" : valid.joined(separator: ", ")))
        }
        func require(_ holds: Bool, _ option: String, _ found: String, _ expected: String) throws {
            if !holds { throw TrainingError(.invalidSetting, "\(option) is \(found); expected \(expected)") }
        }
        func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "not given" }
        try require(warmup >= 0, "--warmup", "\(warmup)", "0 steps or more")
        try require(
            warmup == 0 || name != "one-cycle", "--warmup", "\(warmup)", "none with one-cycle, which rises by itself")
        if name == "step" {
            try require(
                (1...1_000_000).contains(stepSize ?? 0), "--step-size", stepSize.map { "\($0)" } ?? "not given",
                "1 to 1000000 epochs")
        }
        if name == "multistep" {
            let epochs = milestones ?? []
            try require(
                !epochs.isEmpty && epochs == epochs.sorted() && epochs.allSatisfy { (0...1_000_000).contains($0) },
                "--milestones", epochs.isEmpty ? "not given" : "\(epochs)", "epochs of 0 to 1000000 in ascending order")
        }
        if gamma != nil || name == "exponential" {
            try require((gamma ?? -1) > 0 && gamma?.isFinite == true, "--gamma", text(gamma), "a number above 0")
        }
        try require((minimum ?? 0) >= 0 && (minimum ?? 0).isFinite, "--min-lr", text(minimum), "0 or more")
        try require((power ?? 1) > 0 && (power ?? 1).isFinite, "--power", text(power), "a number above 0")
    }

    /// The schedule of a run. Throws where the warm-up is as long as the run.
    func schedule(learningRate: Double, steps: Int, stepsPerEpoch: Int) throws -> LearningRateSchedule {
        guard warmup < steps else {
            throw TrainingError(
                .invalidSetting, "--warmup is \(warmup), but the run has only \(steps) steps; expected fewer")
        }
        if name == "one-cycle" { return .oneCycle(maximum: learningRate, steps: steps) }
        let (left, floor) = (steps - warmup, minimum ?? 0)
        // What goes by epochs counts from the run's start, what goes to its end from the end of the warm-up.
        let (main, start): (LearningRateSchedule, Int) =
            switch name {
            case "step": (.step(every: (stepSize ?? 1) * stepsPerEpoch, gamma: gamma ?? 0.1), 0)
            case "multistep":
                (.multiStep(milestones: (milestones ?? []).map { $0 * stepsPerEpoch }, gamma: gamma ?? 0.1), 0)
            case "exponential": (.step(every: stepsPerEpoch, gamma: gamma ?? 1), 0)
            case "linear", "polynomial": (.polynomial(steps: left, power: power ?? 1), warmup)
            case "cosine": (.cosineAnnealing(steps: left, minimum: floor), warmup)
            default: (.lambda { _ in 1 }, 0)
            }
        let offset = name == "cosine" ? 0 : floor
        let warmup = warmup
        return .lambda { step in
            // As a factor of the first rate: a schedule that ends at a floor runs between the two.
            let rate = offset + main.learningRate(after: max(0, step - start), initial: learningRate - offset)
            let rise = step < warmup ? Double(step + 1) / Double(warmup + 1) : 1
            return learningRate == 0 ? 0 : rise * rate / learningRate
        }
    }
}
