#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How a learning rate changes with the steps of a schedule: a function of the number of steps and of the first rate.
///
/// A schedule has no memory, so a run that is resumed at step 1000 has the rate of step 1000. Give one to a
/// ``LearningRateScheduler`` to have it applied, or ask it for a rate.
///
///     let schedule = LearningRateSchedule.sequential(
///         [.linear(startFactor: 0.01, steps: 500), .cosineAnnealing(steps: 9500)], milestones: [500])
public struct LearningRateSchedule: Sendable {
    /// The rate after so many steps, given a group's first rate.
    private let rate: @Sendable (_ step: Int, _ initial: Double) -> Double
    /// The momentum after so many steps, where the schedule has one.
    private let momentum: (@Sendable (_ step: Int) -> Double)?

    init(
        rate: @escaping @Sendable (_ step: Int, _ initial: Double) -> Double,
        momentum: (@Sendable (_ step: Int) -> Double)? = nil
    ) {
        self.rate = rate
        self.momentum = momentum
    }

    /// The rate after `step` steps of the schedule, for parameters whose rate was `initial` at first.
    public func learningRate(after step: Int, initial: Double) -> Double { rate(step, initial) }

    /// The momentum after `step` steps of the schedule; nil where the schedule leaves it alone.
    public func momentum(after step: Int) -> Double? { momentum?(step) }
}

extension LearningRateSchedule {
    /// The first rate times whatever `factor` gives for the number of steps; `LambdaLR`.
    public static func lambda(_ factor: @escaping @Sendable (_ step: Int) -> Double) -> LearningRateSchedule {
        .init { step, initial in initial * factor(step) }
    }

    /// γ₀ · gammaᵏ with k = ⌊t / `every`⌋; `StepLR`. Stops when `every` is below 1.
    public static func step(every: Int, gamma: Double = 0.1) -> LearningRateSchedule {
        check(every >= 1, "StepLR expects step_size >= 1, but got \(every)")
        return .init { step, initial in initial * pow(gamma, Double(step / every)) }
    }

    /// γ₀ · gammaᵏ with k the number of milestones up to t, each counted as often as it is named; `MultiStepLR`.
    public static func multiStep(milestones: [Int], gamma: Double = 0.1) -> LearningRateSchedule {
        .init { step, initial in initial * pow(gamma, Double(milestones.count { $0 <= step })) }
    }

    /// γ₀ · gammaᵗ; `ExponentialLR`.
    public static func exponential(gamma: Double) -> LearningRateSchedule {
        .init { step, initial in initial * pow(gamma, Double(step)) }
    }

    /// γ₀ · `factor` for the first `steps` steps, then γ₀; `ConstantLR`.
    public static func constant(factor: Double = 1.0 / 3, steps: Int = 5) -> LearningRateSchedule {
        .init { step, initial in step < steps ? initial * factor : initial }
    }

    /// From γ₀ · `startFactor` to γ₀ · `endFactor` in a straight line over `steps` steps, and so on: a linear warm-up; `LinearLR`.
    ///
    /// Stops when `startFactor` is not in (0, 1], `endFactor` not in [0, 1], or `steps` below 1.
    public static func linear(
        startFactor: Double = 1.0 / 3, endFactor: Double = 1, steps: Int = 5
    ) -> LearningRateSchedule {
        check(
            startFactor > 0 && startFactor <= 1,
            "Starting multiplicative factor expected to be greater than 0 and less or equal to 1.")
        check(0...1 ~= endFactor, "Ending multiplicative factor expected to be between 0 and 1.")
        check(steps >= 1, "LinearLR expects total_iters >= 1, but got \(steps)")
        return .init { step, initial in
            initial * (startFactor + (endFactor - startFactor) * Double(min(step, steps)) / Double(steps))
        }
    }

    /// γ₀ · (1 − t / `steps`)^`power`, and 0 from then on; `PolynomialLR`. Stops when `steps` is below 1.
    public static func polynomial(steps: Int = 5, power: Double = 1) -> LearningRateSchedule {
        check(steps >= 1, "PolynomialLR expects total_iters >= 1, but got \(steps)")
        return .init { step, initial in initial * pow(1 - Double(min(step, steps)) / Double(steps), power) }
    }

    /// `minimum` + (γ₀ − `minimum`) (1 + cos(π t / `steps`)) / 2, from γ₀ to the minimum in `steps` steps and back again;
    /// `CosineAnnealingLR`. Stops when `steps` is below 1.
    ///
    /// Source: I. Loshchilov and F. Hutter, "SGDR", ICLR 2017.
    public static func cosineAnnealing(steps: Int, minimum: Double = 0) -> LearningRateSchedule {
        check(steps >= 1, "CosineAnnealingLR expects T_max >= 1, but got \(steps)")
        return .init { step, initial in
            annealed(from: initial, to: minimum, at: Double(step) / Double(steps))
        }
    }

    /// A cosine from γ₀ to `minimum` in `first` steps, which then starts anew, each time `multiplier` times as long;
    /// `CosineAnnealingWarmRestarts`. Stops when `first` or `multiplier` is below 1.
    public static func cosineAnnealingWarmRestarts(
        first: Int, multiplier: Int = 1, minimum: Double = 0
    ) -> LearningRateSchedule {
        check(first >= 1, "Expected positive integer T_0, but got \(first)")
        check(multiplier >= 1, "Expected integer T_mult >= 1, but got \(multiplier)")
        return .init { step, initial in
            var (length, place) = (first, step)
            if multiplier == 1 {
                place %= length
            } else {
                while place >= length { (place, length) = (place - length, length * multiplier) }
            }
            return annealed(from: initial, to: minimum, at: Double(place) / Double(length))
        }
    }

    /// One schedule after another: the one at place k begins, with its own step 0, at `milestones[k − 1]`; `SequentialLR`.
    ///
    /// Stops unless there is one milestone less than schedules, in ascending order.
    public static func sequential(
        _ schedules: [LearningRateSchedule], milestones: [Int]
    ) -> LearningRateSchedule {
        check(
            !schedules.isEmpty && milestones.count == schedules.count - 1,
            "Sequential Schedulers expects number of schedulers provided to be one more than the number of milestone points, "
                + "but got number of schedulers \(schedules.count) and the number of milestones to be equal to "
                + "\(milestones.count)")
        check(milestones == milestones.sorted(), "the milestones \(milestones) are not in ascending order")
        /// The schedule of a step, and the step's number in it.
        @Sendable func find(_ step: Int) -> (LearningRateSchedule, Int) {
            let place = milestones.count { $0 <= step }
            return (schedules[place], place == 0 ? step : step - milestones[place - 1])
        }
        guard schedules.contains(where: { $0.momentum != nil }) else {
            return .init { step, initial in
                let (schedule, step) = find(step)
                return schedule.rate(step, initial)
            }
        }
        fatalError("a one-cycle schedule is a whole by itself and cannot be part of a sequence")
    }

    /// From `start` to `end` along half a cosine.
    static func annealed(from start: Double, to end: Double, at fraction: Double) -> Double {
        end + (start - end) / 2 * (1 + cos(.pi * fraction))
    }

    static func check(_ holds: Bool, _ message: @autoclosure () -> String) {
        if !holds { fatalError(message()) }
    }
}
