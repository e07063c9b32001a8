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
    private let settings: RunSettings
    private let folder: RunFolder
    private let observer: any RunObserver
    private let logger: Logger
    private let mailbox: Mailbox<CoordinatorEvent>
    private var clock: LoopClock
    private let patience: Patience
    private var machine: CoordinatorMachine
    private var recorder: RunRecorder?
    private var isComplete = false

    /// A coordinator of `workers` workers, who reach it through `transport`.
    ///
    /// - Parameters:
    ///   - advertised: Where workers reach `transport`, for messages to people.
    ///   - folder: The run's folder.
    ///   - checkpoint: The state to start from; nil for a new run.
    ///   - logger: Receives what the coordinator does; the observer receives what a user wants to know.
    public init(
        transport: any Transport, advertised: Endpoint, settings: RunSettings, workers: Int, folder: RunFolder,
        resumingFrom checkpoint: Checkpoint? = nil, patience: Patience = Patience(), logger: Logger,
        observer: any RunObserver
    ) {
        self.transport = transport
        self.settings = settings
        self.folder = folder
        self.observer = observer
        self.logger = logger
        self.patience = patience
        mailbox = Mailbox(waker: transport.waker)
        clock = LoopClock(silence: patience.silence)
        machine = CoordinatorMachine(
            run: .random(), settings: settings, workerCount: workers, endpoint: advertised.description,
            state: checkpoint.map { (Payload($0.file.encoded()), $0) }, patience: patience, now: .zero)
    }

    /// Asks the run to stop after the step in flight, from any thread.
    public var interrupt: @Sendable () -> Void { { [mailbox] in mailbox.put(.interrupted) } }

    /// Tells of the end of a process that works for this run, from any thread.
    var processEnded: @Sendable (Int, ProcessEnd) -> Void { { [mailbox] in mailbox.put(.exited(pid: $0, $1)) } }
    /// Tells that a process could not be started, from any thread.
    var launchFailed: @Sendable (String) -> Void { { [mailbox] in mailbox.put(.launchFailed($0)) } }

    /// Runs to the end or to the requested stop. Returns whether the run is complete.
    ///
    /// Throws a ``ClusterError`` or a `TrainingError` that says why it cannot go on; every worker has been told, too.
    public func run() throws -> Bool {
        defer { transport.close() }
        while true {
            var actions: [CoordinatorAction] = []
            for event in try nextEvents() { actions += machine.handle(event, now: clock.now()) }
            while !actions.isEmpty {
                let action = actions.removeFirst()
                if case .end(let error) = action {
                    if let error { throw describe(error) }
                    return isComplete
                }
                do {
                    try perform(action)
                } catch let error as TransportError {
                    // Who is gone need not hear that the run has ended, and why it has is told below.
                    if case .ended = machine.phase { continue }
                    observer.handle(.warning("\(error)"))
                } catch {
                    // The record cannot be kept, or the run must not go on: all workers are told, and the user is told why.
                    for case .send(let envelope, let peer) in machine.fail(.stopped, "\(error)") {
                        try? transport.send(envelope, to: peer)
                    }
                    throw error
                }
            }
        }
    }

    /// What has happened, waiting for something for a tick at most.
    private func nextEvents() throws -> [CoordinatorEvent] {
        let events = try transport.receiveAll(timeout: patience.lastWords / 3).map { incoming -> CoordinatorEvent in
            switch incoming {
            case .message(let envelope, let peer): return .message(envelope, from: peer)
            case .rejected(let error, let peer):
                logger.debug("dropped a message from \(peer): \(error)")
                return .rejected(error, from: peer, name: peer.description)
            case .lost(let peer): return .lost(peer)
            }
        }
        return events + mailbox.take() + [.tick]
    }

    private func perform(_ action: CoordinatorAction) throws {
        logger.log(level: action.logLevel, "\(action)")
        switch action {
        case .send(let envelope, let peer): try transport.send(envelope, to: peer)
        case .begin(let schedule, let workers, let parameters, let completedSteps):
            let recorder = try RunRecorder(
                folder: folder, settings: settings, schedule: schedule, completedSteps: completedSteps,
                observer: observer)
            recorder.begin(workers: workers, parameters: parameters, completedSteps: completedSteps)
            self.recorder = recorder
        case .completeStep(let step, let lossSum, let computeSeconds, let communicateSeconds):
            try recorder?.complete(
                step: step, lossSum: lossSum, computeSeconds: computeSeconds, communicateSeconds: communicateSeconds)
        case .tested(let evaluation, let completedSteps):
            try recorder?.tested(evaluation, completedSteps: completedSteps)
        case .checkpoint(let payload, let completedSteps, let then):
            let place = "the state that rank 0 sent"
            let checkpoint = try Checkpoint(Safetensors(parsing: payload.array(), name: place), from: place)
            try recorder?.write(checkpoint: checkpoint, completedSteps: completedSteps)
            if then == .stopped { recorder?.stopped(completedSteps: completedSteps) }
            if then == .complete {
                try recorder?.finish(with: checkpoint)
                isComplete = true
            }
        case .note(let text): observer.handle(.note(text))
        case .warning(let text): observer.handle(.warning(text))
        case .end: break
        }
    }

    /// The error with what the user can do: resume from the last checkpoint, where there is one.
    private func describe(_ error: ClusterError) -> ClusterError {
        let reason = error.description
        return ClusterError(
            error.code, (reason.hasSuffix(".") ? String(reason.dropLast()) : reason) + folder.resumeAdvice())
    }
}
