import LockstepData

/// A step of N workers on hosts of their own, played message by message: what a machine with two cores cannot measure.
///
/// Each worker has one processor, which computes and which every message and byte costs a time at both ends, and one link, which carries one
/// message at a time in each direction. Messages go as the direct all-reduce sends them: for each bucket the sums of each chunk to
/// its owner, the next worker first, and the finished chunk from there to all. What it is fed with is measured: the time of computing,
/// of a message, of a byte, and of a message's way; only the speed of the links is assumed.
///
/// Nothing is sent before backward is over, and who receives has sent everything before: a real step may be faster by what it hides.
struct ClusterSimulation {
    /// Seconds of computing of one worker, and by how much it varies from worker to worker: a standard deviation, relative.
    var computing: Double
    var variation = 0.03
    /// Seconds of the processor a message, at each end.
    var message: Double
    /// Seconds of the processor a byte, at each end.
    var byte: Double
    /// Seconds from one host to another, whatever the size.
    var latency: Double
    /// Bytes a second of a link, in each direction.
    var bandwidth: Double
    /// The gradient's bytes in each bucket.
    var buckets: [Int]

    /// Seconds until the last worker has the whole mean gradient.
    func step(workers: Int, seed: UInt64 = 1) -> Double {
        var random = KeyedGenerator(seed)
        // When each worker's processor is free, and each direction of its link.
        var processor = (0..<workers).map { _ in
            // Twelve uniform numbers make one that is near enough to normal.
            let normal = (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &random) }
            return computing * (1 + variation * normal)
        }
        var (out, into) = (processor, processor)
        for bucket in buckets where workers > 1 {
            let chunk = Double(bucket) / Double(workers)
            let (handling, carrying) = (message + byte * chunk, chunk / bandwidth)
            // Reduce-scatter, after which each owner has the last sum; all-gather, after which each worker has the last chunk.
            for _ in 0..<2 {
                var received = processor.map { $0 + Double(workers - 1) * handling }
                for distance in 1..<workers {
                    for sender in 0..<workers {
                        let receiver = (sender + distance) % workers
                        processor[sender] += handling
                        out[sender] = max(out[sender], processor[sender]) + carrying
                        into[receiver] = max(into[receiver] + carrying, out[sender] + latency)
                        received[receiver] = max(received[receiver], into[receiver]) + handling
                    }
                }
                processor = received
            }
        }
        return processor.max() ?? 0
    }
}
