import LockstepPlot

/// What the sweeps came to: tables for people, and pictures of what was measured beside what the model says.
struct ScalingReport {
    let measured: [Scaling.Measured]
    let model: CostModel
    let cores: Int
    /// Seconds from one worker to another.
    let latency: Double
    /// Seconds a byte through sockets, at each end.
    let byte: Double
    /// Seconds of a step on hosts of their own: of each job, for each number of workers, over each kind of link.
    private let simulated: [[[Double]]]

    init?(_ scaling: Scaling, cores: Int) {
        guard !scaling.measured.isEmpty, !scaling.smallSums.isEmpty, !scaling.largeSums.isEmpty else { return nil }
        measured = scaling.measured
        self.cores = cores
        model = CostModel(fitting: measured, cores: cores)
        // One round, with both ends of a message in it.
        let latency = max(0, medianOf(scaling.smallSums) - model.message)
        // Each worker sends as many bytes as it receives. The model's are those of memory that processes of one host share.
        let byte = max(0, medianOf(scaling.largeSums) - medianOf(scaling.smallSums)) / Double(2 * Scaling.largeSum)
        self.latency = latency
        self.byte = byte
        let model = model
        simulated = ScalingReport.jobs.map { job in
            ScalingReport.sizes.map { workers in
                ScalingReport.links.map { link in
                    ClusterSimulation(
                        computing: model.computing(
                            Scaling.Work(
                                parameters: job.parameters, batch: job.batch(workers), microbatches: workers,
                                workers: workers)),
                        message: model.message / 2, byte: byte, latency: latency,
                        bandwidth: link.bandwidth,
                        buckets: CostModel.buckets(job.parameters)
                    ).step(workers: workers)
                }
            }
        }
    }

    /// The tables, one for each sweep, and the model's times.
    var tables: [(title: String, head: [String], rows: [[String]])] {
        let sweeps = Scaling.Sweep.allCases.map { sweep in
            (
                title: "A step over \(sweep.rawValue)",
                head: ["parameters", "samples", "microbatches", "processes", "measured", "model"],
                rows: measured.filter { $0.sweep == sweep }.map { point in
                    [
                        "\(point.work.parameters)", "\(point.work.batch)", "\(point.work.microbatches)",
                        point.work.workers == 0 ? "single" : "\(point.work.workers)",
                        Report.time(point.median), Report.time(model.time(of: point.work, cores: cores)),
                    ]
                }
            )
        }
        let times = (
            title: "The model of a step",
            head: ["what", "time"],
            rows: [
                ["computing, a parameter and sample", Report.time(model.compute)],
                ["gradient, a parameter and microbatch", Report.time(model.gradient)],
                ["optimizer, a parameter", Report.time(model.update)],
                ["exchange, a byte that a worker sends", Report.time(model.exchange)],
                ["a message, both ends", Report.time(model.message)],
                ["a message's way, from a small sum over tcp", Report.time(latency)],
                ["a byte at each end, from a large sum over tcp", Report.time(byte)],
                ["a step of workers, besides", Report.time(model.cluster)],
                ["a step, besides", Report.time(model.step)],
                ["middle of the model's relative errors", "\(Int((100 * model.typicalError).rounded()))%"],
            ]
        )
        return sweeps + [times, simulatedTable]
    }

    // MARK: Many hosts

    /// Work that is simulated.
    private struct Job {
        var name: String
        var parameters: Int
        /// The samples of a step, given the workers.
        var batch: @Sendable (Int) -> Int
    }

    private static let jobs = [
        Job(name: "1024×4, 512 samples in all", parameters: 3_159_050) { _ in 512 },
        Job(name: "1024×4, 64 samples a worker", parameters: 3_159_050) { 64 * $0 },
    ]

    /// Links that are assumed, in bytes a second.
    private static let links = [
        (name: "1 Gbit/s", bandwidth: 0.117e9), (name: "10 Gbit/s", bandwidth: 1.17e9),
        (name: "100 Gbit/s", bandwidth: 11.7e9),
    ]

    private static let sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

    private var simulatedTable: (title: String, head: [String], rows: [[String]]) {
        (
            "A step on hosts of their own, simulated", ["job", "workers"] + ScalingReport.links.map(\.name),
            zip(ScalingReport.jobs, simulated).flatMap { job, steps in
                zip(ScalingReport.sizes, steps).map { workers, times in
                    [job.name, "\(workers)"] + times.map(Report.time)
                }
            }
        )
    }

    // MARK: Pictures

    /// Draws all pictures; returns their names and what they show.
    func draw(to path: String) throws -> [(file: String, caption: String)] {
        var drawn: [(file: String, caption: String)] = []
        for sweep in Scaling.Sweep.allCases {
            try plot(sweep).write(to: "\(path)-\(sweep.rawValue).svg")
            drawn.append(("\(path)-\(sweep.rawValue).svg", "A step over \(sweep.rawValue), measured and by the model"))
        }
        try LockstepPlot.Figure(zip(ScalingReport.jobs, simulated).map { plot($0, $1) }).write(
            to: "\(path)-simulated.svg")
        drawn.append(("\(path)-simulated.svg", "A step on up to 1024 hosts, simulated"))
        return drawn
    }

    private func plot(_ sweep: Scaling.Sweep) -> Plot {
        let points = measured.filter { $0.sweep == sweep }
        let labels = [
            Scaling.Sweep.parameters: "parameters (64 samples)", .batch: "samples (784-512-512-10)",
            .workers: "workers (784-512-512-10, 1024 samples, 16 microbatches)",
        ]
        var plot = Plot(
            title: "A step of training, \(cores) cores", xLabel: labels[sweep] ?? "", yLabel: "milliseconds",
            xScale: .logarithmic, yScale: .logarithmic)
        // Of workers the sweep itself makes the line.
        let kinds = sweep == .workers ? [nil] : Set(points.map(\.work.workers)).sorted().map(Optional.some)
        for (kind, color) in zip(kinds, PlotColor.allCases) {
            let some = points.filter { kind == nil ? $0.work.workers > 0 : $0.work.workers == kind }
            let x = some.map { point -> Double in
                switch sweep {
                case .parameters: Double(point.work.parameters)
                case .batch: Double(point.work.batch)
                case .workers: Double(point.work.workers)
                }
            }
            let name = kind.map { $0 == 0 ? "single process" : "\($0) workers" } ?? "workers"
            plot.line(x, some.map { 1e3 * $0.median }, label: "\(name), measured", color: color, markers: true)
            plot.line(
                x, some.map { 1e3 * model.time(of: $0.work, cores: cores) }, label: "\(name), by the model",
                color: color, style: .dashed)
        }
        return plot
    }

    private func plot(_ job: Job, _ steps: [[Double]]) -> Plot {
        var plot = Plot(
            title: "A step of \(job.name), simulated", xLabel: "workers, each on a host of its own",
            yLabel: "milliseconds", xScale: .logarithmic, yScale: .logarithmic)
        for (index, link) in ScalingReport.links.enumerated() {
            plot.line(
                ScalingReport.sizes, steps.map { 1e3 * $0[index] }, label: "links of \(link.name)", markers: true)
        }
        return plot
    }
}
