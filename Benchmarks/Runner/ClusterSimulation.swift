/// A step of N workers on hosts of their own, played message by message: what a machine with two cores cannot measure.
///
/// Each worker has one processor, which computes, and which every message costs a time at both ends, and one link, which carries one message
/// at a time in each direction. Messages go as the direct all-reduce sends them: for each bucket the sums of each chunk to
/// its owner, the next worker first, and the finished chunk from there to all. What it is fed with is measured: the time of computing, of a
/// message, and of a message's way; only the speed of the links is assumed.
///
/// Nothing is sent before backward is over, so a real step may be faster by what it hides.
struct ClusterSimulation {
    /// Seconds of computing of one worker, and by how much it varies from worker to worker: a standard deviation, relative.
    var computing: Double
    var variation = 0.03
    /// Seconds of the processor a message, at each end.
    var message: Double
    /// Seconds from one host to another, whatever the size.
    var latency: Double
    /// Bytes a second of a link, in each direction.
    var bandwidth: Double
    /// The gradient's bytes in each bucket.
    var buckets: [Double]

    /// Seconds until the last worker has the whole mean gradient.
    func step(workers: Int, seed: UInt64 = 1) -> Double {
        var random = SplitMix(state: seed)
        // Twelve uniform numbers make one that is near enough to normal.
        var processor = (0..<workers).map { _ in
            let normal = (0..<12).reduce(-6.0) { sum, _ in sum + random.uniform() }
            return computing * (1 + variation * normal)
        }
        guard workers > 1 else { return processor[0] }
        var (out, into) = (processor, processor)
        for bucket in buckets {
            let chunk = bucket / Double(workers)
            // Reduce-scatter: when each owner has the last sum; all-gather: when each worker has the last chunk.
            for _ in 0..<2 {
                var ready = processor
                for distance in 1..<workers {
                    for sender in 0..<workers {
                        let receiver = (sender + distance) % workers
                        processor[sender] += message
                        out[sender] = max(out[sender], processor[sender]) + chunk / bandwidth
                        into[receiver] = max(into[receiver] + chunk / bandwidth, out[sender] + latency)
                        ready[receiver] = max(ready[receiver], into[receiver]) + message
                    }
                }
                for worker in 0..<workers { processor[worker] = max(processor[worker], ready[worker]) }
            }
        }
        return processor.max() ?? 0
    }

    /// Random numbers that are the same everywhere. Source: G. Steele, D. Lea and C. Flood, "Fast splittable pseudorandom number
    /// generators", 2014.
    private struct SplitMix {
        var state: UInt64

        mutating func uniform() -> Double {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
        }
    }
}
