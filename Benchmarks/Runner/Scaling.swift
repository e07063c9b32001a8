/// How the time of a step grows with the work: steps of single processes and of workers on this machine, over parameters, over samples,
/// and over workers.
package struct Scaling {
    /// What a step has to do.
    package struct Work: Hashable, Encodable {
        var parameters: Int
        var batch: Int
        var microbatches: Int
        /// 0 for a single process.
        package var workers: Int

        package init(parameters: Int, batch: Int, microbatches: Int, workers: Int) {
            (self.parameters, self.batch) = (parameters, batch)
            (self.microbatches, self.workers) = (microbatches, workers)
        }
    }

    /// A step that is to be timed.
    struct Point {
        var model: String
        var batch: Int
        var microbatches: Int
        var workers: Int
    }

    /// What was measured, in rounds.
    package struct Measured: Encodable {
        var sweep: Sweep
        var work: Work
        var values: [Double]
        var median: Double { medianOf(values) }

        package init(sweep: Sweep, work: Work, values: [Double]) {
            (self.sweep, self.work, self.values) = (sweep, work, values)
        }
    }

    /// What is varied while all else stays.
    package enum Sweep: String, CaseIterable, Encodable {
        case parameters, batch, workers

        /// The steps to time. `isQuick` leaves out those that take long.
        func points(isQuick: Bool) -> [Point] {
            switch self {
            case .parameters:
                // 9 thousand parameters to 100 million, in steps of about ten times.
                let widths = [64, 220, 700, 2230, 7060].dropLast(isQuick ? 2 : 0)
                return widths.flatMap { width in
                    [0, 2].map {
                        Point(model: "mlp:\(width)-\(width)-\(width)-10", batch: 64, microbatches: 2, workers: $0)
                    }
                }
            case .batch:
                return [16, 64, 256, 1024, 4096].dropLast(isQuick ? 2 : 0).flatMap { batch in
                    [0, 2].map {
                        Point(model: "mlp:784-512-512-10", batch: batch, microbatches: 2, workers: $0)
                    }
                }
            case .workers:
                return [0, 1, 2, 4, 8, 16].dropLast(isQuick ? 2 : 0).map {
                    Point(model: "mlp:784-512-512-10", batch: 1024, microbatches: 16, workers: $0)
                }
            }
        }
    }

    private(set) var measured: [Measured] = []
    /// Seconds of small sums of two workers, and of large ones: one round of messages, through sockets as between hosts.
    private(set) var (smallSums, largeSums): ([Double], [Double]) = ([], [])
    /// The bytes of a large one.
    static let largeSum = 16 << 20

    /// Times every step of every sweep once.
    mutating func measure(_ programs: Programs, seconds: Double, isQuick: Bool) async throws {
        try await measureSums(programs)
        for sweep in Sweep.allCases {
            for point in sweep.points(isQuick: isQuick) {
                let lines = try await programs.steps(
                    model: point.model, batch: point.batch, optimizer: "adam", microbatches: point.microbatches,
                    workers: point.workers, ["--warm-up", "3", "--seconds", "\(seconds)"])
                for line in lines {
                    guard let time = line.stepS, let parameters = line.parameters else { continue }
                    let work = Work(
                        parameters: parameters, batch: point.batch, microbatches: point.microbatches,
                        workers: point.workers)
                    add(time, sweep, work)
                }
            }
        }
    }

    /// Times a small sum and a large one, once.
    private mutating func measureSums(_ programs: Programs) async throws {
        let lines = try await Programs.lines(
            of: programs.lockstep,
            [
                "bench", "allreduce", "--workers", "2", "--transport", "tcp", "--bytes", "64,\(Scaling.largeSum)",
                "--no-sockets", "--json",
            ])
        smallSums += lines.filter { $0.bytes == 64 }.compactMap(\.medianS)
        largeSums += lines.filter { $0.bytes == Scaling.largeSum }.compactMap(\.medianS)
    }

    private mutating func add(_ value: Double, _ sweep: Sweep, _ work: Work) {
        if let index = measured.firstIndex(where: { $0.sweep == sweep && $0.work == work }) {
            return measured[index].values.append(value)
        }
        measured.append(Measured(sweep: sweep, work: work, values: [value]))
    }
}
