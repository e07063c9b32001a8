internal import Glibc
internal import LockstepFormats
internal import LockstepTensor
public import LockstepTraining
public import LockstepTransport
internal import LockstepWire
public import Logging

/// A worker: joins the coordinator, computes its share of each step, and ends when the coordinator says so.
///
/// The thread that calls ``run()`` owns the sockets and feeds the state machine; a second one computes.
public final class WorkerLoop {
    private let transport: any Transport
    private let coordinator: Endpoint
    private let patience: Patience
    private let makeJob: @Sendable (RunSettings) throws -> any TrainableJob
    private let check: (@Sendable (String) throws -> Void)?
    private var logger: Logger
    private let hello: Hello
    private let inbox: EventQueue<WorkerEvent>
    private var clock: LoopClock

    private var coordinatorPeer: Peer
    private var peers: [Int: Peer] = [:]

    /// A worker that reaches its coordinator at `coordinator` and is reached by its peers through `transport`.
    ///
    /// - Parameters:
    ///   - advertised: Where peers on other hosts reach `transport`; its own endpoint where that says so.
    ///   - makeJob: Gives the job for the settings that the coordinator sends.
    ///   - logger: Receives what the worker does, and why it ends.
    ///   - kernels: Throws where this process could not have the kernels of that kind if it were started again. Where it is given and
    ///     does not throw, a run that asks for other kernels than this process has ends ``run()`` with ``otherKernels`` set.
    public init(
        transport: any Transport, coordinator: Endpoint, advertised: Endpoint, patience: Patience = Patience(),
        logger: Logger, kernels check: (@Sendable (String) throws -> Void)? = nil,
        makeJob: @escaping @Sendable (RunSettings) throws -> any TrainableJob
    ) throws {
        self.transport = transport
        self.coordinator = coordinator
        self.patience = patience
        self.makeJob = makeJob
        self.logger = logger
        self.check = check
        hello = Hello(
            host: Host.name, pid: Int(getpid()), endpoint: advertised.description, processor: BLAS.coreType,
            software: Software.version)
        inbox = EventQueue(waker: transport.waker)
        coordinatorPeer = try transport.connect(to: coordinator)
        clock = LoopClock(silence: patience.silence)
    }

    /// The kernels that the run asks for, where this process has left it because it has others.
    public private(set) var otherKernels: String?

    /// Asks the worker to leave the run, from any thread.
    public var interrupt: @Sendable () -> Void { { [inbox] in inbox.put(.interrupted) } }

    /// Works until the coordinator ends the run. Throws a ``ClusterError`` where it does not end well.
    public func run() throws {
        defer { transport.close() }
        let compute = ComputeThread(makeJob: makeJob) { [inbox] in inbox.put(.computed($0)) }
        defer { compute.close() }
        var machine = WorkerMachine(
            hello: hello, coordinator: coordinator.description, patience: patience, now: clock.now())
        var actions = machine.start()
        var loggedRank: Int?
        while true {
            for action in actions {
                if case .end(let error) = action {
                    if machine.strayMessages > 0 {
                        logger.warning("\(machine.strayMessages) messages that fitted nothing were dropped")
                    }
                    if let error { throw error }
                    return
                }
                do {
                    try perform(action, on: compute)
                } catch {
                    inbox.put(.failed("\(error)"))
                }
            }
            actions = try nextEvents().flatMap { machine.handle($0, now: clock.now()) }
            if let rank = machine.rank, rank != loggedRank {
                logger[metadataKey: "rank"] = "\(rank)"
                loggedRank = rank
            }
        }
    }

    /// What has happened, waiting for something for a tick at most.
    private func nextEvents() throws -> [WorkerEvent] {
        let incoming = try transport.receiveAll(timeout: patience.heartbeat / 2)
        let told = inbox.take()
        // Once a step: then the report of it is written.
        let isStepDone = told.contains { if case .computed(.applied) = $0 { true } else { false } }
        return incoming.compactMap { event(of: $0) } + (isStepDone ? [.sending(sendingSeconds)] : []) + told + [.tick]
    }

    /// For how long something has been on its way to each of those that this worker is connected to.
    private var sendingSeconds: [WorkerAction.Destination: Double] {
        var seconds = Dictionary(uniqueKeysWithValues: peers.map { (WorkerAction.Destination.rank($0.key), $0.value) })
        seconds[.coordinator] = coordinatorPeer
        return seconds.compactMapValues { transport.sendingTime(to: $0)?.seconds }
    }

    private func event(of incoming: Incoming) -> WorkerEvent? {
        switch incoming {
        case .message(let envelope, let peer):
            return .message(envelope, from: peer == coordinatorPeer ? .coordinator : .peer(peer))
        case .rejected(let error, let peer):
            logger.debug("dropped a message from \(peer): \(error)")
            return peer == coordinatorPeer ? .rejectedByCoordinator(error) : .rejected(error, name: peer.description)
        case .lost(let peer):
            if peer == coordinatorPeer { return .lostCoordinator }
            return peers.first { $0.value == peer }.map { .lostPeer($0.key) }
        case .refused(let error):
            logger.warning("\(error)")
            return nil
        case .refusedBy(let peer, let error):
            if peer == coordinatorPeer { return .refusedByCoordinator("\(error)") }
            // As any link that is not there: the coordinator decides what becomes of the run.
            logger.warning("\(error)")
            return peers.first { $0.value == peer }.map { .lostPeer($0.key) }
        }
    }

    private func perform(_ action: WorkerAction, on compute: ComputeThread) throws {
        logger.log(level: action.logLevel, "\(action)")
        switch action {
        case .send(let envelope, .coordinator):
            send(envelope, to: coordinatorPeer, or: .lostCoordinator)
        case .send(let envelope, .rank(let rank)):
            if let peer = peers[rank] { send(envelope, to: peer, or: .lostPeer(rank)) }
        case .reconnect:
            transport.disconnect(coordinatorPeer)
            coordinatorPeer = try transport.connect(to: coordinator)
        case .admit(let keys): transport.admit(keys)
        case .connect(let rank, let endpoint, let key):
            let place = try Endpoint(endpoint)
            // A path from elsewhere is never used: local sockets are for those whose coordinator is at one, too.
            guard place.isReached(as: coordinator) else {
                throw ClusterError(
                    .unexpectedMessage,
                    "rank \(rank) is said to be at \(endpoint), but the coordinator is at \(coordinator)")
            }
            if let earlier = peers[rank] { transport.disconnect(earlier) }
            peers[rank] = try transport.connect(to: place, key: key)
        case .disconnect(let rank):
            if let peer = peers.removeValue(forKey: rank) { transport.disconnect(peer) }
        case .compute(.prepare(let settings, let data)):
            guard let kernels = settings.kernels, kernels != BLAS.coreType, let check else {
                return compute.add(.prepare(settings: settings, data: data))
            }
            try check(kernels)
            otherKernels = kernels
            inbox.put(.leaving("it starts again with the kernels of \(kernels), as the run asks for"))
        case .compute(let request): compute.add(request)
        case .note, .end: break
        }
    }

    private func send(_ envelope: Envelope, to peer: Peer, or event: WorkerEvent) {
        do {
            try transport.send(envelope, to: peer)
        } catch {
            // The coordinator notices a peer that is gone, too, and begins a generation without it.
            logger.info("\(envelope.body.name) could not be sent: \(error)")
            inbox.put(event)
        }
    }
}
