import LockstepFormats
import LockstepTensor
import LockstepTraining

/// What an observer was told, without times.
final class EventLog: RunObserver {
    private(set) var lines: [String] = []
    private(set) var warnings: [String] = []
    private(set) var summary: RunSummary?
    /// Called after each step with the steps complete.
    private let afterStep: (Int) -> Void

    init(afterStep: @escaping (Int) -> Void = { _ in }) { self.afterStep = afterStep }

    func handle(_ event: RunEvent) {
        switch event {
        case .started(let overview): lines.append("started \(overview.completedSteps)")
        case .step(let record):
            lines.append("step \(record.step)")
            afterStep(record.step)
        case .tested(let record): lines.append("tested \(record.step)")
        case .checkpoint(_, let step): lines.append("checkpoint \(step)")
        case .stopped(let step, _, _): lines.append("stopped \(step)")
        case .finished(let summary):
            lines.append("finished \(summary.steps)")
            self.summary = summary
        case .warning(let text): warnings.append(text)
        case .note: break
        }
    }
}

/// Runs of the tiny job in a single process.
enum TinyRun {
    /// Begins a run in a new folder below `parent`, and stops it after `stop` steps. Returns the folder's path and what was told.
    static func begin(
        in parent: String, _ settings: RunSettings, job: (any TrainableJob)? = nil, stopAfter stop: Int? = nil
    ) throws -> (path: String, log: EventLog) {
        let folder = try RunFolder.create(in: parent, settings: settings)
        let trainer = try TinyJob.trainer(settings, job: job)
        return (folder.path, try run(trainer, settings, folder, stopAfter: stop))
    }

    /// Goes on with the run in the folder at `path`.
    static func resume(
        _ path: String, job: (any TrainableJob)? = nil, stopAfter stop: Int? = nil
    ) throws -> EventLog {
        let (folder, settings) = try RunFolder.open(path)
        let trainer = try TinyJob.trainer(settings, job: job)
        if let checkpoint = try folder.newestCheckpoint(of: settings, tell: { _ in }) {
            try trainer.restore(checkpoint)
        }
        return try run(trainer, settings, folder, stopAfter: stop)
    }

    private static func run(
        _ trainer: Trainer, _ settings: RunSettings, _ folder: RunFolder, stopAfter stop: Int?
    ) throws -> EventLog {
        let request = StopRequest()
        let log = EventLog { if $0 == stop { request.request() } }
        let recorder = try RunRecorder(
            folder: folder, settings: settings, schedule: trainer.schedule, completedSteps: trainer.completedSteps,
            observer: log)
        let isComplete = try SingleProcessRun(trainer: trainer, recorder: recorder, stop: request).run()
        if isComplete != (log.summary != nil) { throw TrainingError(.invalidRun, "the run's end was told wrongly") }
        return log
    }

    /// The lines of a run's metrics file without what depends on the clock.
    static func metrics(_ path: String) throws -> [String] {
        let text = String(decoding: try File.read("\(path)/metrics.jsonl"), as: UTF8.self)
        return text.split(separator: "\n").map { line in
            line.dropFirst().dropLast().split(separator: ",").filter { !$0.contains("second") }.joined(separator: ",")
        }
    }
}
