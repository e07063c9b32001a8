internal import ArgumentParser
internal import Glibc
internal import LockstepCluster
internal import LockstepTraining
internal import Logging

/// Where a run's record is kept, and whether it goes on from an earlier one.
struct RunOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Go on with the run of this folder.", valueName: "folder"))
    var resume: String?
    @Option(help: ArgumentHelp("Where folders of new runs are made.", valueName: "folder"))
    var runs = "runs"
    @Option(
        help: ArgumentHelp("Write the final weights to this file too, besides the run's folder.", valueName: "file"))
    var save: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many checkpoints are kept: the newest ones. (default: 2)", valueName: "count"))
    var keep: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Minutes after a checkpoint until another is made, besides those of --checkpoint-every.",
            valueName: "minutes"))
    var checkpointMinutes: Double?
    @Option(
        help: """
            Who reads the data: workers, each its own copy, or coordinator, which sends workers their samples. The bits are the same.
            """)
    var dataFrom = DataReader.workers
    @Flag(help: "Write events for TensorBoard into the run's folder; a resumed run that did goes on with them.")
    var tensorboard = false

    /// Who is told of the events of the run in `folder`: `reporter`, by way of what writes them for TensorBoard where that is wanted.
    func observer(of folder: RunFolder, _ reporter: any RunObserver) -> any RunObserver {
        tensorboard || EventRecorder.hasWritten(in: folder) ? EventRecorder(forwardingTo: reporter) : reporter
    }

    /// The data of a run, where the coordinator reads them and sends workers their samples; nil where those read them.
    func samples(of opened: Opened) throws -> SampleSource? {
        guard dataFrom == .coordinator else { return nil }
        return try JobCatalog.current.job(for: opened.settings, data: nil).openSamples()
    }

    /// How long after a checkpoint another is made.
    var checkpointInterval: Duration? { checkpointMinutes.map { .seconds($0 * 60) } }

    func validate() throws {
        if let keep, keep < 1 { throw ValidationError("--keep is \(keep); expected at least 1 checkpoint") }
        if let checkpointMinutes, !(checkpointMinutes > 0 && checkpointMinutes <= 1e6) {
            throw ValidationError(
                "--checkpoint-minutes is \(checkpointMinutes); expected more than 0 and at most 1000000 minutes")
        }
    }

    /// A run that is open.
    struct Opened {
        var folder: RunFolder
        var settings: RunSettings
        /// The state that it is resumed from.
        var checkpoint: Checkpoint?
        /// The weights that it starts from, where they were given and it has no checkpoint.
        var initialWeights: InitialWeights?
    }

    /// Opens the run: a new one with the settings of `job` for `workers` workers, or the one that is resumed.
    func open(_ job: JobOptions, workers: Int, tell: (String) -> Void) throws -> Opened {
        let opened = try openFolder(job, workers: workers, tell: tell)
        if let keep { opened.folder.keptCheckpoints = keep }
        return opened
    }

    private func openFolder(_ job: JobOptions, workers: Int, tell: (String) -> Void) throws -> Opened {
        let target = try save.map(RunOptions.target)
        guard let resume else {
            let weights = try job.initialWeights()
            var settings = try job.settings(workers: workers, initialWeights: weights, tell: tell)
            settings.save = target
            let folder = try RunFolder.create(in: runs, settings: settings)
            do {
                if let weights { try folder.write(weights) }
            } catch {
                folder.removeUnlessBegun()
                throw error
            }
            return Opened(folder: folder, settings: settings, initialWeights: weights)
        }
        if let option = job.firstGiven {
            throw TrainingError(
                .invalidSetting, "\(option) cannot be given with --resume: the run keeps the settings it began with")
        }
        var (folder, settings) = try RunFolder.open(resume)
        let recorded = settings
        settings.continuesWhenNotFinite = recorded.continuesWhenNotFinite || job.allowNonFinite
        settings.save = target ?? recorded.save
        // So that whoever resumes the run again goes on as it did, and whoever looks at its losses sees why.
        if settings != recorded { try folder.write(settings) }
        if let data = job.data { settings.data = try moved(settings.data, to: data) }
        let checkpoint = try folder.newestCheckpoint(of: settings, tell: tell)
        let weights = checkpoint == nil ? try folder.initialWeights(of: settings) : nil
        return Opened(folder: folder, settings: settings, checkpoint: checkpoint, initialWeights: weights)
    }

    /// The file to write the final weights to, by its whole path: a run may be resumed from another folder.
    ///
    /// Throws where it could not be written there: better now than after the training.
    private static func target(_ path: String) throws -> String {
        var folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let name = path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
        guard !name.isEmpty, let whole = realpath(folder, nil) else {
            throw TrainingError(
                .invalidSetting, "--save is \(path); expected the name of a file in a folder that there is")
        }
        folder = String(cString: whole)
        free(whole)
        var status = stat()
        let target = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
        guard access(folder, W_OK) == 0, stat(target, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
            throw TrainingError(.invalidSetting, "--save is \(path), which cannot be written; expected another file")
        }
        return target
    }

    /// The data of a resumed run at another place than before: `--data idx:FOLDER` for a folder that was moved.
    private func moved(_ data: String, to place: String) throws -> String {
        guard let colon = data.firstIndex(of: ":"), place.hasPrefix(data[...colon]) else {
            throw TrainingError(
                .invalidSetting,
                "--data cannot be given with --resume as '\(place)': the run goes on with the data it began with, '\(data)'"
            )
        }
        return place
    }

    /// Runs `body`, which says whether the run in `folder` is complete, and turns what it comes to into this process's exit code:
    /// 130, as shells give a command that Ctrl-C ended, for a run that was stopped by request.
    func conclude(_ folder: RunFolder, _ body: () throws -> Bool) throws {
        do {
            if try !body() { throw ExitCode(128 + SIGINT) }
        } catch {
            if resume == nil { folder.removeUnlessBegun() }
            if let error = error as? ClusterError, error.code == .stopped {
                Terminal.complain("Error: \(error)")
                throw ExitCode(128 + SIGINT)
            }
            throw RunOptions.advised(error, folder)
        }
    }

    /// What a file or the network has done to a run is told with what is left of the run, as the run's own errors are.
    private static func advised(_ error: any Error, _ folder: RunFolder) -> any Error {
        switch error {
        case is ExitCode, is ClusterError: return error
        case let error as TrainingError where error.code == .notFinite: return error
        default:
            let text = "\(error)"
            let advice = folder.resumeAdvice()
            return advice.isEmpty
                ? error : EndedRun(description: (text.hasSuffix(".") ? String(text.dropLast()) : text) + advice)
        }
    }

    /// An error that ended a run, with what is left of the run.
    private struct EndedRun: Error, CustomStringConvertible {
        let description: String
    }
}

/// Who reads the data of a run.
enum DataReader: String, CaseIterable, ExpressibleByArgument {
    case workers, coordinator
}

/// What is printed.
struct OutputOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Print errors and warnings only.")
    var quiet = false
    @Flag(help: "Print each event as a line of JSON.")
    var json = false

    @Option(help: LogLevel.help)
    var logLevel = LogLevel.warning

    /// The log of a part of the program.
    func logger(_ part: String) -> Logger { logLevel.logger(part) }

    func validate() throws {
        if quiet && json { throw ValidationError("--quiet and --json cannot be given together") }
    }

    /// The reporter that these options ask for.
    func reporter() -> any RunObserver {
        if quiet { return QuietReporter() }
        if json { return JSONReporter() }
        return Terminal.isInteractive ? ProgressReporter() : PlainReporter()
    }
}
