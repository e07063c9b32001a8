internal import ArgumentParser
internal import Glibc
internal import LockstepCluster
internal import LockstepFormats
internal import LockstepTensor
internal import LockstepTraining
internal import LockstepTransport

/// `lockstep train`: a run on this host.
struct TrainCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "train",
            abstract: "Train on this host: a coordinator and its workers as processes, or all in one process.",
            discussion: """
                Ctrl-C stops the run after the step in flight and writes a checkpoint to resume from; a second one stops at once.


                """
                    + JobCatalog.examples(
                        "train",
                        "train --workers 4 --batch 256 --microbatches 8 --epochs 3",
                        "train --model mlp:784-64-10 --optimizer adamw --lr 1e-3",
                        "train --single-process --data synthetic",
                        "train --model cnn --optimizer adadelta --schedule step --step-size 1 --gamma 0.7",
                        "train --data idx:/data/mnist --optimizer sgd --lr 0.1 --momentum 0.9",
                        "train --data 'csv:houses.csv?label=price&split=0.1' --model linear",
                        "train --data text:shakespeare.txt --model gpt --optimizer adamw --schedule cosine --warmup 100",
                        "train --resume runs/20261122-102355-mlp"))
    }

    /// How coordinator and workers on one host speak with each other.
    enum TransportKind: String, CaseIterable, ExpressibleByArgument {
        case ipc, tcp
        case inProcess = "in-process"
    }

    @Option(name: .shortAndLong, parsing: .unconditional, help: "How many workers. (default: one for each core)")
    var workers: Int?
    @Flag(help: "Train in this process alone: no sockets, no child processes.")
    var singleProcess = false
    @OptionGroup var threads: ThreadOptions
    @Option(
        help: """
            How the workers are reached: ipc (sockets in a folder that only this user can enter), tcp (loopback), or \
            in-process (workers are threads of this process).
            """)
    var transport = TransportKind.ipc
    @OptionGroup var sharing: SharingOptions
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How many times in all a worker is started in the place of one that died, later each time.",
            valueName: "count"))
    var restarts = 3
    @Flag(help: "Deal microbatches by how fast each worker computes; the bits are the same.")
    var balance = false
    @Option(
        help: """
            Where gradients are summed: direct (among the workers, which must reach each other), star (at the coordinator), or auto \
            (direct, but star once some workers cannot reach each other); the bits are the same.
            """)
    var allReduce = AllReduceChoice.auto
    @OptionGroup var comparing: ComparingOptions
    @OptionGroup var job: JobOptions
    @OptionGroup(title: "RUN OPTIONS") var record: RunOptions
    @OptionGroup(title: "OUTPUT OPTIONS") var output: OutputOptions

    func validate() throws {
        if let workers { try WorkerCount.check(workers) }
        try threads.check(singleProcess: singleProcess)
        guard (0...1_000_000).contains(restarts) else {
            throw ValidationError("--restarts is \(restarts); expected 0 to 1000000")
        }
        if singleProcess && record.dataFrom == .coordinator {
            throw ValidationError("--data-from coordinator cannot be given with --single-process, which has no workers")
        }
        if singleProcess && workers != nil {
            throw ValidationError(
                "--workers cannot be given with --single-process; for workers in one process: --transport in-process")
        }
    }

    mutating func run() throws {
        // Before anything of the run is there: this process may have to start again.
        let kernels = job.kernels ?? record.resume.flatMap { try? RunFolder.settings(of: $0) }?.kernels
        try Kernels.use(kernels)
        try threads.use(kernels: kernels)
        let reporter = output.reporter()
        let count = singleProcess ? 1 : workers ?? WorkerCount.cores
        let opened = try record.open(job, workers: count) { reporter.handle(.note($0)) }
        let observer = record.observer(of: opened.folder, reporter)
        try record.conclude(opened.folder) {
            if singleProcess {
                try runAlone(opened, observer)
            } else {
                try runCluster(count, opened, observer)
            }
        }
    }

    /// Trains in this process. `began` receives what stops the run after the step in flight.
    func runAlone(
        _ opened: RunOptions.Opened, _ reporter: any RunObserver,
        began: (@escaping @Sendable () -> Void) -> Void = { _ in }
    ) throws -> Bool {
        let settings = opened.settings
        try opened.folder.write(CoordinatorRecord(run: nil, endpoint: "", host: Host.name, process: Int(getpid())))
        let stop = StopRequest()
        let signals = Signals.handle(first: { stop.request() })
        defer { withExtendedLifetime(signals) {} }
        began { stop.request() }
        let trainer = try Trainer(settings: settings, job: JobCatalog.current.job(for: settings, data: nil))
        if let checkpoint = opened.checkpoint {
            try trainer.restore(checkpoint)
        } else if let weights = opened.initialWeights {
            try trainer.load(weights)
        }
        let before = try opened.folder.recordThisMachine(threads: BLAS.threads, microbatches: settings.microbatches)
        if let before {
            reporter.handle(
                .warning(
                    "this process has another processor kind, \(MachineRecord.here), than the run was computed on so far, \(before): "
                        + "the bits of this run may differ from one on equal processors"))
        }
        if trainer.testCount == 0 { reporter.handle(.note(RunEvent.noTest(of: settings))) }
        let recorder = try RunRecorder(
            folder: opened.folder, settings: settings, schedule: trainer.schedule,
            completedSteps: trainer.completedSteps,
            observer: reporter)
        return try SingleProcessRun(
            trainer: trainer, recorder: recorder, stop: stop, checkpointInterval: record.checkpointInterval
        ).run()
    }

    /// Trains on workers of this host. `began` receives what stops the run and, where the workers are processes, them and the
    /// coordinator's traffic.
    func runCluster(
        _ count: Int, _ opened: RunOptions.Opened, _ reporter: any RunObserver,
        began: (@escaping @Sendable () -> Void, LocalWorkers?, Traffic?) -> Void = { _, _, _ in }
    ) throws -> Bool {
        let (folder, settings) = (opened.folder, opened.settings)
        let samples = try record.samples(of: opened)
        if transport == .inProcess {
            let network = InProcessNetwork()
            let transport = try InProcessTransport(network: network, name: "coordinator")
            let loop = try CoordinatorLoop(
                transport: transport, advertised: transport.endpoint, settings: settings,
                membership: comparing.applied(
                    to: Membership(
                        workers: count, balances: balance, allReduce: allReduce,
                        checkpointInterval: record.checkpointInterval)),
                folder: folder, resumingFrom: opened.checkpoint, startingFrom: opened.initialWeights,
                samples: samples, logger: output.logger("coordinator"), observer: reporter)
            let catalog = JobCatalog.current
            InProcessWorkers.start(
                count: count, network: network, coordinator: transport.endpoint, logger: output.logger("worker")
            ) {
                try catalog.job(for: $0, data: settings.data)
            }
            let signals = Signals.handle(first: loop.interrupt)
            defer { withExtendedLifetime(signals) {} }
            began(loop.interrupt, nil, nil)
            return try loop.run()
        }
        let (endpoint, remove) =
            switch transport {
            case .ipc: try Endpoint.privateIPC()
            case .tcp, .inProcess: (Endpoint.tcp(host: "127.0.0.1", port: 0), {})
            }
        defer { remove() }
        let transport = try ZeroMQTransport(binding: endpoint)
        var patience = Patience()
        // These workers are started at once, not by hand, and join before they load anything.
        patience.joining = .seconds(30)
        let loop = try CoordinatorLoop(
            transport: transport, advertised: transport.endpoint, settings: settings,
            membership: comparing.applied(
                to: Membership(
                    workers: count, restarts: restarts, balances: balance, allReduce: allReduce,
                    checkpointInterval: record.checkpointInterval, patience: patience)),
            folder: folder, resumingFrom: opened.checkpoint, startingFrom: opened.initialWeights, samples: samples,
            logger: output.logger("coordinator"), observer: reporter)
        let workers = LocalWorkers(
            count: count,
            arguments: WorkerCommand.arguments(
                coordinator: transport.endpoint, parent: getpid(), data: samples == nil ? settings.data : "",
                logLevel: output.logLevel) + sharing.arguments,
            for: loop)
        // Workers end by themselves when they are told to; one that is frozen never does.
        defer { workers.end(within: .milliseconds(500)) }
        let signals = Signals.handle(
            first: loop.interrupt,
            second: {
                workers.kill()
                remove()
            })
        defer { withExtendedLifetime(signals) {} }
        began(loop.interrupt, workers, transport.traffic)
        return try loop.run()
    }
}

/// How many workers there may be.
enum WorkerCount {
    /// The processor cores that this process may use, as far as there may be workers for them.
    static var cores: Int { min(most, ProcessorCores.usable) }
    /// More would be a slip of the finger.
    static let most = 1024

    static func check(_ count: Int) throws {
        guard (1...most).contains(count) else {
            throw ValidationError("--workers is \(count); expected 1 to \(most)")
        }
    }
}
