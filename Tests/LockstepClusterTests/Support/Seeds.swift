import Glibc
import Synchronization
import Testing

/// The seeds that a simulated test draws its schedules from: all of a range or, where the environment names one in `LOCKSTEP_SEED`,
/// that one alone, for a run that failed to be looked at.
struct Seeds: Sequence {
    /// The only seed, where one is named.
    static let only: UInt64? = getenv("LOCKSTEP_SEED").flatMap { UInt64(String(cString: $0)) }
    /// Whether there is only one: what must happen in some of many runs need not happen in it.
    static var isOne: Bool { only != nil }

    /// The seed that each thread runs: a test has one thread.
    private static let running = Mutex<[UInt: UInt64]>([:])

    private let range: Range<UInt64>

    init(_ range: Range<UInt64>) {
        self.range = range
    }

    func makeIterator() -> AnyIterator<UInt64> {
        let all = range
        var seeds = (Seeds.only.map { all.clamped(to: $0..<$0 + 1) } ?? all).makeIterator()
        return AnyIterator {
            let seed = seeds.next()
            Seeds.running.withLock { $0[UInt(pthread_self())] = seed }
            return seed
        }
    }

    /// The command that runs the seed of this thread again, where there is one. Nothing of a run depends on the order in which sets and
    /// dictionaries are walked; the command fixes that all the same, should it ever.
    static var replay: Comment? {
        guard let seed = running.withLock({ $0[UInt(pthread_self())] }), let test = Test.current else { return nil }
        let suite = test.id.description.split(separator: "/").first.map(String.init) ?? ""
        let name = test.name.prefix { $0 != "(" }
        return """
            replay with: LOCKSTEP_SEED=\(seed) SWIFT_DETERMINISTIC_HASHING=1 swift test -c release --disable-xctest \
            --filter '\(suite)/\(name)\\('
            """
    }
}

extension Trait where Self == IssueHandlingTrait {
    /// Has everything that goes wrong in a run come with the command that runs its seed again.
    static var replaying: Self {
        .compactMapIssues { issue in
            // A suite and its tests each handle an issue.
            guard let replay = Seeds.replay, !issue.comments.contains(replay) else { return issue }
            var issue = issue
            issue.comments.append(replay)
            return issue
        }
    }
}
