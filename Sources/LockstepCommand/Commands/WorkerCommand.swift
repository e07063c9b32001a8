internal import ArgumentParser
internal import Glibc
internal import LockstepCluster
internal import LockstepData
internal import LockstepTensor
internal import LockstepTraining
internal import LockstepTransport
internal import Logging

/// `lockstep worker`: one worker of a run.
struct WorkerCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "worker",
            abstract: "Work for a coordinator.",
            discussion: """
                The coordinator tells a worker all it needs to know. A worker may be started first: it waits for its coordinator. \
                Where the coordinator is on another host, both need keys: see 'keys'.


                """
                    + JobCatalog.examples(
                        "worker --coordinator tcp://10.0.0.1:5700 --keys keys",
                        "worker --coordinator tcp://10.0.0.1:5700 --keys keys --data idx:/data/mnist"))
    }

    @Option(help: ArgumentHelp("Where the coordinator listens.", valueName: "endpoint"))
    var coordinator: String
    @Option(
        help: ArgumentHelp(
            "Where other workers reach this one. (default: a free port of the address that leads to the coordinator)",
            valueName: "endpoint"))
    var bind: String?
    @Option(
        help: JobCatalog.help(
            "Where this host keeps the data, if they are in files: idx:FOLDER, csv:FILE?…, npz:FILE or text:FILE."))
    var data: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("How long to wait for the coordinator.", valueName: "seconds"))
    var wait = 600.0
    @OptionGroup(title: "NETWORK OPTIONS") var network: KeyOptions
    @OptionGroup var sharing: SharingOptions
    @Option(help: LogLevel.help)
    var logLevel = LogLevel.info
    @Flag(name: .shortAndLong, help: "Print errors only.")
    var quiet = false
    @Option(help: .hidden)
    var parent: Int?

    /// What a worker that `lockstep train` starts is given.
    static func arguments(coordinator: Endpoint, parent: pid_t, data: String, logLevel: LogLevel) -> [String] {
        var arguments = [
            "worker", "--coordinator", "\(coordinator)", "--parent", "\(parent)", "--log-level", "\(logLevel)",
        ]
        if data.contains(":") { arguments += ["--data", data] }
        return arguments
    }

    func validate() throws { try Waiting.check(wait) }

    /// An address that somebody can listen at.
    private static func check(_ coordinator: Endpoint) throws -> Endpoint {
        switch coordinator {
        case .tcp(_, 0):
            throw ValidationError(
                "--coordinator is \(coordinator); expected the port that the coordinator prints, not 0")
        case .inProcess:
            throw ValidationError("--coordinator is \(coordinator); expected tcp://HOST:PORT or ipc://PATH")
        case .tcp, .ipc: return coordinator
        }
    }

    mutating func run() throws {
        if let parent {
            Signals.leaveToParent()
            guard Parent.follow(pid: parent) else { throw ExitCode.failure }
        }
        BLAS.threads = 1
        OpenFiles.raiseLimit()
        let coordinator = try WorkerCommand.check(Endpoint(coordinator))
        let protection = try network.protection { try Keyring.worker($0) }
        let transport = try ZeroMQTransport(
            binding: bind.map { try Endpoint($0) } ?? coordinator.forWorker(), protection: protection,
            limits: sharing.limits)
        let logger = (quiet ? LogLevel.error : logLevel).logger("worker")
        if let warning = network.warning(listeningAt: transport.endpoint) { logger.warning("\(warning)") }
        var patience = Patience()
        patience.joining = .seconds(wait)
        let (catalog, data, isByHand) = (JobCatalog.current, data, parent == nil)
        let loop = try WorkerLoop(
            transport: transport, coordinator: coordinator,
            advertised: transport.endpoint.advertised(toward: coordinator), patience: patience,
            logger: logger, kernels: { try Kernels.check($0) },
            makeJob: {
                let job = try catalog.job(for: $0, data: data)
                return isByHand ? RemoteWorkerJob(job: job) : job
            })
        let signals = parent == nil ? Signals.handle(first: loop.interrupt) : nil
        defer { withExtendedLifetime(signals) {} }
        do { try loop.run() } catch {
            if let kernels = loop.otherKernels {
                signals?.restore()
                try Kernels.use(kernels)
            }
            // Why it ends early is told by the coordinator that started it, which knows and says it once.
            throw parent == nil ? error : ExitCode.failure
        }
    }
}

/// The job of a worker that was started by hand. Where its host lacks the data, what can be done about it is told, too.
private struct RemoteWorkerJob: TrainableJob {
    let job: any TrainableJob

    var name: String { job.name }

    func makeReplica(seed: UInt64, limit: Int?) throws -> any Replica {
        do {
            return try job.makeReplica(seed: seed, limit: limit)
        } catch let error as DataError {
            throw TrainingError(
                .mismatch,
                "\(error) A coordinator that is started with --data-from coordinator sends the data to workers that have no copy"
            )
        }
    }

    func openSamples() throws -> SampleSource { try job.openSamples() }

    func makeReplica(seed: UInt64, limit: Int?, samples: DeliveredSamples) throws -> any Replica {
        try job.makeReplica(seed: seed, limit: limit, samples: samples)
    }
}
