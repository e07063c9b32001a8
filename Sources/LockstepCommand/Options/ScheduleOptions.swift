internal import ArgumentParser
internal import LockstepTraining

/// How the learning rate changes in the course of a run.
struct ScheduleOptions: ParsableArguments {
    @Option(
        help: """
            How the rate changes from --lr on: \(LearningRateSettings.names.joined(separator: ", ")). step, multistep and \
            exponential fall between epochs, the others change with each step until the run's end. (default: constant)
            """)
    var schedule: String?
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Rise to --lr in a straight line first.", valueName: "steps"))
    var warmup: Int?
    @Option(parsing: .unconditional, help: ArgumentHelp("How often the rate of step falls.", valueName: "epochs"))
    var stepSize: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("After which epochs the rate of multistep falls, such as 30,80.", valueName: "epochs"))
    var milestones: NumberList?
    @Option(
        parsing: .unconditional,
        help: "What the rate of step, multistep and exponential is multiplied by. (default: 0.1; exponential needs it)")
    var gamma: Double?
    @Option(parsing: .unconditional, help: "Where linear, polynomial and cosine end. (default: 0)")
    var minLr: Double?
    @Option(parsing: .unconditional, help: "The power of polynomial. (default: 1)")
    var power: Double?

    var given: [(String, Bool)] {
        [
            ("--schedule", schedule != nil), ("--warmup", warmup != nil), ("--step-size", stepSize != nil),
            ("--milestones", milestones != nil), ("--gamma", gamma != nil), ("--min-lr", minLr != nil),
            ("--power", power != nil),
        ]
    }

    /// What was asked for; nil where nothing was.
    func settings() throws -> LearningRateSettings? {
        guard given.contains(where: { $0.1 }) else { return nil }
        let epochs = try milestones?.numbers.map { number in
            guard let epoch = Int(exactly: number) else {
                throw TrainingError(.invalidSetting, "--milestones has \(number); expected whole numbers of epochs")
            }
            return epoch
        }
        return try LearningRateSettings(
            name: schedule ?? "constant", warmup: warmup ?? 0, stepSize: stepSize, milestones: epochs, gamma: gamma,
            minimum: minLr, power: power)
    }
}
