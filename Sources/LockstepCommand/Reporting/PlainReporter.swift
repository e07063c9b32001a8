internal import LockstepTraining

/// Lines for files and pipes: what a run is, a few lines an epoch, and what it came to.
final class PlainReporter: RunObserver {
    private var run: RunOverview?

    /// How many lines an epoch.
    private static let linesPerEpoch = 5

    func handle(_ event: RunEvent) {
        switch event {
        case .started(let overview):
            run = overview
            for line in Wording.overview(overview) { print(line) }
        case .step(let record):
            guard let run else { return }
            let interval = max(1, run.stepsPerEpoch / PlainReporter.linesPerEpoch)
            if record.step % interval == 0 || record.step == run.steps {
                print("\(Wording.step(record, of: run))  \(Wording.grouped(Int(record.throughput))) samples/s")
            }
        case .tested(let record):
            print("epoch \(record.epoch)  \(Wording.test(record))")
        case .checkpoint: break
        case .note(let text): print(text)
        case .warning(let text): Terminal.complain("warning: \(text)")
        case .finished(let summary): for line in Wording.summary(summary) { print(line) }
        case .stopped(let step, let checkpoint, let folder):
            for line in Wording.stopped(step: step, checkpoint: checkpoint, folder: folder) { print(line) }
        }
    }
}

/// Nothing but what the user should look at.
final class QuietReporter: RunObserver {
    func handle(_ event: RunEvent) {
        if case .warning(let text) = event { Terminal.complain("warning: \(text)") }
    }
}
