import LockstepData

/// A step of N workers on hosts of their own, played message by message: what a machine with two cores cannot measure.
///
/// Each worker has one processor, which computes and which every message and byte costs a time at both ends, and one link, which carries one
/// message at a time in each direction. Messages go as the direct all-reduce sends them: of all buckets the sums of each chunk to
/// its owner, the next worker first, and the finished chunks from there to all; two workers send each other all sums instead. What it is fed with is measured: the time of computing,
/// of a message, of a byte, and of a message's way; only the speed of the links is assumed.
///
/// Nothing is sent before backward is over, and a worker sends all that it has for a round before it looks at what has come: a real step may be
/// faster by what that hides. Orders and reports of the coordinator are left out.
package struct ClusterSimulation {
    /// Seconds of computing of one worker, on average.
    package var computing: Double
    /// Seconds of the processor a message, at each end.
    package var message: Double
    /// Seconds of the processor a byte, at each end.
    package var byte: Double
    /// Seconds from one host to another, whatever the size.
    package var latency: Double
    /// Bytes a second of a link, in each direction.
    package var bandwidth: Double
    /// The gradient's bytes in each bucket.
    package var buckets: [Int]

    package init(
        computing: Double, message: Double, byte: Double, latency: Double, bandwidth: Double, buckets: [Int]
    ) {
        (self.computing, self.message, self.byte) = (computing, message, byte)
        (self.latency, self.bandwidth, self.buckets) = (latency, bandwidth, buckets)
    }

    /// By how much computing varies from worker to worker: a standard deviation, relative.
    private static let variation = 0.03

    /// Seconds until the last worker has the whole mean gradient.
    package func step(workers: Int) -> Double {
        guard workers > 1 else { return computing }
        // The same each time.
        var random = KeyedGenerator(1)
        // When each worker's processor is free, and each direction of its link.
        var processor = (0..<workers).map { _ in
            // Twelve uniform numbers make one that is near enough to normal.
            let normal = (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &random) }
            return computing * (1 + ClusterSimulation.variation * normal)
        }
        var (out, into) = (processor, processor)
        let isExchange = workers == 2
        let parts = isExchange ? 1 : Double(workers)
        let bytes = Double(buckets.reduce(0, +)) / parts
        // Reduce-scatter, after which each owner has the last sums; all-gather, after which each worker has the last chunks.
        for _ in 0..<(isExchange ? 1 : 2) {
            let sending = Double(workers - 1) * (Double(buckets.count) * message + byte * bytes)
            var received = processor.map { $0 + sending }
            for bucket in buckets {
                let chunk = Double(bucket) / parts
                let (handling, carrying) = (message + byte * chunk, chunk / bandwidth)
                for distance in 1..<workers {
                    for sender in 0..<workers {
                        let receiver = (sender + distance) % workers
                        processor[sender] += handling
                        out[sender] = max(out[sender], processor[sender]) + carrying
                        into[receiver] = max(into[receiver] + carrying, out[sender] + latency)
                        received[receiver] = max(received[receiver], into[receiver]) + handling
                    }
                }
            }
            processor = received
        }
        return processor.max() ?? 0
    }
}
