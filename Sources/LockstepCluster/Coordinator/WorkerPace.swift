internal import LockstepTraining
internal import LockstepWire

/// How fast each worker computes and sends, from what it says of its steps: only of time that is its own, as in the all-reduce all
/// wait for the slowest.
struct WorkerPace {
    /// Steps that are looked at together. Fifty: long enough that a hiccup does not count, short enough to be told of.
    static let window = 50
    /// How many times slower than the median a worker must be to be told of.
    static let notable = 1.5
    /// The part of a step that a worker must be on the network for longer than the median to be told of. A third: what
    /// makes a step one and a half times as long. Workers of one host send to each other in no time, so one on another host takes
    /// many times as long, which matters only if steps do.
    static let notablePart = 1.0 / 3
    /// For how many seconds it must be so at least. Five milliseconds: kernels count in ticks of up to four or ten, and on a busy host a
    /// process may be as late in taking in what has come.
    static let notableSending = 0.005

    /// What a worker can be slow in.
    enum Doing: Hashable {
        case computing
        case sending
    }

    /// A worker that is slow: the seconds that it takes for a microbatch, or sends for in a step, and those that others do.
    struct Slow {
        let rank: Int
        let doing: Doing
        let seconds: Double
        let others: Double
    }

    private var steps = 0
    private var computing: [Int: Double] = [:]
    private var sending: [Int: Double] = [:]
    /// Seconds that the steps took, in the sum over all workers.
    private var lasting = 0.0
    /// Seconds for each microbatch in the last whole window, by rank.
    private(set) var secondsPerMicrobatch: [Int: Double] = [:]
    /// Seconds of each step that what a rank sent was on its way, in the last whole window.
    private var sendSeconds: [Int: Double] = [:]
    /// Seconds of a step in the last whole window.
    private var stepSeconds = 0.0
    /// How often each rank was found slow in something.
    private var findings: [Doing: [Int: Int]] = [:]

    /// The members have changed: what was measured is of another deal.
    mutating func restart() {
        steps = 0
        computing = [:]
        sending = [:]
        lasting = 0
    }

    /// Takes in the reports of a step. Returns whether a window is complete with it.
    mutating func add(_ reports: [Int: StepReport], microbatches: [Int: Int]) -> Bool {
        for (rank, report) in reports {
            computing[rank, default: 0] += report.computeSeconds
            sending[rank, default: 0] += report.sendSeconds
            lasting += report.computeSeconds + report.communicateSeconds
        }
        steps += 1
        guard steps == WorkerPace.window else { return false }
        secondsPerMicrobatch = [:]
        for (rank, seconds) in computing {
            let count = microbatches[rank] ?? 0
            if count > 0, seconds.isFinite, seconds > 0 { secondsPerMicrobatch[rank] = seconds / Double(steps * count) }
        }
        // They are what workers say, and may be anything.
        sendSeconds = sending.filter { $0.value.isFinite && $0.value >= 0 }.mapValues { $0 / Double(steps) }
        stepSeconds = lasting / Double(steps * max(computing.count, 1))
        restart()
        return true
    }

    /// The workers that are notably slower than the median, to be told of: the first time, the tenth, the hundredth, …
    mutating func slow() -> [Slow] {
        found(secondsPerMicrobatch, .computing, above: 0)
            + found(
                sendSeconds, .sending,
                above: max(WorkerPace.notablePart * stepSeconds, WorkerPace.notableSending))
    }

    /// Those who take notably longer than the median, and by so many seconds at least.
    private mutating func found(_ seconds: [Int: Double], _ doing: Doing, above excess: Double) -> [Slow] {
        let sorted = seconds.values.sorted()
        guard sorted.count > 1 else { return [] }
        // Of two the faster is the measure.
        let median = sorted[(sorted.count - 1) / 2]
        var slow: [Slow] = []
        for (rank, seconds) in seconds.sorted(by: { $0.key < $1.key })
        where seconds > WorkerPace.notable * median && seconds - median > excess {
            findings[doing, default: [:]][rank, default: 0] += 1
            if findings[doing]?[rank]?.isPowerOfTen == true {
                slow.append(Slow(rank: rank, doing: doing, seconds: seconds, others: median))
            }
        }
        return slow
    }
}

extension MicrobatchTree {
    /// Deals the microbatches as contiguous ranges to workers of which each takes `seconds[i]` for one, so that the slowest is done
    /// as early as can be, but none is without, if there are enough: how fast a worker is would not be known any more. Where all are
    /// equal it is the plain deal.
    package func deal(seconds: [Double]) -> [Range<Int>] {
        let least = seconds.count <= count ? 1 : 0
        var counts = Array(repeating: least, count: seconds.count)
        // Each goes to the worker that would be done with it first, of equals to the first.
        for _ in 0..<count - least * seconds.count {
            func end(_ index: Int) -> Double { seconds[index] * Double(counts[index] + 1) }
            if let next = seconds.indices.min(by: { end($0) < end($1) }) { counts[next] += 1 }
        }
        var start = 0
        return counts.map { count in
            defer { start += count }
            return start..<start + count
        }
    }
}
