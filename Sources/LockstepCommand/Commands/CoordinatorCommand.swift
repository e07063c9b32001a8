internal import ArgumentParser
internal import Glibc
internal import LockstepCluster
internal import LockstepTraining
internal import LockstepTransport

/// `lockstep coordinator`: a run whose workers are started by hand or by a service manager, on this host or on others.
struct CoordinatorCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "coordinator",
            abstract: "Coordinate a run whose workers are started elsewhere.",
            discussion: """
                Prints the address that workers reach it at, waits for them, and then trains. It takes the options of 'train'. \
                Where other hosts reach the address, it and its workers need keys: see 'keys'.


                """
                    + JobCatalog.examples(
                        "coordinator --bind tcp://10.0.0.1:5700 --workers 2 --keys cluster",
                        "coordinator --bind tcp://10.0.0.1:0 --workers 8 --epochs 20 --keys cluster",
                        "coordinator --bind tcp://10.0.0.1:5700 --workers 2 --keys cluster --data-from coordinator",
                        "coordinator --bind tcp://10.0.0.1:5700 --workers 3 --keys cluster --resume runs/20261122-102355-mlp"
                    ))
    }

    @Option(
        help: ArgumentHelp(
            "Where to listen. Port 0 picks a free one. (default: where the run that is resumed did, else tcp://127.0.0.1:0, this host only)",
            valueName: "endpoint"))
    var bind: String?
    @Option(name: .shortAndLong, parsing: .unconditional, help: "How many workers to wait for. (default: 1)")
    var workers = 1
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How many workers there may be once the run has begun; they may join at any time. (default: --workers)",
            valueName: "count"))
    var maxWorkers: Int?
    @Option(
        parsing: .unconditional, help: ArgumentHelp("How long to wait for the workers to join.", valueName: "seconds"))
    var wait = 600.0
    @Flag(help: "Deal microbatches by how fast each worker computes; the bits are the same.")
    var balance = false
    @Option(
        help: """
            Where gradients are summed: direct (among the workers, which must reach each other), star (at the coordinator), or auto \
            (direct, but star once some workers cannot reach each other); the bits are the same.
            """)
    var allReduce = AllReduceChoice.auto
    @OptionGroup var comparing: ComparingOptions
    @OptionGroup(title: "NETWORK OPTIONS") var network: KeyOptions
    @OptionGroup var job: JobOptions
    @OptionGroup(title: "RUN OPTIONS") var record: RunOptions
    @OptionGroup(title: "OUTPUT OPTIONS") var output: OutputOptions

    func validate() throws {
        try WorkerCount.check(workers)
        if let maxWorkers {
            guard (workers...WorkerCount.most).contains(maxWorkers) else {
                throw ValidationError(
                    "--max-workers is \(maxWorkers); expected \(workers) (--workers) to \(WorkerCount.most)")
            }
        }
        try Waiting.check(wait)
    }

    /// Where the coordinator of the run that is resumed listened: its workers wait for it there.
    private var earlierEndpoint: String? {
        get throws {
            let endpoint = try record.resume.flatMap { try RunFolder.coordinator(of: $0) }?.endpoint
            // The folder of a local socket is gone with the process that made it.
            return endpoint.flatMap { $0.hasPrefix("tcp://") ? $0 : nil }
        }
    }

    mutating func run() throws {
        OpenFiles.raiseLimit()
        let reporter = output.reporter()
        let protection = try network.protection { try Keyring.coordinator($0) }
        let transport = try ZeroMQTransport(
            binding: Endpoint(bind ?? earlierEndpoint ?? "tcp://127.0.0.1:0"), protection: protection)
        let advertised = try transport.endpoint.advertised()
        if let warning = network.warning(listeningAt: advertised) { reporter.handle(.warning(warning)) }
        let opened = try record.open(job, workers: workers) { reporter.handle(.note($0)) }
        let folder = opened.folder
        let samples: SampleSource?
        do {
            samples = try record.samples(of: opened)
        } catch {
            if record.resume == nil { folder.removeUnlessBegun() }
            throw error
        }
        var patience = Patience()
        patience.joining = .seconds(wait)
        let loop = try CoordinatorLoop(
            transport: transport, advertised: advertised, workerOptions: network.workerOptions,
            settings: opened.settings,
            membership: comparing.applied(
                to: Membership(
                    workers: workers, maximumWorkers: maxWorkers, isOpen: true, balances: balance,
                    allReduce: allReduce, checkpointInterval: record.checkpointInterval, patience: patience)),
            folder: folder, resumingFrom: opened.checkpoint, startingFrom: opened.initialWeights, samples: samples,
            logger: output.logger("coordinator"),
            observer: record.observer(of: folder, reporter))
        // Said however quiet: whoever starts the workers has nowhere else to read it.
        let signals = Signals.handle(first: loop.interrupt)
        defer { withExtendedLifetime(signals) {} }
        // Last, as who reads the address may send a signal at once.
        let address = "coordinator listening on \(advertised)"
        if output.quiet { print(address) } else { reporter.handle(.note(address)) }
        try record.conclude(folder) { try loop.run() }
    }
}

/// How long somebody may be told to wait.
enum Waiting {
    static func check(_ seconds: Double) throws {
        guard seconds > 0, seconds <= 1e6 else {
            throw ValidationError("--wait is \(seconds); expected more than 0 and at most 1000000 seconds")
        }
    }
}
