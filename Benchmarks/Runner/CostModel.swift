import LockstepTraining

/// What a step costs, by what it does: a time for each piece of work, fitted to measured steps.
///
/// A step of N workers with P parameters, B samples and M microbatches on a machine of C cores, where K = min(N, C) of them
/// compute at a time, is taken to last
///
///     compute·P·B/K + gradient·P·M/K + update·P·N/K + exchange·8·P·(N−1)/K + message·R·N·(N−1)·b/K + cluster + step
///
/// with b buckets and R rounds: one for two workers, two for more. The update is done by every worker, and of bytes and messages each core has its workers' to do. The times are never
/// negative, and those with the least sum of squared relative errors, so that short steps count as much as long ones.
package struct CostModel: Encodable {
    /// Seconds a parameter and sample: forward and backward.
    package var compute = 0.0
    /// Seconds a parameter and microbatch: gradients that are written and added.
    package var gradient = 0.0
    /// Seconds a parameter: the optimizer.
    package var update = 0.0
    /// Seconds a byte that a worker sends: both ends of it, and the sum.
    package var exchange = 0.0
    /// Seconds a message: both ends of it.
    package var message = 0.0
    /// Seconds a step of workers besides: the rounds of the all-reduce, and the coordinator.
    package var cluster = 0.0
    /// Seconds a step besides.
    package var step = 0.0
    /// The middle of the relative errors over all measured steps.
    package var typicalError = 0.0

    /// The sizes of the buckets of a gradient, in bytes.
    static func buckets(_ parameters: Int) -> [Int] {
        do {
            return try GradientBuckets(count: parameters).ranges.map { 4 * $0.count }
        } catch {
            // No model that is measured comes near to the most that there may be.
            fatalError("\(error)")
        }
    }

    /// How much of each piece of work the processor that finishes last has to do.
    private static func pieces(_ work: Scaling.Work, cores: Int) -> [Double] {
        let workers = max(work.workers, 1)
        let atATime = Double(min(workers, cores))
        let (p, n) = (Double(work.parameters), Double(workers))
        return [
            p * Double(work.batch) / atATime, p * Double(work.microbatches) / atATime, p * n / atATime,
            8 * p * (n - 1) / atATime,
            (workers == 2 ? 1 : 2) * n * (n - 1) * Double(buckets(work.parameters).count) / atATime,
            work.workers == 0 ? 0 : 1, 1,
        ]
    }

    private var times: [Double] { [compute, gradient, update, exchange, message, cluster, step] }

    /// The model that comes nearest to what was measured.
    package init(fitting measured: [Scaling.Measured], cores: Int) {
        // Rows divided by the measured time: errors are relative, and the right side is 1.
        let rows = measured.map { point in
            CostModel.pieces(point.work, cores: cores).map { $0 / point.median }
        }
        var times = Array(repeating: 0.0, count: 7)
        // Coordinate descent: each time in turn takes what is best for it while the others stay, and at least 0.
        for _ in 0..<100_000 {
            for index in times.indices {
                var (numerator, denominator) = (0.0, 0.0)
                for row in rows where row[index] > 0 {
                    let others = zip(row, times).reduce(0) { $0 + $1.0 * $1.1 } - row[index] * times[index]
                    numerator += row[index] * (1 - others)
                    denominator += row[index] * row[index]
                }
                times[index] = denominator > 0 ? max(0, numerator / denominator) : 0
            }
        }
        (compute, gradient, update) = (times[0], times[1], times[2])
        (exchange, message, cluster, step) = (times[3], times[4], times[5], times[6])
        typicalError =
            measured.isEmpty ? 0 : medianOf(measured.map { abs(time(of: $0.work, cores: cores) / $0.median - 1) })
    }

    /// The seconds that a step is taken to last on one machine.
    package func time(of work: Scaling.Work, cores: Int) -> Double {
        zip(CostModel.pieces(work, cores: cores), times).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// What a worker of its own host computes of a step, without what it exchanges.
    package func computing(_ work: Scaling.Work) -> Double {
        let (p, n) = (Double(work.parameters), Double(max(work.workers, 1)))
        return compute * p * Double(work.batch) / n + (gradient * max(1, Double(work.microbatches) / n) + update) * p
            + step
    }
}
