import Glibc
import LockstepFormats
import LockstepTraining

/// Whose figures.
enum Subject: String, Encodable {
    case lockstep, sockets, pytorch
}

/// One thing that was measured, with a value a round.
struct Figure: Encodable {
    var part: String
    var job: String
    var workers: Int
    var subject: Subject
    /// `steps/s`, `s` or `bytes`.
    var unit: String
    var values: [Double]

    var median: Double { medianOf(values) }
}

/// The middle one, or the mean of the middle two.
func medianOf(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

/// All that was measured.
struct Results {
    var figures: [Figure] = []
    var scaling = Scaling()

    mutating func add(_ line: Line, subject: Subject, part: Part, job: String, workers: Int) {
        for (unit, value) in [("steps/s", line.stepsPerS), ("s", line.medianS), ("bytes", line.peakBytes)] {
            guard let value else { continue }
            add(
                value, Figure(part: part.rawValue, job: job, workers: workers, subject: subject, unit: unit, values: [])
            )
        }
    }

    mutating func add(seconds: Double, subject: Subject, part: Part, job: String) {
        add(seconds, Figure(part: part.rawValue, job: job, workers: 2, subject: subject, unit: "s", values: []))
    }

    private mutating func add(_ value: Double, _ figure: Figure) {
        let index = figures.firstIndex {
            $0.part == figure.part && $0.job == figure.job && $0.workers == figure.workers
                && $0.subject == figure.subject && $0.unit == figure.unit
        }
        if let index { return figures[index].values.append(value) }
        figures.append(figure)
        figures[figures.count - 1].values.append(value)
    }

    func figure(_ part: Part, _ job: String, _ workers: Int, _ subject: Subject, _ unit: String) -> Figure? {
        figures.first {
            $0.part == part.rawValue && $0.job == job && $0.workers == workers && $0.subject == subject
                && $0.unit == unit
        }
    }

    /// The jobs of a part, in the order in which they were measured.
    func jobs(_ part: Part) -> [(job: String, workers: Int)] {
        var jobs: [(job: String, workers: Int)] = []
        for figure in figures where figure.part == part.rawValue && figure.subject == .lockstep {
            if !jobs.contains(where: { $0 == (figure.job, figure.workers) }) {
                jobs.append((figure.job, figure.workers))
            }
        }
        return jobs
    }
}

/// The results as people and programs read them.
struct Report {
    let machine: Machine
    let results: Results
    let rounds: Int
    private let scaling: ScalingReport?

    init(machine: Machine, results: Results, rounds: Int) {
        self.machine = machine
        self.results = results
        self.rounds = rounds
        scaling = ScalingReport(results.scaling, cores: machine.cores)
    }

    /// The figures, for people.
    var markdown: String {
        """
        # Benchmark of \(machine.date)

        \(machine.text)

        Medians of \(rounds) round\(rounds == 1 ? "" : "s"), everything in turn in each (lowest to highest in brackets).

        \(sections.joined(separator: "\n\n"))

        """
    }

    /// Writes all files; returns the path of the one for people.
    func write(in folder: String) throws -> String {
        // There from the second time on.
        mkdir(folder, 0o755)
        let path = "\(folder)/\(machine.date)"
        var text = markdown
        do {
            for (file, caption) in try scaling?.draw(to: path) ?? [] {
                text += "\n![\(caption)](\(file.split(separator: "/").last ?? ""))\n"
            }
        } catch {
            // The figures are there all the same.
            print("no pictures: \(error)")
        }
        try AtomicFile.write(Array(text.utf8), to: "\(path).md")
        let all = All(
            machine: machine, rounds: rounds, figures: results.figures, scaling: results.scaling.measured,
            smallSums: results.scaling.smallSums, largeSums: results.scaling.largeSums, model: scaling?.model)
        try AtomicFile.write(Array((JSONText.encode(all, isIndented: true) + "\n").utf8), to: "\(path).json")
        return "\(path).md"
    }

    private struct All: Encodable {
        var machine: Machine
        var rounds: Int
        var figures: [Figure]
        var scaling: [Scaling.Measured]
        var smallSums: [Double]
        var largeSums: [Double]
        var model: CostModel?
    }

    private var sections: [String] {
        [workloads, steps, workersOverOne, sums, start, memory].compactMap { $0 }
            + (scaling?.tables ?? []).map { section($0.title, $0.head, $0.rows) }
    }

    private var workloads: String? {
        let jobs = results.jobs(.workloads)
        if jobs.isEmpty { return nil }
        let rows = jobs.map { job, workers in
            [job] + pair(.workloads, job, workers, "steps/s", inverted: false)
        }
        return section("Single process", ["workload", "Lockstep, steps/s", "PyTorch, steps/s", "ratio"], rows)
    }

    private var steps: String? {
        let jobs = results.jobs(.step)
        if jobs.isEmpty { return nil }
        let rows = jobs.map { job, workers in
            [job, workers == 1 ? "single" : "\(workers)"] + pair(.step, job, workers, "steps/s", inverted: false)
        }
        return section(
            "Steps, one thread a process", ["job", "processes", "Lockstep, steps/s", "PyTorch, steps/s", "ratio"], rows)
    }

    private var workersOverOne: String? {
        let jobs = results.jobs(.step).filter { $0.workers > 1 }
        if jobs.isEmpty { return nil }
        let rows = jobs.map { job, workers in
            [job, "\(workers)"]
                + [Subject.lockstep, .pytorch].map { subject in
                    ratio(
                        results.figure(.step, job, workers, subject, "steps/s"),
                        results.figure(.step, job, 1, subject, "steps/s"))
                }
        }
        return section(
            "Workers over a single process, same global batch",
            ["job", "workers", "Lockstep", "DistributedDataParallel"],
            rows)
    }

    private var sums: String? {
        let jobs = results.jobs(.allreduce)
        if jobs.isEmpty { return nil }
        let rows = jobs.map { job, workers in
            let bytes = String(job.prefix { $0 != " " })
            let own = results.figure(.allreduce, job, workers, .lockstep, "s")
            let sockets = results.figure(.allreduce, job, workers, .sockets, "s")
            let gloo = results.figure(.allreduce, bytes, workers, .pytorch, "s")
            let bandwidth = own.map {
                2 * Double(workers - 1) / Double(workers) * (Double(bytes) ?? 0) / $0.median / 1e9
            }
            return [
                "\(workers)", job, text(own), bandwidth.map { Report.number($0) } ?? "", text(sockets),
                ratio(sockets, own), text(gloo), ratio(gloo, own),
            ]
        }
        return section(
            "All-reduce",
            [
                "workers", "bytes", "Lockstep", "bus GB/s", "bare sockets", "share of bare sockets", "gloo (tcp)",
                "times as fast as gloo",
            ], rows)
    }

    private var start: String? {
        let jobs = results.jobs(.firstStep)
        if jobs.isEmpty { return nil }
        let rows = jobs.map { job, workers in [job] + pair(.firstStep, job, workers, "s", inverted: true) }
        return section(
            "From the start of the command to the end of the first step, two workers",
            ["job", "Lockstep", "DistributedDataParallel", "ratio"], rows)
    }

    private var memory: String? {
        let jobs = results.jobs(.step)
        if jobs.isEmpty { return nil }
        let rows = jobs.map { job, workers in
            [job, workers == 1 ? "single" : "\(workers)"] + pair(.step, job, workers, "bytes", inverted: true)
        }
        return section("Peak memory of a process", ["job", "processes", "Lockstep", "PyTorch", "ratio"], rows)
    }

    /// Ours, theirs, and how many times as good ours is; `inverted` where less is better.
    private func pair(_ part: Part, _ job: String, _ workers: Int, _ unit: String, inverted: Bool) -> [String] {
        let own = results.figure(part, job, workers, .lockstep, unit)
        let theirs = results.figure(part, job, workers, .pytorch, unit)
        return [text(own), text(theirs), inverted ? ratio(theirs, own) : ratio(own, theirs)]
    }

    private func ratio(_ one: Figure?, _ other: Figure?) -> String {
        guard let one, let other, other.median > 0 else { return "" }
        // Of the same round each, as the machine drifts between rounds.
        guard one.values.count == other.values.count else { return Report.number(one.median / other.median) }
        var ratios = one
        ratios.values = zip(one.values, other.values).map { $0 / $1 }
        return Report.number(ratios.median)
    }

    private func text(_ figure: Figure?) -> String {
        guard let figure else { return "" }
        func write(_ value: Double) -> String {
            switch figure.unit {
            case "s": Report.time(value)
            case "bytes": Report.number(value / 1_048_576) + " MiB"
            default: Report.number(value)
            }
        }
        let spread =
            figure.values.count < 2 ? "" : " (\(write(figure.values.min() ?? 0)) to \(write(figure.values.max() ?? 0)))"
        return write(figure.median) + spread
    }

    /// Seconds, in the unit that suits them.
    static func time(_ seconds: Double) -> String {
        if seconds == 0 { return "0" }
        for (unit, scale) in [("s", 1.0), ("ms", 1e3), ("µs", 1e6), ("ns", 1e9)] where seconds * scale >= 1 {
            return number(seconds * scale) + " \(unit)"
        }
        return number(seconds * 1e12) + " ps"
    }

    /// Three significant digits, at most six places.
    private static func number(_ value: Double) -> String {
        var (scale, places) = (1.0, 0)
        while abs(value) * scale < 100, places < 6 { (scale, places) = (scale * 10, places + 1) }
        let digits = String(Int((value * scale).rounded()))
        guard places > 0 else { return digits }
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return padded.dropLast(places) + "." + padded.suffix(places)
    }

    private func section(_ title: String, _ head: [String], _ rows: [[String]]) -> String {
        func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
        return (["## \(title)", "", row(head), row(head.map { _ in "---" })] + rows.map(row)).joined(separator: "\n")
    }
}
