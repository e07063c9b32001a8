internal import Glibc
internal import LockstepFormats
public import LockstepTraining
public import LockstepTransport
internal import LockstepWire
public import Logging

/// A coordinator: lets workers in, orders the steps of a run, and keeps its record.
///
/// The thread that calls ``run()`` owns the sockets and feeds the state machine.
public final class CoordinatorLoop {
    private let transport: any Transport
    private let folder: RunFolder
    private let logger: Logger
    private let inbox: EventQueue<CoordinatorEvent>
    private var clock: LoopClock
    private let patience: Patience
    private var machine: CoordinatorMachine
    private let recording: Recording
    private let reading: SampleReading?
    private var lastStatus: (at: Duration, status: RunStatus?) = (.seconds(-1), nil)
    private var lastLookAtKeys = Duration.zero
    /// Starts a worker process after a while.
    var launch: (@Sendable (Duration) -> Void)?

    /// A coordinator of workers who reach it through `transport`.
    ///
    /// - Parameters:
    ///   - advertised: Where workers reach `transport`, for messages to people.
    ///   - workerOptions: What workers are started with besides that, for messages to people: `--keys FOLDER` where there are keys.
    ///   - membership: Who may be in the run, and for how long somebody is waited for.
    ///   - folder: The run's folder.
    ///   - checkpoint: The state to start from where no worker holds a newer one; nil for a new run.
    ///   - initialWeights: The weights that a new run starts from, which workers are sent; nil where they are drawn.
    ///   - samples: The data, where workers are sent their samples; nil where they read them.
    ///   - logger: Receives what the coordinator does; the observer receives what a user wants to know.
    ///
    /// Throws where the run's folder cannot be read or written, and where the data are not those of the checkpoint.
    public init(
        transport: any Transport, advertised: Endpoint, workerOptions: String = "", settings: RunSettings,
        membership: Membership, folder: RunFolder, resumingFrom checkpoint: Checkpoint? = nil,
        startingFrom initialWeights: InitialWeights? = nil, samples: SampleSource? = nil, logger: Logger,
        observer: any RunObserver
    ) throws {
        self.transport = transport
        self.folder = folder
        self.logger = logger
        patience = membership.patience
        let inbox = EventQueue<CoordinatorEvent>(waker: transport.waker)
        self.inbox = inbox
        let recorded = try folder.recordedPosition()
        recording = Recording(
            settings: settings, folder: folder, position: recorded, observer: observer, report: { inbox.put($0) })
        if let samples, let checkpoint, samples.description.fingerprint != checkpoint.fingerprint {
            throw TrainingError(
                .mismatch,
                "the data have the fingerprint \(samples.description.fingerprint), but the run was trained on others, "
                    + "\(checkpoint.fingerprint); expected the same data")
        }
        reading = try samples.map { samples in
            SampleReading(try SampleReader(samples, settings: settings), report: { inbox.put($0) })
        }
        clock = LoopClock(silence: patience.silence)
        // The name that the run had before, so that its workers know a coordinator that was started again.
        let run = try folder.coordinator()?.run.flatMap { RunID($0) } ?? .random()
        var setup = CoordinatorMachine.Setup(
            run: run, settings: settings, membership: membership, endpoint: advertised.description)
        setup.state = checkpoint.map { (Payload($0.file), $0) }
        setup.initialWeights = initialWeights.map { Payload($0.file) }
        setup.data = samples?.description
        setup.recorded = recorded
        setup.machines = try folder.machine()?.machines ?? []
        if !workerOptions.isEmpty { setup.workerOptions = " " + workerOptions }
        machine = CoordinatorMachine(setup, now: .zero)
        try folder.write(
            CoordinatorRecord(
                run: run.description, endpoint: transport.endpoint.description, host: Host.name, process: Int(getpid()))
        )
    }

    /// Asks the run to stop after the step in flight, from any thread.
    public var interrupt: @Sendable () -> Void { { [inbox] in inbox.put(.interrupted) } }

    /// Tells of the end of a process that works for this run, from any thread.
    var processEnded: @Sendable (Int, ProcessEnd) -> Void { { [inbox] in inbox.put(.exited(pid: $0, $1)) } }
    /// Tells that a process could not be started, from any thread.
    package var launchFailed: @Sendable (String) -> Void { { [inbox] in inbox.put(.launchFailed($0)) } }

    /// Runs to the end or to the requested stop. Returns whether the run is complete.
    ///
    /// Throws a ``ClusterError`` or a `TrainingError` that says why it cannot go on; every worker has been told, too.
    public func run() throws -> Bool {
        defer { transport.close() }
        while true {
            writeStatus()
            for event in try nextEvents() {
                for action in machine.handle(event, now: clock.now()) {
                    if case .end(let error) = action { return try conclude(error) }
                    perform(action)
                }
            }
        }
    }

    /// Has what the workers are doing written down, once a second at most and only where it has changed.
    private func writeStatus() {
        let now = clock.now()
        guard now - lastStatus.at >= .seconds(1) else { return }
        let status = machine.status
        if status != lastStatus.status { recording.write(status) }
        lastStatus = (now, status)
    }

    /// What has happened, waiting for something for a tick at most.
    private func nextEvents() throws -> [CoordinatorEvent] {
        let events = try transport.receiveAll(timeout: patience.lastWords / 3).compactMap {
            incoming -> CoordinatorEvent? in
            switch incoming {
            case .message(let envelope, let peer):
                // Its key may have been removed since it connected.
                if case .hello = envelope.body, peer.key.map(transport.mayJoin) == false { return .barred(peer) }
                return .message(envelope, from: peer)
            case .rejected(let error, let peer):
                logger.debug("dropped a message from \(peer): \(error)")
                return .rejected(error, from: peer, name: peer.description)
            case .lost(let peer): return .lost(peer)
            case .refused(let error), .refusedBy(_, let error):
                // Nothing of the run changes; the user is told.
                perform(.warning("\(error)"))
                return nil
            }
        }
        return events + inbox.take() + barred() + [.tick]
    }

    /// The workers whose keys may no longer join, looked for every two seconds: a user who bars one waits for it.
    private func barred() -> [CoordinatorEvent] {
        let now = clock.now()
        guard now - lastLookAtKeys >= .seconds(2) else { return [] }
        lastLookAtKeys = now
        return machine.peers.filter { $0.key.map(transport.mayJoin) == false }.map { .barred($0) }
    }

    private func perform(_ action: CoordinatorAction) {
        logger.log(level: action.logLevel, "\(action)")
        if case .launch(let delay) = action { launch?(delay) }
        if case .read(let read) = action { reading?.add(read) }
        guard case .send(let envelope, let peer) = action else { return recording.add(action) }
        do {
            try transport.send(envelope, to: peer)
        } catch {
            // That a worker is gone is an event of its own, which says more.
            logger.info("\(envelope.body.name) could not be sent: \(error)")
        }
    }

    /// Ends the run with its record complete. An error comes with what the user can do: resume from the last checkpoint. Of a run that
    /// is complete all the same, with its weights on disk, there is none to tell.
    private func conclude(_ error: ClusterError?) throws -> Bool {
        let isComplete = try recording.finish()
        guard let error, !isComplete else { return isComplete }
        let reason = error.description
        throw ClusterError(
            error.code, (reason.hasSuffix(".") ? String(reason.dropLast()) : reason) + folder.resumeAdvice())
    }
}
