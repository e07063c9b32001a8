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
    @Flag(help: "Write events for TensorBoard into the run's folder; a resumed run that did goes on with them.")
    var tensorboard = false

    /// Who is told of the events of the run in `folder`: `reporter`, by way of what writes them for TensorBoard where that is wanted.
    func observer(of folder: RunFolder, _ reporter: any RunObserver) -> any RunObserver {
        tensorboard || EventRecorder.hasWritten(in: folder) ? EventRecorder(forwardingTo: reporter) : reporter
    }

    /// Opens the run: a new one with the settings of `job` for `workers` workers, or the one that is resumed.
    func open(
        _ job: JobOptions, workers: Int, tell: (String) -> Void
    ) throws -> (folder: RunFolder, settings: RunSettings, checkpoint: Checkpoint?) {
        guard let resume else {
            let settings = try job.settings(workers: workers, tell: tell)
            return (try RunFolder.create(in: runs, settings: settings), settings, nil)
        }
        if let option = job.firstGiven {
            throw TrainingError(
                .invalidSetting, "\(option) cannot be given with --resume: the run keeps the settings it began with")
        }
        var (folder, settings) = try RunFolder.open(resume)
        if job.allowNonFinite, !settings.continuesWhenNotFinite {
            settings.continuesWhenNotFinite = true
            // So that whoever resumes the run again goes on as it did, and whoever looks at its losses sees why.
            try folder.write(settings)
        }
        if let data = job.data { settings.data = try moved(settings.data, to: data) }
        return (folder, settings, try folder.newestCheckpoint(of: settings, tell: tell))
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
