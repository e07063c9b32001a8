/// The time of a coordinator's or worker's loop, by which it judges how long others have been silent.
///
/// It stands still while the loop does not run: while the process is suspended (Ctrl-Z, a sleeping laptop) or waits for a slow
/// disk. What others sent meanwhile waits to be read, and nobody is to be blamed for a silence that was one's own.
struct LoopClock {
    /// A loop turns several times a second, so more than this between two readings was no turn of a running loop.
    private let longestTurn: Duration
    private let clock = ContinuousClock()
    private var last: ContinuousClock.Instant
    private var elapsed = Duration.zero

    /// A clock that begins at 0, for a loop that counts others as gone after `silence`.
    init(silence: Duration) {
        longestTurn = silence / 2
        last = clock.now
    }

    /// The time since the beginning.
    mutating func now() -> Duration {
        let instant = clock.now
        elapsed += min(last.duration(to: instant), longestTurn)
        last = instant
        return elapsed
    }
}
