internal import Glibc
internal import LockstepFormats

/// Which samples each step of a run was computed from, and by whom: JSON lines, one at the start of each epoch, one a step.
///
///     {"kind":"epoch","epoch":1,"step":1,"samples":60000,"order":"…SHA-256 of the epoch's order…"}
///     {"kind":"step","step":1,"epoch":1,"batch":1,"generation":1,"first":0,"end":128,"samples":128,
///      "workers":[{"rank":0,"host":"a","process":4711,"first":0,"end":64,"digest":"…"},…]}
///
/// `first` and `end` are places in the order of the epoch, from 0. The digests are those of the indices that the workers took,
/// as ``SampleDigest``; what is written has been compared with the plan.
final class LedgerFile {
    private let path: String
    private let descriptor: Int32
    private var plan: SamplePlan

    /// Opens the file and keeps what it holds of the first `completedSteps` steps.
    init(path: String, plan: SamplePlan, keepingSteps completedSteps: Int) throws {
        self.path = path
        self.plan = plan
        if access(path, F_OK) == 0 {
            let bytes = try File.read(path)
            let end = LedgerFile.end(ofSteps: completedSteps, in: bytes)
            if end < bytes.count { try AtomicFile.write(Array(bytes[..<end]), to: path) }
        }
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        if descriptor < 0 { throw TrainingError(.invalidRun, "\(path): \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// Adds a step, from 0. Throws where it was computed from other samples than it is to be.
    func write(_ account: StepAccount, step: Int) throws {
        try plan.check(account, step: step)
        let bytes = Array(LedgerFile.lines(account, step: step, plan: &plan).utf8)
        // In one system call, so that a reader never sees half of a line.
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw TrainingError(.invalidRun, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    /// What is written of a step: its line and, where it is the first of its epoch, the epoch's line before it.
    static func lines(_ account: StepAccount, step: Int, plan: inout SamplePlan) -> String {
        let schedule = plan.schedule
        let (epoch, batch) = (schedule.epoch(of: step), schedule.batch(of: step))
        var text = ""
        if batch == 0 {
            let line = EpochLine(
                epoch: epoch + 1, step: step + 1, samples: schedule.samples, order: plan.orderDigest(ofEpoch: epoch))
            text = JSONText.encode(line) + "\n"
        }
        let places = schedule.places(ofStep: step)
        let line = StepLine(
            step: step + 1, epoch: epoch + 1, batch: batch + 1, generation: account.generation,
            first: places.lowerBound, end: places.upperBound, samples: places.count,
            workers: account.shares.map { share in
                let part = schedule.places(ofMicrobatches: share.microbatches, step: step)
                return StepLine.Share(
                    rank: share.rank, host: share.host, process: share.process, first: part.lowerBound,
                    end: part.upperBound, digest: share.digest.description)
            })
        return text + JSONText.encode(line) + "\n"
    }

    /// Where the lines of the first `steps` steps end. What cannot be read before that stays, for whoever reads the ledger to see; a
    /// last line that was cut short does not.
    private static func end(ofSteps steps: Int, in bytes: [UInt8]) -> Int {
        var (start, end) = (0, 0)
        while let stop = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if let line = try? JSONText.decode(bytes[start..<stop], as: Position.self) {
                if line.step > steps { break }
                end = stop + 1
            }
            start = stop + 1
        }
        return end
    }

    /// How many steps the file at `path` goes to; nil where there is none.
    static func lastStep(path: String) throws -> Int? {
        guard access(path, F_OK) == 0 else { return nil }
        var last = 0
        for text in try File.read(path).split(separator: UInt8(ascii: "\n")) {
            guard let line = try? JSONText.decode(text, as: Position.self), line.kind == StepLine.kind else { continue }
            last = line.step
        }
        return last
    }

    /// What all lines have.
    struct Position: Decodable {
        var kind: String
        var step: Int
    }

    /// An epoch begins. Epochs and steps count from 1.
    struct EpochLine: Codable {
        static let kind = "epoch"

        var kind = EpochLine.kind
        var epoch: Int
        var step: Int
        var samples: Int
        var order: String
    }

    /// A step is complete.
    struct StepLine: Codable {
        static let kind = "step"

        var kind = StepLine.kind
        var step: Int
        var epoch: Int
        var batch: Int
        var generation: Int
        var first: Int
        var end: Int
        var samples: Int
        var workers: [Share]

        struct Share: Codable, Hashable {
            var rank: Int
            var host: String
            var process: Int
            var first: Int
            var end: Int
            var digest: String
        }
    }
}
