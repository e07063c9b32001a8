internal import LockstepOptim
internal import LockstepTraining

/// How the events of a run are put into words and numbers, wherever they are shown.
enum Wording {
    static func overview(_ run: RunOverview) -> [String] {
        let settings = run.settings
        var lines = [
            "run         \(run.folder)",
            "model       \(settings.model), \(grouped(run.parameters)) parameters",
            "data        \(settings.data), \(grouped(run.samples)) samples an epoch",
            "batch       \(settings.batch) samples in \(settings.microbatches) microbatches, "
                + "\(grouped(run.steps)) steps in \(settings.epochs) epochs",
            "optimizer   \(settings.optimizer.name), learning rate \(settings.optimizer.learningRate)"
                + (settings.schedule.map {
                    " (\($0.name)\($0.warmup > 0 ? " after \($0.warmup) steps of warm-up" : ""))"
                } ?? "")
                + ", seed \(settings.seed)",
            "workers     \(run.workers.isEmpty ? "none: a single process" : String(run.workers.count))",
        ]
        if run.completedSteps > 0 { lines.append("resumed     after step \(grouped(run.completedSteps))") }
        return lines
    }

    static func step(_ record: StepRecord, of run: RunOverview) -> String {
        "epoch \(record.epoch)/\(run.settings.epochs)  step \(record.step)/\(run.steps)  "
            + "loss \(fixed(record.loss, 4))"
    }

    static func test(_ record: TestRecord) -> String {
        let accuracy = record.accuracy.map { ", accuracy \(percent($0))" } ?? ""
        let perplexity = record.perplexity.map { ", perplexity \(fixed($0, 2))" } ?? ""
        return "test loss \(fixed(record.loss, 4))\(accuracy)\(perplexity) (\(grouped(record.samples)) samples)"
    }

    static func summary(_ summary: RunSummary) -> [String] {
        var lines: [String] = []
        if let test = summary.test {
            lines.append("test loss   \(fixed(test.loss, 4))")
            if let perplexity = test.perplexity { lines.append("perplexity  \(fixed(perplexity, 2))") }
            if let accuracy = test.accuracy { lines.append("accuracy    \(percent(accuracy))") }
        }
        if summary.samples > 0 {
            lines.append(
                "throughput  \(grouped(Int(summary.throughput.rounded()))) samples/s "
                    + "(\(grouped(summary.samples)) samples in \(fixed(summary.seconds, 1)) s)")
        }
        return lines + ["weights     \(summary.weights)", "sha256      \(summary.digest)"]
    }

    static func stopped(step: Int, checkpoint: String, folder: String) -> [String] {
        [
            "stopped after step \(grouped(step)); its state is in \(checkpoint)",
            "resume with: \(Program.resumeCommand(folder))",
        ]
    }

    /// `12,345`
    static func grouped(_ number: Int) -> String {
        var digits = String(abs(number))
        var place = digits.count - 3
        while place > 0 {
            digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
            place -= 3
        }
        return number < 0 ? "-" + digits : digits
    }

    /// A number with so many places after the point.
    static func fixed(_ value: Double, _ places: Int) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return NumberText.of(value) }
        let factor = (0..<places).reduce(1) { product, _ in product * 10 }
        let scaled = Int((abs(value) * Double(factor)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        if places == 0 { return sign + String(scaled) }
        let fraction = String(scaled % factor)
        return sign + String(scaled / factor) + "." + String(repeating: "0", count: places - fraction.count) + fraction
    }

    static func percent(_ share: Double) -> String { fixed(share * 100, 2) + "%" }

    /// `1:02:03`
    static func time(_ seconds: Double) -> String {
        let total = seconds.isFinite ? Int(min(seconds, 1e9).rounded()) : 0
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let (hours, minutes) = (total / 3600, total / 60 % 60)
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(total % 60))" : "\(minutes):\(two(total % 60))"
    }
}
