import Glibc
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

    private static func overview(_ folder: String) throws -> RunOverview {
        RunOverview(
            folder: folder, settings: try TinyJob.settings(), workers: [], parameters: 1, samples: 1, steps: 3,
            stepsPerEpoch: 3, completedSteps: 0)
    }

    private static func step(_ number: Int) -> RunEvent {
        .step(
            StepRecord(
                step: number, epoch: 1, loss: 1, samples: 1, throughput: 1, computeSeconds: 0, communicateSeconds: 0))
    }

    @Test func isToldOnceAndTheRunGoesOn() throws {
        let log = Log()
        let recorder = EventRecorder(forwardingTo: log)
        recorder.handle(.started(try Self.overview("/dev/null/run")))
        for number in 1...3 { recorder.handle(Self.step(number)) }
        #expect(log.steps == [1, 2, 3])
        #expect(log.warnings.count == 1)
        #expect(
            try #require(log.warnings.first).hasPrefix(
                "no more events are written for TensorBoard, the run goes on: /dev/null/run: cannot make the folder"))
    }

    /// The limit on a file's size stands for a disk that is full.
    @Test func aDiskThatFillsUpOnTheWayIsToldOnceToo() async {
        await #expect(processExitsWith: .success) {
            let folder = TemporaryFolder()
            let log = Log()
            let recorder = EventRecorder(forwardingTo: log)
            recorder.handle(.started(try Self.overview(folder.path)))
            recorder.handle(Self.step(1))
            let path = "\(folder.path)/\(TemporaryFolder.names(in: folder.path)[0])"
            let before = try File.read(path)
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: rlim_t(before.count + 20), rlim_max: rlim_t.max)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            for number in 2...4 { recorder.handle(Self.step(number)) }
            #expect(log.steps == [1, 2, 3, 4])
            #expect(log.warnings.count == 1)
            #expect(try #require(log.warnings.first).contains("\(path): cannot write: File too large"))
            #expect(try File.read(path) == before)
        }
    }

    @Test func aFolderKnowsWhetherItHasEvents() throws {
        let parent = TemporaryFolder()
        let folder = try RunFolder.create(in: parent.path, settings: try TinyJob.settings())
        #expect(!EventRecorder.hasWritten(in: folder))
        EventRecorder(forwardingTo: Log()).handle(.started(try Self.overview(folder.path)))
        #expect(EventRecorder.hasWritten(in: folder))
    }
}
