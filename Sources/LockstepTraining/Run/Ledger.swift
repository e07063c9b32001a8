internal import Glibc
internal import LockstepFormats

/// What the ledger of a run holds: which samples each step was computed from, as those who computed it tell.
///
/// Reading it takes nothing for granted: ``audit()`` compares each line with the order of samples that follows from the run's
/// settings, and counts how often each sample was used.
public struct Ledger: Sendable {
    enum Content: Sendable {
        case epoch(LedgerFile.EpochLine)
        case step(LedgerFile.StepLine)
        case damaged
    }

    /// The file, for messages.
    let path: String
    let settings: RunSettings
    /// The lines, the first of which is line 1.
    let lines: [Content]
    /// How many steps the run's metrics have, 0 where there are none.
    let recordedSteps: Int

    /// The ledger of the run in the folder at `path`, which may be in progress.
    ///
    /// Throws where it is not the folder of a run, or of one without a ledger.
    public init(ofRun path: String) throws {
        let settings = try RunFolder.settings(of: path)
        let file = RunFolder.ledgerPath(of: path)
        guard access(file, R_OK) == 0 else {
            throw TrainingError(
                .invalidRun,
                """
                \(file): \(String(cString: strerror(errno))); a run has a ledger once it has done a step, unless an earlier release \
                of this software began it
                """)
        }
        // The ledger is written first, so what is read last cannot lack a step of the metrics.
        let position = try MetricsFile.position(path: "\(path)/metrics.jsonl")
        self.init(try File.read(file), path: file, settings: settings, recordedSteps: position.steps)
    }

    /// The ledger in some bytes.
    package init(_ bytes: [UInt8], path: String, settings: RunSettings, recordedSteps: Int) {
        self.path = path
        self.settings = settings
        self.recordedSteps = recordedSteps
        // What follows the last line end is nothing, or a line that was cut short, whose step the metrics do not have.
        lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().map { text in
            guard let position = try? JSONText.decode(text, as: LedgerFile.Position.self) else { return .damaged }
            switch position.kind {
            case LedgerFile.EpochLine.kind:
                let line = try? JSONText.decode(text, as: LedgerFile.EpochLine.self)
                return line.map { .epoch($0) } ?? .damaged
            case LedgerFile.StepLine.kind:
                let line = try? JSONText.decode(text, as: LedgerFile.StepLine.self)
                return line.map { .step($0) } ?? .damaged
            default: return .damaged
            }
        }
    }

    /// What a ledger has of these steps, which count from 0.
    package static func text(
        of steps: [(step: Int, account: StepAccount)], settings: RunSettings, samples: Int
    ) throws -> String {
        var plan = try SamplePlan(schedule: Schedule(samples: samples, settings: settings), settings: settings)
        return steps.map { LedgerFile.lines($0.account, step: $0.step, plan: &plan) }.joined()
    }

    /// Samples an epoch: what most of the epochs' lines say, so that one that is wrong is found by the others.
    package func samples() throws -> Int {
        var counts: [Int: Int] = [:]
        for case .epoch(let line) in lines { counts[line.samples, default: 0] += 1 }
        guard let count = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key else {
            throw TrainingError(.invalidRun, "\(path) has no line that says how many samples an epoch has")
        }
        // The order and its counts must fit.
        guard count > 0, count < MachineMemory.bytes / 32 else {
            throw TrainingError(.invalidRun, "\(path) says that an epoch has \(count) samples, which cannot be")
        }
        return count
    }

    /// One use of a sample.
    public struct Use: Sendable, Equatable, Encodable {
        /// The index of the sample in the training data.
        public var sample: Int
        /// The step, from 1.
        public var step: Int
        /// The rank of the worker that computed it.
        public var rank: Int
        /// The worker's host.
        public var host: String
        /// The worker's process id.
        public var process: Int
    }

    /// The samples of an epoch, from 1, in the order in which they were used, but for those of lines that are wrong.
    public func uses(ofEpoch epoch: Int) throws -> [Use] {
        var plan = try SamplePlan(schedule: Schedule(samples: samples(), settings: settings), settings: settings)
        var uses: [Use] = []
        for case .step(let line) in lines where line.epoch == epoch {
            for share in line.workers where plan.holds(share, ofEpoch: epoch - 1) {
                uses += plan.order(ofEpoch: epoch - 1)[share.first..<share.end].map {
                    Use(sample: $0, step: line.step, rank: share.rank, host: share.host, process: share.process)
                }
            }
        }
        return uses
    }
}

extension SamplePlan {
    /// Whether a share's digest is that of the samples at its places.
    mutating func holds(_ share: LedgerFile.StepLine.Share, ofEpoch epoch: Int) -> Bool {
        guard epoch >= 0, 0 <= share.first, share.first <= share.end, share.end <= schedule.samples else {
            return false
        }
        return digest(ofPlaces: share.first..<share.end, epoch: epoch).description == share.digest
    }
}
