/// Lowers an optimizer's learning rates when a metric has stopped improving; `ReduceLROnPlateau`.
///
///     let scheduler = PlateauScheduler(optimizer, patience: 5)
///     for epoch in 0..<epochs {
///         …
///         scheduler.step(validationLoss)
///     }
public final class PlateauScheduler {
    /// Which metric is the better one.
    public enum Mode: Sendable {
        /// The smaller one, as of a loss.
        case min
        /// The larger one, as of an accuracy.
        case max
    }
    /// What `threshold` is measured in: parts of the best metric, or the metric's own unit.
    public enum ThresholdMode: Sendable {
        /// In parts of the best metric so far.
        case relative
        /// In the metric's own unit.
        case absolute
    }

    private let optimizer: any Optimizer
    private let mode: Mode
    private let factor: Double
    private let patience: Int
    private let threshold: Double
    private let thresholdMode: ThresholdMode
    private let cooldown: Int
    private let minimum: Double
    private let eps: Double

    /// What the scheduler remembers: to be saved with a checkpoint, and set when a run is resumed.
    public struct State: Sendable, Equatable, Codable {
        /// The best metric so far; nil before there was one.
        public var best: Double?
        /// Steps without an improvement.
        public var badSteps = 0
        /// Steps for which the rate is left alone after it was lowered.
        public var cooldown = 0
        /// The rate of each group.
        public var learningRates: [Double]
    }

    private var best: Double
    private var badSteps = 0
    private var cooldownLeft = 0

    /// Watches a metric that is to fall (or, with `.max`, to rise).
    ///
    /// After more than `patience` steps without an improvement beyond `threshold`, every rate is multiplied with `factor`, but not
    /// below `minimum` and not where that would change it by `eps` or less; then `cooldown` steps are let pass. The defaults are
    /// PyTorch's. Stops when `factor` is 1 or more.
    public init(
        _ optimizer: any Optimizer, mode: Mode = .min, factor: Double = 0.1, patience: Int = 10,
        threshold: Double = 1e-4, thresholdMode: ThresholdMode = .relative, cooldown: Int = 0, minimum: Double = 0,
        eps: Double = 1e-8
    ) {
        if !(factor < 1) { fatalError("Factor should be < 1.0.") }
        self.optimizer = optimizer
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.thresholdMode = thresholdMode
        self.cooldown = cooldown
        self.minimum = minimum
        self.eps = eps
        best = mode == .min ? .infinity : -.infinity
    }

    /// What every metric is better than.
    private var none: Double { mode == .min ? .infinity : -.infinity }

    /// What is to be saved with a checkpoint. Setting it goes on from there, with the rates of that time.
    public var state: State {
        get {
            State(
                best: best.isFinite ? best : nil, badSteps: badSteps, cooldown: cooldownLeft,
                learningRates: optimizer.learningRates)
        }
        set {
            (best, badSteps, cooldownLeft) = (newValue.best ?? none, newValue.badSteps, newValue.cooldown)
            optimizer.learningRates = newValue.learningRates
        }
    }

    /// Takes in the metric of one step, mostly an epoch; a NaN is no improvement.
    public func step(_ metric: Double) {
        if isBetter(metric) {
            (best, badSteps) = (metric, 0)
        } else {
            badSteps += 1
        }
        if cooldownLeft > 0 {
            cooldownLeft -= 1
            badSteps = 0
        }
        if badSteps > patience {
            optimizer.learningRates = optimizer.learningRates.map { rate in
                let lower = Swift.max(rate * factor, minimum)
                return rate - lower > eps ? lower : rate
            }
            (cooldownLeft, badSteps) = (cooldown, 0)
        }
    }

    private func isBetter(_ metric: Double) -> Bool {
        switch (mode, thresholdMode) {
        case (.min, .relative): metric < best * (1 - threshold)
        case (.min, .absolute): metric < best - threshold
        case (.max, .relative): metric > best * (1 + threshold)
        case (.max, .absolute): metric > best + threshold
        }
    }
}
