import LockstepFormats
import LockstepTraining
import Testing

/// What becomes of a run whose events for TensorBoard cannot be written. That they can be read is tested where runs are.
@Suite struct EventRecorderTests {
    /// Keeps all that it is told.
    private final class Log: RunObserver {
        private(set) var warnings: [String] = []
        private(set) var steps: [Int] = []

        func handle(_ event: RunEvent) {
            switch event {
            case .warning(let text): warnings.append(text)
            case .step(let record): steps.append(record.step)
            default: break
            }
        }
    }

    private func overview(_ folder: String) throws -> RunOverview {
        RunOverview(
            folder: folder, settings: try TinyJob.settings(), workers: [], parameters: 1, samples: 1, steps: 3,
            stepsPerEpoch: 3, completedSteps: 0)
    }

    @Test func isToldOnceAndTheRunGoesOn() throws {
        let log = Log()
        let recorder = EventRecorder(forwardingTo: log)
        recorder.handle(.started(try overview("/dev/null/run")))
        for step in 1...3 {
            recorder.handle(
                .step(
                    StepRecord(
                        step: step, epoch: 1, loss: 1, samples: 1, throughput: 1, computeSeconds: 0,
                        communicateSeconds: 0)))
        }
        #expect(log.steps == [1, 2, 3])
        #expect(log.warnings.count == 1)
        #expect(
            try #require(log.warnings.first).hasPrefix(
                "no more events are written for TensorBoard, the run goes on: /dev/null/run: cannot make the folder"))
    }

    @Test func aFolderKnowsWhetherItHasEvents() throws {
        let parent = TemporaryFolder()
        let folder = try RunFolder.create(in: parent.path, settings: try TinyJob.settings())
        #expect(!EventRecorder.hasWritten(in: folder))
        EventRecorder(forwardingTo: Log()).handle(.started(try overview(folder.path)))
        #expect(EventRecorder.hasWritten(in: folder))
    }
}
