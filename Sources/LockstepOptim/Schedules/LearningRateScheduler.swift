/// Applies a schedule to an optimizer: sets the learning rate of each group after each step.
///
///     let scheduler = LearningRateScheduler(optimizer, .cosineAnnealing(steps: 1000))
///     for batch in batches {
///         …
///         optimizer.step()
///         scheduler.step()
///     }
public final class LearningRateScheduler {
    private let optimizer: any Optimizer
    private let schedule: LearningRateSchedule
    /// The rate of each group when the scheduler was made: what the schedule goes out from.
    public let initialLearningRates: [Double]
    /// How many steps have been done.
    public private(set) var stepCount = 0

    /// Sets the rates of step 0 of the schedule.
    ///
    /// Stops, with PyTorch's message, where the schedule moves a momentum that the optimizer does not have.
    public init(_ optimizer: any Optimizer, _ schedule: LearningRateSchedule) {
        self.optimizer = optimizer
        self.schedule = schedule
        initialLearningRates = optimizer.learningRates
        if schedule.momentum(after: 0) != nil, optimizer.momenta.contains(nil) {
            fatalError("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
        }
        apply()
    }

    /// Goes on by one step.
    public func step() {
        stepCount += 1
        apply()
    }

    /// Goes to a step, as when a run is resumed from a checkpoint. Stops when it is negative.
    public func restore(stepCount: Int) {
        if stepCount < 0 { fatalError("a schedule cannot be at step \(stepCount)") }
        self.stepCount = stepCount
        apply()
    }

    private func apply() {
        optimizer.learningRates = initialLearningRates.map {
            schedule.learningRate(after: stepCount, initial: $0)
        }
        if let momentum = schedule.momentum(after: stepCount) {
            optimizer.momenta = optimizer.momenta.map { _ in momentum }
        }
    }
}
