/// Deadlines as the system's waits take them.
enum Deadline {
    /// The milliseconds that are left, rounded up so that a wait does not end before the deadline, at most a day.
    static func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
        let left = deadline - .now
        guard left > .zero else { return 0 }
        guard left < .seconds(86400) else { return 86_400_000 }
        return Int32(left / .milliseconds(1)) + 1
    }

    /// The whole milliseconds of `duration`, from 0 to the largest number that fits.
    static func milliseconds(_ duration: Duration) -> Int32 {
        Int32(max(0, min(Double(Int32.max), duration / .milliseconds(1))))
    }
}
