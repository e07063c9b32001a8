extension LearningRateSchedule {
    /// How a one-cycle schedule goes from one rate to the next.
    public enum Annealing: Sendable {
        /// Along half a cosine.
        case cosine
        /// In a straight line.
        case linear
    }

    /// One rise of the rate to `maximum` and a fall far below where it began, in `steps` steps; `OneCycleLR`.
    ///
    /// The rate rises from `maximum` / `divisor` over the first `riseFraction` of the steps, then falls to that first rate
    /// divided by `finalDivisor`; with three phases it falls as fast as it rose, then on to the end. The rate that an optimizer was
    /// made with plays no part. Where `momenta` are given the momentum (β₁) goes the other way, from the higher to the lower and
    /// back; nil leaves it alone. The defaults are PyTorch's.
    ///
    /// Stops when `steps` is below 1 or `riseFraction` is not in [0, 1], and when more than `steps` steps are done.
    ///
    /// Source: L. Smith and N. Topin, "Super-convergence", arXiv 1708.07120; `torch.optim.lr_scheduler.OneCycleLR`.
    public static func oneCycle(
        maximum: Double, steps: Int, riseFraction: Double = 0.3, annealing: Annealing = .cosine,
        momenta: (base: Double, maximum: Double)? = (base: 0.85, maximum: 0.95), divisor: Double = 25,
        finalDivisor: Double = 1e4, threePhases: Bool = false
    ) -> LearningRateSchedule {
        check(steps >= 1, "Expected positive integer total_steps, but got \(steps)")
        check(0...1 ~= riseFraction, "Expected float between 0 and 1 pct_start, but got \(riseFraction)")
        let first = maximum / divisor
        let last = first / finalDivisor
        let rise = riseFraction * Double(steps) - 1
        let end = Double(steps - 1)
        // Where each phase ends, and between which rates and momenta it lies.
        let phases: [(end: Double, rates: (Double, Double), rises: Bool, isFlat: Bool)] =
            threePhases
            ? [
                (rise, (first, maximum), true, false), (2 * rise, (maximum, first), false, false),
                (end, (first, last), false, true),
            ]
            : [(rise, (first, maximum), true, false), (end, (maximum, last), false, false)]

        /// The phase of a step, and how far into it the step is.
        @Sendable func find(_ step: Int) -> (phase: Int, fraction: Double) {
            check(
                step <= steps,
                "Tried to step \(step) times. The specified number of total steps is \(steps)")
            var start = 0.0
            for (place, phase) in phases.enumerated() {
                if Double(step) <= phase.end || place == phases.count - 1 {
                    let length = phase.end - start
                    return (place, length == 0 ? 1 : (Double(step) - start) / length)
                }
                start = phase.end
            }
            fatalError("a one-cycle schedule has phases")  // The last phase takes every step.
        }
        @Sendable func anneal(_ ends: (Double, Double), _ fraction: Double) -> Double {
            annealing == .cosine
                ? annealed(from: ends.0, to: ends.1, at: fraction) : (ends.1 - ends.0) * fraction + ends.0
        }
        var momentum: (@Sendable (Int) -> Double)?
        if let momenta {
            momentum = { step in
                let (place, fraction) = find(step)
                let phase = phases[place]
                if phase.isFlat { return momenta.maximum }
                let (high, low) = (momenta.maximum, momenta.base)
                return anneal(phase.rises ? (high, low) : (low, high), fraction)
            }
        }
        return LearningRateSchedule(
            rate: { step, _ in
                let (place, fraction) = find(step)
                return anneal(phases[place].rates, fraction)
            }, momentum: momentum)
    }
}
