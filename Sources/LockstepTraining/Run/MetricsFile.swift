internal import Glibc
internal import LockstepFormats

/// The metrics of a run as JSON lines: one a step, one a test, in the order of the run.
///
///     {"kind":"step","step":1,"epoch":1,"loss":2.31,"samples":128,"samples_per_second":…,"compute_seconds":…,"communicate_seconds":…,
///      "bytes_sent":…}
///     {"kind":"test","step":469,"epoch":1,"loss":0.46,"samples":10000,"accuracy":0.8342}
///
/// Where the next character of a text is predicted, a test has the perplexity instead of the accuracy.
public final class MetricsFile {
    private let path: String
    private let descriptor: Int32
    /// The newest test in the file.
    public private(set) var lastTest: TestRecord?

    /// Opens the file and keeps of what it holds the lines up to `completedSteps`: where a run is resumed from a checkpoint, the
    /// steps after it are done again, and no step stands there twice.
    public init(path: String, keepingSteps completedSteps: Int) throws {
        self.path = path
        if access(path, F_OK) == 0 {
            let lines = try File.read(path).split(separator: UInt8(ascii: "\n"))
            var test: TestRecord?
            let kept = lines.filter { text in
                // A last line that a crash cut short does not decode and is of a step that is done again.
                guard let line = try? JSONText.decode(text, as: Line.self), line.step <= completedSteps
                else {
                    return false
                }
                if line.kind == "test" { test = line.test }
                return true
            }
            lastTest = test
            try AtomicFile.write(kept.flatMap { $0 + [UInt8(ascii: "\n")] }, to: path)
        }
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        if descriptor < 0 { throw TrainingError(.invalidRun, "\(path): \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// How far the file at `path` goes; nowhere where there is none.
    public static func position(path: String) throws -> RecordedPosition {
        var position = RecordedPosition()
        guard access(path, F_OK) == 0 else { return position }
        for text in try File.read(path).split(separator: UInt8(ascii: "\n")) {
            guard let line = try? JSONText.decode(text, as: Line.self) else { continue }
            if line.kind == "test" { position.testedSteps = line.step } else { position.steps = line.step }
        }
        return position
    }

    /// Adds a step.
    public func write(_ record: StepRecord) throws {
        try append(
            Line(
                kind: "step", step: record.step, epoch: record.epoch, loss: record.loss, samples: record.samples,
                samplesPerSecond: record.throughput, computeSeconds: record.computeSeconds,
                communicateSeconds: record.communicateSeconds, bytesSent: record.bytesSent))
    }

    /// Adds a test.
    public func write(_ record: TestRecord) throws {
        lastTest = record
        try append(
            Line(
                kind: "test", step: record.step, epoch: record.epoch, loss: record.loss, samples: record.samples,
                accuracy: record.accuracy, perplexity: record.perplexity))
    }

    /// The steps and tests in the file at `path`, in order.
    ///
    /// A last line that a crash cut short does not count. Throws, with the line's number, where any other is no record of a run.
    static func records(in path: String) throws -> (steps: [StepRecord], tests: [TestRecord]) {
        let lines = try File.read(path).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        var (steps, tests): ([StepRecord], [TestRecord]) = ([], [])
        // What follows the last line end is nothing, or a line that was cut short.
        for (index, text) in lines.dropLast().enumerated() {
            guard let line = try? JSONText.decode(text, as: Line.self) else {
                throw TrainingError(.invalidRun, "\(path), line \(index + 1): no step and no test of a run")
            }
            if line.kind == "test" { tests.append(line.test) } else { steps.append(line.stepRecord) }
        }
        return (steps, tests)
    }

    /// One line at a time in one system call, so that a reader never sees half of one.
    private func append(_ line: Line) throws {
        let bytes = Array((JSONText.encode(line) + "\n").utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw TrainingError(.invalidRun, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    private struct Line: Codable {
        var kind: String
        var step: Int
        var epoch: Int
        var loss: Double
        var samples: Int
        var samplesPerSecond: Double?
        var computeSeconds: Double?
        var communicateSeconds: Double?
        var bytesSent: Int?
        var accuracy: Double?
        var perplexity: Double?

        var stepRecord: StepRecord {
            StepRecord(
                step: step, epoch: epoch, loss: loss, samples: samples, throughput: samplesPerSecond ?? 0,
                computeSeconds: computeSeconds ?? 0, communicateSeconds: communicateSeconds ?? 0,
                bytesSent: bytesSent ?? 0)
        }

        var test: TestRecord {
            TestRecord(
                step: step, epoch: epoch, loss: loss, accuracy: accuracy, samples: samples, perplexity: perplexity)
        }
    }
}
