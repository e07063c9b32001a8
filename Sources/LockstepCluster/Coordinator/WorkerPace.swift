internal import LockstepTraining
internal import LockstepWire

/// How fast each worker computes, from what it says of its steps: before the all-reduce, in which all wait for the slowest.
struct WorkerPace {
    /// Steps that are looked at together. Fifty: long enough that a hiccup does not count, short enough to be told of.
    static let window = 50
    /// How many times slower than the median a worker must be to be told of.
    static let notable = 1.5

    private var steps = 0
    private var computing: [Int: Double] = [:]
    /// Seconds for each microbatch in the last whole window, by rank.
    private(set) var secondsPerMicrobatch: [Int: Double] = [:]
    /// How often each rank was found slow.
    private var findings: [Int: Int] = [:]

    /// The members have changed: what was measured is of another deal.
    mutating func restart() {
        steps = 0
        computing = [:]
    }

    /// Takes in the reports of a step. Returns whether a window is complete with it.
    mutating func add(_ reports: [Int: StepReport], microbatches: [Int: Int]) -> Bool {
        for (rank, report) in reports { computing[rank, default: 0] += report.computeSeconds }
        steps += 1
        guard steps == WorkerPace.window else { return false }
        secondsPerMicrobatch = [:]
        for (rank, seconds) in computing {
            let count = microbatches[rank] ?? 0
            if count > 0, seconds.isFinite, seconds > 0 { secondsPerMicrobatch[rank] = seconds / Double(steps * count) }
        }
        restart()
        return true
    }

    /// The workers that are notably slower than the median, to be told of: the first time, the tenth, the hundredth, …
    mutating func slow() -> [(rank: Int, factor: Double)] {
        let sorted = secondsPerMicrobatch.values.sorted()
        guard sorted.count > 1 else { return [] }
        // Of two the faster is the measure.
        let median = sorted[(sorted.count - 1) / 2]
        var slow: [(rank: Int, factor: Double)] = []
        for (rank, seconds) in secondsPerMicrobatch.sorted(by: { $0.key < $1.key })
        where seconds > WorkerPace.notable * median {
            findings[rank, default: 0] += 1
            if findings[rank]?.isPowerOfTen == true { slow.append((rank, seconds / median)) }
        }
        return slow
    }
}

extension MicrobatchTree {
    /// Deals the microbatches as contiguous ranges to workers of which each takes `seconds[i]` for one, so that the slowest is done
    /// as early as can be. Where all are equal it is the plain deal.
    package func deal(seconds: [Double]) -> [Range<Int>] {
        var counts = Array(repeating: 0, count: seconds.count)
        // Each goes to the worker that would be done with it first, of equals to the first.
        for _ in 0..<count {
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
