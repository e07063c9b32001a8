internal import ArgumentParser
internal import Glibc
internal import LockstepCluster
internal import LockstepTensor
internal import LockstepTraining

/// `lockstep bench step`: how long a step of training takes, and where its time goes.
struct BenchStepCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "step",
            abstract: "Time steps of training on workers of this host, or in one process.",
            discussion: """
                Takes the options of 'train' and trains as it does, but tests nothing and keeps nothing: after steps to warm up it times \
                those that follow. Without --data the samples are random numbers that fit the model.


                """
                    + JobCatalog.examples(
                        "bench step --workers 2",
                        "bench step --model mlp:784-64-10 --batch 64 --workers 2 --microbatches 2",
                        "bench step --model mlp:1024-1024-1024-1024-10 --batch 512 --single-process --json"))
    }

    @Option(name: .shortAndLong, parsing: .unconditional, help: "How many workers. (default: one for each core)")
    var workers: Int?
    @Flag(help: "Train in this process alone: no sockets, no child processes.")
    var singleProcess = false
    @OptionGroup var threads: ThreadOptions
    @Option(help: "How the workers are reached, as of 'train': ipc, tcp, or in-process.")
    var transport = TrainCommand.TransportKind.ipc
    @OptionGroup var sharing: SharingOptions
    @Option(parsing: .unconditional, help: "How many steps are not timed.")
    var warmUp = 20
    @Option(parsing: .unconditional, help: "For how many seconds steps are timed.")
    var seconds = 3.0
    @Option(parsing: .unconditional, help: "How many steps are timed. (default: as many as --seconds allows)")
    var steps: Int?
    @OptionGroup var job: JobOptions
    @Flag(help: "Print the figures as a line of JSON.")
    var json = false
    @Option(help: LogLevel.help)
    var logLevel = LogLevel.warning

    func validate() throws {
        if let workers { try WorkerCount.check(workers) }
        try threads.check(singleProcess: singleProcess)
        if singleProcess && workers != nil {
            throw ValidationError("--workers cannot be given with --single-process")
        }
        guard (0...1_000_000).contains(warmUp) else {
            throw ValidationError("--warm-up is \(warmUp); expected 0 to 1000000 steps")
        }
        guard seconds > 0, seconds <= 1e5 else {
            throw ValidationError("--seconds is \(seconds); expected more than 0 and at most 100000")
        }
        guard (1...1_000_000_000).contains(steps ?? 1) else {
            throw ValidationError("--steps is \(steps ?? 1); expected 1 to 1000000000")
        }
    }

    mutating func run() throws {
        let start = ContinuousClock.now
        let folder = try TemporaryRuns()
        defer { folder.remove() }
        var train = try TrainCommand.parse([])
        train.transport = transport
        train.sharing = sharing
        train.record.runs = folder.path
        train.output.logLevel = logLevel
        if job.subject.data == nil, JobCatalog.current.own == nil { job.subject.data = "random" }
        let count = singleProcess ? 1 : workers ?? WorkerCount.cores
        var opened = try train.record.open(job, workers: count) { _ in }
        // Neither the end of the data nor that of an epoch ends the measuring or writes a checkpoint.
        opened.settings.epochs = 1_000_000
        opened.settings.checkpointEvery = 1 << 50
        let timer = StepTimer(warmUp: warmUp, steps: steps, seconds: seconds, start: start)
        try threads.use(kernels: opened.settings.kernels)
        if singleProcess {
            _ = try train.runAlone(opened, timer) { timer.begin(stop: $0, workers: nil) }
        } else {
            _ = try train.runCluster(count, opened, timer) { timer.begin(stop: $0, workers: $1, traffic: $2) }
        }
        guard let figures = timer.figures(workers: singleProcess ? 0 : count, transport: transport) else {
            Terminal.complain("Error: interrupted before any step was timed")
            throw ExitCode(128 + SIGINT)
        }
        if json { print(JSONText.encode(figures)) } else { figures.lines.forEach { print($0) } }
    }
}

/// A folder for runs that nobody wants to keep.
private struct TemporaryRuns {
    let path: String

    init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/lockstep-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw TrainingError(
                .invalidRun,
                "no folder for the measured run can be made in \(parent): \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func remove() { TemporaryRuns.remove(path) }

    /// Removes a file, or a folder with all in it.
    private static func remove(_ path: String) {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { remove("\(path)/\(name)") }
            }
            closedir(folder)
        }
        Glibc.remove(path)
    }
}
