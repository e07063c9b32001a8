import LockstepCluster
import LockstepFormats
import LockstepLocking
import LockstepTraining
import LockstepWire
import Testing

/// Who keeps the record writes no state but the one that all agreed on.
struct RecordingTests {
    private final class Log: RunObserver {
        private(set) var digest: String?
        private(set) var checkpoints: [Int] = []

        func handle(_ event: RunEvent) {
            switch event {
            case .finished(let summary): digest = summary.digest
            case .checkpoint(_, let step): checkpoints.append(step)
            default: break
            }
        }
    }

    /// A recording in a folder of its own, what it reports, and what it tells.
    private func recording(
        in parent: TemporaryFolder, _ settings: RunSettings
    ) throws -> (Recording, RunFolder, Log, Locked<[CoordinatorEvent]>) {
        let folder = try RunFolder.create(in: parent.path, settings: settings)
        let log = Log()
        let events = Locked<[CoordinatorEvent]>([])
        let recording = Recording(
            settings: settings, folder: folder, position: RecordedPosition(), observer: log,
            report: { event in events.withLock { $0.append(event) } })
        recording.add(
            .begin(
                try Schedule(samples: 23, settings: settings), workers: ["w"], parameters: 33, completedSteps: 0,
                recordedSteps: 0))
        return (recording, folder, log, events)
    }

    @Test(
        "A byte that has flipped anywhere, for whatever the state is, is told; nothing is written, and the record goes on"
    )
    func flippedBytes() throws {
        let settings = try TinyJob.settings()
        let trainer = try Trainer(settings: settings, job: TinyJob.job())
        let (image, digest) = (try trainer.checkpoint().file.encoded(), trainer.stateDigest)
        let parent = TemporaryFolder()
        let (recording, folder, log, events) = try recording(in: parent, settings)
        var random = SplitMix(seed: 5)
        let kinds: [CoordinatorAction.AfterCheckpoint] = [.goOn, .keep, .stopped, .complete]
        for attempt in 0..<200 {
            let damaged =
                attempt % 2 == 0
                ? ImageDamage.flipBit(in: image, &random) : ImageDamage.flipBit(beforeHashing: image, &random)
            recording.add(
                .checkpoint(Payload(damaged), digest: digest, completedSteps: 0, then: kinds[attempt / 2 % 4]))
        }
        #expect(try !recording.finish())
        #expect(try folder.checkpointSteps() == [])
        #expect(!RunFolder.isComplete(folder.path))
        #expect(log.checkpoints == [] && log.digest == nil)
        let reasons = events.withLock { events in
            events.compactMap { if case .stateIsDamaged(completedSteps: 0, let reason) = $0 { reason } else { nil } }
        }
        #expect(reasons.count == 200 && reasons.allSatisfy { !$0.isEmpty })
        // The right one is written after all that.
        for then in [.keep, .goOn] as [CoordinatorAction.AfterCheckpoint] {
            recording.add(.checkpoint(Payload(image), digest: digest, completedSteps: 0, then: then))
        }
        #expect(try !recording.finish())
        #expect(log.checkpoints == [0])
        #expect(try File.read(folder.checkpointPath(step: 0)) == image)
        recording.add(.checkpoint(Payload(image), digest: digest, completedSteps: 0, then: .complete))
        #expect(try recording.finish())
        #expect(log.digest == trainer.digest)
        let recorded = events.withLock { events in
            events.count { if case .stateRecorded(completedSteps: 0) = $0 { true } else { false } }
        }
        #expect(recorded == 3)
    }
}
