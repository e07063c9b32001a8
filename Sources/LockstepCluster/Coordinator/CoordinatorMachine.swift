package import LockstepTraining
internal import LockstepTransport
package import LockstepWire

/// What a coordinator does, as a value: events go in, actions come out. No sockets, clocks or threads inside, so every order
/// of events can be tested.
///
/// It lets workers in until there are as many as it waits for, compares what they are, deals them the microbatches, orders
/// one step after the other, and keeps the record. It computes nothing and holds no gradients.
package struct CoordinatorMachine {
    /// Where the run stands.
    enum Phase {
        /// Workers are awaited.
        case joining(since: Duration)
        /// All are there and connect to each other.
        case linking(since: Duration)
        /// Steps are ordered.
        case training
        /// It is over.
        case ended
    }

    /// How many steps are ordered beyond the last that all have done: so that no worker waits for an order between two steps.
    static let stepsAhead = 2

    let run: RunID
    let settings: RunSettings
    let workerCount: Int
    /// What people start workers with: `lockstep worker --coordinator tcp://…`.
    let endpoint: String
    /// What a worker is started with besides the endpoint: where there are keys, those.
    let workerOptions: String
    /// The state to start from, and what it is of; nil for a new run.
    let state: (payload: Payload, checkpoint: Checkpoint)?
    let patience: Patience
    /// The largest state that a message can hold.
    let maximumStateBytes: Int
    /// Whether workers come from elsewhere, so that another may take the place of one that goes before the run has begun.
    let isOpen: Bool

    var phase: Phase
    var generation = 0
    /// The workers by rank; nil where one was refused after it got its rank.
    var workers: [Worker?] = []
    /// What the first worker that was ready is; all others must be the same.
    var reference: Ready?
    var schedule: Schedule?
    var progress = Progress()
    /// Processes that ended whose last words are awaited: when they ended, and how.
    var endings: [Int: (at: Duration, how: ProcessEnd)] = [:]
    /// Why processes were refused, to tell when one that this process started ends because of it.
    var refusals: [Int: String] = [:]
    /// How many were refused because the run has all its workers, or too many asked.
    var surplusHellos = 0
    /// When, within the last minute, somebody asked to join.
    var joins: [Duration] = []
    /// How many messages were dropped.
    package internal(set) var droppedMessages = 0

    private var lastHeartbeat: Duration
    private var lastReminder: Duration

    /// A coordinator that waits for `workerCount` workers.
    package init(
        run: RunID, settings: RunSettings, workerCount: Int, endpoint: String, workerOptions: String = "",
        state: (payload: Payload, checkpoint: Checkpoint)?, patience: Patience,
        maximumStateBytes: Int = .max, isOpen: Bool = false, now: Duration
    ) {
        self.isOpen = isOpen
        self.maximumStateBytes = maximumStateBytes
        self.run = run
        self.settings = settings
        self.workerCount = workerCount
        self.endpoint = endpoint
        self.workerOptions = workerOptions
        self.state = state
        self.patience = patience
        phase = .joining(since: now)
        lastHeartbeat = now
        lastReminder = now
    }

    /// Something happened at `now`; returns what to do.
    package mutating func handle(_ event: CoordinatorEvent, now: Duration) -> [CoordinatorAction] {
        if case .ended = phase { return [] }
        switch event {
        case .message(let envelope, let peer): return handle(envelope, from: peer, now: now)
        case .rejected(let error, let peer, let name): return drop(error, from: peer, name: name)
        case .lost(let peer): return lost(peer, now: now)
        case .exited(let pid, let how): return exited(pid: pid, how: how, now: now)
        case .launchFailed(let reason): return fail(.launch, "a worker could not be started: \(reason)")
        case .recordIsBehind(let isBehind):
            progress.recordIsBehind = isBehind
            return orderSteps()
        case .recordFailed(let reason): return fail(.stopped, reason)
        case .interrupted: return interrupt()
        case .tick: return tick(now: now)
        }
    }

    private mutating func handle(_ envelope: Envelope, from peer: Peer, now: Duration) -> [CoordinatorAction] {
        if case .hello(let hello) = envelope.body { return admit(hello, from: peer, now: now) }
        guard let rank = workers.firstIndex(where: { $0?.peer == peer }), envelope.run == run,
            envelope.sender == .rank(rank)
        else { return dropped("a \(envelope.body.name) of \(envelope.sender), who is not in this run") }
        workers[rank]?.lastHeard = now
        switch envelope.body {
        case .ready(let ready): return compare(ready, ofRank: rank, now: now)
        case .connected, .stepReport, .evaluationReport, .state:
            guard envelope.generation == generation else {
                return dropped(
                    "a \(envelope.body.name) of rank \(rank) in generation \(envelope.generation); this is \(generation)"
                )
            }
            return handle(envelope, ofRank: rank, now: now)
        case .heartbeat(let heartbeat):
            workers[rank]?.doing = heartbeat.phase
            return []
        case .failure(let failure):
            if mayBeReplaced {
                return release(rank, because: "it cannot go on, \(failure.phase): \(failure.reason)")
            }
            return fail(.workerFailed, "\(name(rank)) cannot go on, \(failure.phase): \(failure.reason)")
        case .leave(let leave):
            if mayBeReplaced { return release(rank, because: leave.reason) }
            return fail(.workerEnded, "\(name(rank)) left the run at step \(currentStep): \(leave.reason)")
        default: return dropped("a \(envelope.body.name) of rank \(rank), which no worker sends")
        }
    }

    /// A message of a generation's member.
    private mutating func handle(_ envelope: Envelope, ofRank rank: Int, now: Duration) -> [CoordinatorAction] {
        switch envelope.body {
        case .stepReport(let report): complete(step: envelope.step, report, ofRank: rank, now: now)
        case .evaluationReport(let report): collect(report, after: envelope.step, ofRank: rank)
        case .state: keep(envelope.payload, after: envelope.step, ofRank: rank)
        default: connected(rank, now: now)
        }
    }

    private mutating func tick(now: Duration) -> [CoordinatorAction] {
        if let (rank, how) = overdueEnding(now: now) { return ended(rank: rank, how: how) }
        for (rank, worker) in workers.enumerated() {
            guard let worker, now - worker.lastHeard > silence(ofRank: rank) else { continue }
            if mayBeReplaced {
                return release(rank, because: "it has not been heard from for \((now - worker.lastHeard).text)")
            }
            return fail(
                .timeout,
                """
                \(name(rank)) has not been heard from for \((now - worker.lastHeard).text) at step \(currentStep); when last \
                heard from it was \(worker.doing). It is frozen, or its host or network is gone
                """)
        }
        var actions: [CoordinatorAction] = []
        if now - lastHeartbeat >= patience.heartbeat {
            lastHeartbeat = now
            actions = toAll(.heartbeat(Heartbeat(phase: "coordinating")))
        }
        switch phase {
        case .joining(let since):
            let missing = workerCount - workers.compactMap { $0 }.count
            if now - since > patience.joining, missing > 0 {
                return fail(
                    .timeout,
                    "\(missing) of \(workerCount) workers did not join within \(patience.joining.text); "
                        + "start each with: \(workerCommand)")
            }
            if missing > 0, now - lastReminder >= patience.reminder {
                lastReminder = now
                actions.append(
                    .note("waiting for \(missing) of \(workerCount) workers; start each with: \(workerCommand)"))
            }
        case .linking(let since) where now - since > patience.linking:
            let stuck = workers.indices.filter { workers[$0]?.isConnected != true }
            return fail(
                .timeout,
                "workers cannot reach each other within \(patience.linking.text): "
                    + stuck.map { "\(name($0)) is \(workers[$0]?.doing ?? "gone")" }.joined(separator: "; ")
                    + ". Check that no firewall stands between the hosts, or give a worker the address that others reach it at (--bind)"
            )
        case .training where now - progress.lastStep > patience.stall:
            progress.lastStep = now
            let waiting = workers.indices.filter { !progress.hasReported($0, upTo: currentStep) }
            if progress.orderedSteps > progress.completedSteps, !waiting.isEmpty {
                actions.append(
                    .warning(
                        "step \(currentStep) has taken more than \(patience.stall.text) so far: "
                            + waiting.map { "\(name($0)) is \(workers[$0]?.doing ?? "gone")" }.joined(separator: "; ")))
            }
        case .linking, .training, .ended: break
        }
        return actions
    }

    /// How long a rank may be silent. What rank 0 says waits behind a state that it sends.
    private func silence(ofRank rank: Int) -> Duration {
        let sendsState = rank == 0 && progress.states.contains { $0.payload == nil }
        return sendsState ? patience.silence(movingState: reference?.stateBytes ?? 0) : patience.silence
    }

    /// How a worker for this run is started by hand.
    var workerCommand: String { "\(Program.name) worker --coordinator \(endpoint)\(workerOptions)" }

    /// The step in flight, from 1, as people count.
    var currentStep: Int { progress.completedSteps + 1 }

    /// Who a rank is: rank, host and process.
    func name(_ rank: Int) -> String {
        guard let worker = workers[rank] else { return "worker \(rank)" }
        return "worker \(rank) (host \(worker.hello.host), process \(worker.hello.pid))"
    }

    /// A message to one worker.
    func send(_ body: Body, to peer: Peer, payload: Payload? = nil, step: Int? = nil) -> CoordinatorAction {
        .send(
            Envelope(
                run: run, generation: generation, step: step ?? progress.completedSteps, sender: .coordinator,
                body: body,
                payload: payload), to: peer)
    }

    /// The same message to all workers.
    func toAll(_ body: Body, step: Int? = nil) -> [CoordinatorAction] {
        workers.compactMap { $0 }.map { send(body, to: $0.peer, step: step) }
    }

    /// The run ends with an error, and every worker is told why.
    mutating func fail(_ code: ClusterError.Code, _ reason: String) -> [CoordinatorAction] {
        let stops = toAll(.stop(Stop(reason: "the coordinator ended the run: \(reason)")))
        phase = .ended
        return stops + [.end(ClusterError(code, reason))]
    }

    /// A message that fits nothing is dropped and counted; the user is told of the first, the tenth, the hundredth, …
    mutating func dropped(_ what: String) -> [CoordinatorAction] {
        droppedMessages += 1
        guard droppedMessages.isPowerOfTen else { return [] }
        return [.warning("dropped \(what) (\(droppedMessages) dropped so far)")]
    }

    /// Bytes that are no message are dropped; a sender of another version is told so.
    private mutating func drop(_ error: WireError, from peer: Peer, name: String) -> [CoordinatorAction] {
        let warning = dropped("a message from \(name): \(error)")
        guard case .version = error else { return warning }
        return [send(.refusal(Refusal(reason: "the coordinator refused this worker: \(error)")), to: peer)] + warning
    }
}

/// A worker as the coordinator knows it.
struct Worker {
    let peer: Peer
    let hello: Hello
    var lastHeard: Duration
    var ready: Ready?
    var isConnected = false
    /// What it last said it was doing.
    var doing = "joining"
}

extension Int {
    /// Whether it is 1, 10, 100, …: of what happens again and again people are told then.
    var isPowerOfTen: Bool {
        var power = 1
        while power < self { power *= 10 }
        return power == self
    }
}
