internal import Dispatch
package import LockstepTraining
package import LockstepWire
internal import LockstepLocking

/// Reads the samples that workers are sent.
package struct SampleReader: Sendable {
    private let source: SampleSource
    private var plan: SamplePlan

    /// The most microbatches of a batch whose samples are sent: with those of two steps on their way, half of what may wait on a
    /// connection.
    private static let mostMicrobatches = 1024

    /// A reader of the data of a run. Throws where its batches are cut into too many parts to be sent.
    package init(_ source: SampleSource, settings: RunSettings) throws {
        guard settings.microbatches <= SampleReader.mostMicrobatches else {
            throw TrainingError(
                .invalidSetting,
                "--microbatches is \(settings.microbatches); expected at most \(SampleReader.mostMicrobatches) "
                    + "with --data-from coordinator")
        }
        self.source = source
        let count = source.description.training
        plan = SamplePlan(
            schedule: try Schedule(samples: min(settings.limit ?? count, count), settings: settings), settings: settings
        )
    }

    /// The samples as they are sent. Throws where they cannot be read.
    package mutating func read(_ read: SampleRead) throws -> Payload {
        let number = read.samples.number
        if read.samples.tests {
            let block = Trainer.samples(ofEvaluationBlock: number, of: source.description.test)
            return Payload(try source.image(ofTest: block))
        }
        let places = plan.schedule.places(ofMicrobatch: number, step: read.step)
        let order = plan.order(ofEpoch: plan.schedule.epoch(of: read.step))
        return Payload(try source.image(ofTraining: order[places]))
    }
}

/// Reads samples on a thread of its own, one part after the other, so that no heartbeat waits for a disk.
final class SampleReading: Sendable {
    private let queue = DispatchQueue(label: "lockstep.samples")
    private let reader: Locked<SampleReader>
    private let report: @Sendable (CoordinatorEvent) -> Void

    /// `report` is told, on this thread, what has been read.
    init(_ reader: SampleReader, report: @escaping @Sendable (CoordinatorEvent) -> Void) {
        self.reader = Locked(reader)
        self.report = report
    }

    /// Reads samples after those that were asked for before.
    func add(_ read: SampleRead) {
        queue.async { [self] in
            do {
                report(.samplesRead(read, try reader.withLock { try $0.read(read) }))
            } catch {
                report(.samplesFailed("\(error)"))
            }
        }
    }
}
