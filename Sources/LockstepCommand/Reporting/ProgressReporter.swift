internal import LockstepTraining

/// A progress bar for a person at a terminal, with lines above it for what stays.
///
///     epoch 2/5 ━━━━━━━━━━━━━━━╸──────────  623/2,345  loss 0.3412  31,240 samples/s  0:23 left  2 workers
final class ProgressReporter: RunObserver {
    private var run: RunOverview?
    private var isBarShown = false
    private let clock = ContinuousClock()
    private var drawn: ContinuousClock.Instant?

    /// Between two drawings: often enough to look alive, seldom enough to cost nothing.
    private static let interval = Duration.milliseconds(100)

    func handle(_ event: RunEvent) {
        switch event {
        case .started(let overview):
            run = overview
            lines(Wording.overview(overview))
        case .step(let record): draw(record)
        case .tested(let record): lines(["epoch \(record.epoch)  \(Wording.test(record))"])
        case .checkpoint: break
        case .note(let text): lines([text])
        case .warning(let text): lines(["\u{1b}[33mwarning:\u{1b}[0m \(text)"])
        case .finished(let summary): lines(Wording.summary(summary))
        case .stopped(let step, let checkpoint, let folder):
            lines(Wording.stopped(step: step, checkpoint: checkpoint, folder: folder))
        }
    }

    deinit { clear() }

    /// Lines that stay, in place of the bar.
    private func lines(_ lines: [String]) {
        clear()
        Terminal.write(lines.map { $0 + "\n" }.joined())
    }

    private func clear() {
        if isBarShown { Terminal.write("\r\u{1b}[K") }
        isBarShown = false
    }

    private func draw(_ record: StepRecord) {
        guard let run else { return }
        let now = clock.now
        if let drawn, now - drawn < ProgressReporter.interval, record.step < run.steps { return }
        drawn = now
        let samplesLeft = Double((run.steps - record.step) * run.settings.batch)
        let timeLeft = record.throughput > 0 ? samplesLeft / record.throughput : 0
        let head = "epoch \(record.epoch)/\(run.settings.epochs) "
        var parts = [
            "\(Wording.grouped(record.step))/\(Wording.grouped(run.steps))", "loss \(Wording.fixed(record.loss, 4))",
            "\(Wording.grouped(Int(record.throughput))) samples/s", "\(Wording.time(timeLeft)) left",
        ]
        if !run.workers.isEmpty { parts.append("\(run.workers.count) worker\(run.workers.count == 1 ? "" : "s")") }
        // The last column stays free: writing to it moves the cursor on some terminals. What has no room is left out whole.
        var room = Terminal.width - 1 - head.count
        var tail = ""
        for part in parts where part.count + 2 <= room {
            tail += "  " + part
            room -= part.count + 2
        }
        let bar = room >= 5 ? ProgressReporter.bar(Double(record.step) / Double(run.steps), width: min(room, 30)) : ""
        let line = String((head + bar + tail).prefix(Terminal.width - 1))
        Terminal.write("\r\(line)\u{1b}[K")
        isBarShown = true
    }

    /// A bar of `width` columns, filled to `share`.
    static func bar(_ share: Double, width: Int) -> String {
        let halves = Int((share * Double(2 * width)).rounded())
        let full = String(repeating: "━", count: halves / 2) + (halves % 2 == 1 ? "╸" : "")
        return full + String(repeating: "─", count: width - full.count)
    }
}
