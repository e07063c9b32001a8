internal import Glibc
package import LockstepFormats

/// The folder of a run: settings, metrics, checkpoints and final weights.
///
///     runs/20261122-102355-mlp/
///         settings.json                    what is trained and how
///         coordinator.json                 who coordinates it, and where
///         initial.safetensors              the weights it starts from, where they were given
///         metrics.jsonl                    a line a step and a line a test
///         ledger.jsonl                     a line a step: which samples, and who computed it
///         checkpoint-00000469.safetensors  the state after 469 steps
///         final.safetensors                the weights of the complete run
public final class RunFolder {
    /// The folder's path.
    public let path: String
    private let lock: Int32

    /// How many checkpoints are kept: the newest, and one before it in case the newest turns out unreadable.
    public var keptCheckpoints = 2

    /// Makes the folder of a new run below `parent`, named by the time and the run's name.
    public static func create(in parent: String, settings: RunSettings) throws -> RunFolder {
        try makeFolder(parent, mayExist: true)
        let safe = String(settings.name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "-" })
        let stem = "\(parent)/\(timestamp())-\(safe)"
        var path = stem
        var attempt = 1
        // Two runs may begin in the same second.
        while try !makeFolder(path, mayExist: false) {
            attempt += 1
            path = "\(stem)-\(attempt)"
        }
        do {
            let folder = try RunFolder(locking: path)
            try folder.write(settings)
            return folder
        } catch {
            rmdir(path)
            throw error
        }
    }

    /// Keeps the weights that the run starts from, so that it can be resumed before its first checkpoint.
    public func write(_ weights: InitialWeights) throws { try weights.file.write(to: initialWeightsPath) }

    /// The weights that the run starts from; nil where they are drawn.
    public func initialWeights(of settings: RunSettings) throws -> InitialWeights? {
        try settings.initialWeights.map { try InitialWeights(ofRun: initialWeightsPath, digest: $0) }
    }

    /// Records the run's settings.
    public func write(_ settings: RunSettings) throws {
        try AtomicFile.write(Array((settings.json() + "\n").utf8), to: settingsPath)
    }

    /// Opens the folder of a run that was begun before, to go on with it.
    public static func open(_ path: String) throws -> (folder: RunFolder, settings: RunSettings) {
        let settings = try settings(of: path)
        return (try RunFolder(locking: path), settings)
    }

    /// The settings of the run in the folder at `path`.
    public static func settings(of path: String) throws -> RunSettings {
        let settingsPath = "\(path)/settings.json"
        guard access(settingsPath, R_OK) == 0 else {
            throw TrainingError(
                .invalidRun, "\(path) is not the folder of a run: \(settingsPath): \(String(cString: strerror(errno)))")
        }
        let text = String(decoding: try File.read(settingsPath), as: UTF8.self)
        return try RunSettings(json: text, from: settingsPath)
    }

    /// The steps and tests so far of the run in the folder at `path`, which may be in progress.
    ///
    /// Throws where it is not the folder of a run that has begun, or where its metrics cannot be read.
    public static func metrics(of path: String) throws -> (steps: [StepRecord], tests: [TestRecord]) {
        let metricsPath = "\(path)/metrics.jsonl"
        guard access(metricsPath, R_OK) == 0 else {
            throw TrainingError(
                .invalidRun,
                "\(path) is not the folder of a run that has begun: \(metricsPath): \(String(cString: strerror(errno)))"
            )
        }
        return try MetricsFile.records(in: metricsPath)
    }

    /// Takes the lock that keeps two processes from writing to one run. The system lets go of it however a process ends.
    private init(locking path: String) throws {
        self.path = path
        lock = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // Whoever asks for the run's status holds the lock for a moment.
        var isLocked = lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0
        for _ in 0..<10 where lock >= 0 && !isLocked && errno == EWOULDBLOCK {
            usleep(10_000)
            isLocked = flock(lock, LOCK_EX | LOCK_NB) == 0
        }
        guard isLocked else {
            let busy = errno == EWOULDBLOCK
            let reason = String(cString: strerror(errno))
            // All properties are set, so `deinit` closes the descriptor.
            throw TrainingError(
                .invalidRun, busy ? "\(path) is in use by another process that trains it" : "\(path): \(reason)")
        }
    }

    deinit { if lock >= 0 { close(lock) } }

    /// The file of settings.
    public var settingsPath: String { "\(path)/settings.json" }
    /// The file of metrics.
    public var metricsPath: String { "\(path)/metrics.jsonl" }
    /// The file of which samples each step was computed from.
    public var ledgerPath: String { RunFolder.ledgerPath(of: path) }
    static func ledgerPath(of folder: String) -> String { "\(folder)/ledger.jsonl" }
    /// The file of the weights that the run starts from, where they were given.
    public var initialWeightsPath: String { "\(path)/initial.safetensors" }
    /// The file of the complete run's weights.
    public var weightsPath: String { "\(path)/final.safetensors" }

    /// The file of the state after `step` steps.
    public func checkpointPath(step: Int) -> String {
        let digits = String(step)
        return "\(path)/checkpoint-\(String(repeating: "0", count: max(0, 8 - digits.count)))\(digits).safetensors"
    }

    /// Writes the state after `step` steps, then removes checkpoints beyond those that are kept. Returns the file's path.
    package func write(checkpoint: Safetensors, step: Int) throws -> String {
        let path = checkpointPath(step: step)
        try checkpoint.write(to: path)
        for old in try checkpointSteps().dropLast(keptCheckpoints) { unlink(checkpointPath(step: old)) }
        return path
    }

    /// How far the run's record goes: as far as both metrics and ledger do, so that neither ends up with a gap.
    public func recordedPosition() throws -> RecordedPosition {
        var position = try MetricsFile.position(path: metricsPath)
        // A run of an earlier release has no ledger; it goes on with one.
        guard let last = try LedgerFile.lastStep(path: ledgerPath) else { return position }
        position.steps = min(position.steps, last)
        position.testedSteps = min(position.testedSteps, last)
        return position
    }

    /// The steps after which there is a checkpoint, in order.
    public func checkpointSteps() throws -> [Int] { try RunFolder.checkpointSteps(in: path) }

    /// Whether the run in the folder at `path` has come to its end.
    public static func isComplete(_ path: String) -> Bool { access("\(path)/final.safetensors", F_OK) == 0 }

    /// The steps after which there is a checkpoint in the folder at `path`, in order.
    public static func checkpointSteps(in path: String) throws -> [Int] {
        guard let directory = opendir(path) else {
            throw TrainingError(.invalidRun, "\(path): \(String(cString: strerror(errno)))")
        }
        defer { closedir(directory) }
        var steps: [Int] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasPrefix("checkpoint-"), name.hasSuffix(".safetensors") else { continue }
            if let step = Int(name.dropFirst("checkpoint-".count).dropLast(".safetensors".count)) { steps.append(step) }
        }
        return steps.sorted()
    }

    /// The newest checkpoint that can be read; `tell` receives a line for each that cannot.
    ///
    /// Nil where none was written. Throws where some were, but none of them can be used.
    public func newestCheckpoint(of settings: RunSettings, tell: (String) -> Void) throws -> Checkpoint? {
        let steps = try checkpointSteps()
        for (index, step) in steps.enumerated().reversed() {
            do {
                let checkpoint = try Checkpoint(contentsOf: checkpointPath(step: step))
                let differences = try checkpoint.differences(from: settings)
                guard differences.isEmpty else {
                    throw TrainingError(
                        .mismatch,
                        "\(checkpointPath(step: step)) was written with other settings than \(settingsPath) has: "
                            + differences.joined(separator: "; "))
                }
                return checkpoint
            } catch {
                if index == 0 {
                    throw TrainingError(
                        .invalidRun,
                        "none of the \(steps.count) checkpoints in \(path) can be used; the oldest: \(error)")
                }
                tell("\(error); the checkpoint before it is tried")
            }
        }
        return nil
    }

    /// What an error that ends the run adds, so that the user knows what is left of it: nothing before its first step.
    public func resumeAdvice() -> String {
        guard hasBegun else { return "" }
        guard let step = try? checkpointSteps().last else { return ". No checkpoint had been written yet" }
        return ". The last checkpoint is \(checkpointPath(step: step)); resume with: \(Program.resumeCommand(path))"
    }

    /// Whether there is more in the folder than settings.
    private var hasBegun: Bool { access(metricsPath, F_OK) == 0 }

    /// Removes the folder of a run that could not begin, so that a slip of the user's leaves nothing behind.
    public func removeUnlessBegun() {
        if hasBegun { return }
        unlink(settingsPath)
        unlink(coordinatorPath)
        unlink(statusPath)
        unlink(machinePath)
        unlink(initialWeightsPath)
        rmdir(path)
    }

    @discardableResult
    private static func makeFolder(_ path: String, mayExist: Bool) throws -> Bool {
        if mkdir(path, 0o777) == 0 { return true }
        if errno == EEXIST { return mayExist ? true : false }
        throw TrainingError(
            .invalidRun,
            "cannot make the folder \(path): \(String(cString: strerror(errno))); name another place with --runs FOLDER"
        )
    }

    /// The local time as `20261122-102355`.
    private static func timestamp() -> String {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let length = strftime(&text, text.count, "%Y%m%d-%H%M%S", &parts)
        return String(decoding: text.prefix(length).map(UInt8.init), as: UTF8.self)
    }
}
