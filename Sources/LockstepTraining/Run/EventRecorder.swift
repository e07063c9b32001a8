internal import LockstepFormats
internal import LockstepOptim

/// Writes what TensorBoard shows of a run into the run's folder, and passes all events on.
///
/// The tags are `loss/train`, `learning_rate` and `samples_per_second` for each step, `loss/test` and `accuracy/test` for each
/// test. A run that goes on from a checkpoint writes a new file; what earlier ones hold of steps that are done again no longer
/// counts.
///
/// Where a file cannot be written, that is told once and the run goes on: `metrics.jsonl` has the same numbers.
public final class EventRecorder: RunObserver {
    private let next: any RunObserver
    private var writer: SummaryWriter?
    private var learningRate = 0.0

    /// A recorder in front of `next`.
    public init(forwardingTo next: any RunObserver) { self.next = next }

    /// Whether the run in `folder` has written events before.
    public static func hasWritten(in folder: RunFolder) -> Bool { SummaryWriter.hasWritten(to: folder.path) }

    public func handle(_ event: RunEvent) {
        next.handle(event)
        do {
            try write(event)
        } catch {
            writer = nil
            next.handle(.warning("no more events are written for TensorBoard, the run goes on: \(error)"))
        }
    }

    private func write(_ event: RunEvent) throws {
        switch event {
        case .started(let overview):
            learningRate = overview.settings.optimizer.learningRate
            writer = try SummaryWriter(
                logDirectory: overview.folder,
                purgeStep: SummaryWriter.hasWritten(to: overview.folder) ? overview.completedSteps + 1 : nil)
        case .step(let record):
            try writer?.addScalar("loss/train", record.loss, step: record.step)
            try writer?.addScalar("learning_rate", learningRate, step: record.step)
            try writer?.addScalar("samples_per_second", record.throughput, step: record.step)
        case .tested(let record):
            try writer?.addScalar("loss/test", record.loss, step: record.step)
            if let accuracy = record.accuracy { try writer?.addScalar("accuracy/test", accuracy, step: record.step) }
        case .checkpoint, .stopped, .finished: try writer?.flush()
        case .note, .warning: break
        }
    }
}
