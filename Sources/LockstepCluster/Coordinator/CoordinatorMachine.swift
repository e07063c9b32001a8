internal import LockstepTraining
internal import LockstepTransport
internal import LockstepWire

/// What a coordinator does, as a value: events go in, actions come out. No sockets, clocks or threads inside, so every order
/// of events can be tested.
///
/// It lets workers in until there are as many as it waits for, compares what they are, deals them the microbatches, orders
/// one step after the other, and keeps the record. Whenever the members change it begins a new generation: all link up anew,
/// whoever lacks the newest state gets it from one that has it, and training goes on from there. It computes no gradients; where
/// workers cannot reach each other it is the hub through which they sum them.
package struct CoordinatorMachine {
    /// Where the run stands.
    enum Phase {
        /// Workers are awaited.
        case joining(since: Duration)
        /// All workers are gone, and with them the newest state; those that hold it may come back.
        case waiting(since: Duration)
        /// The members of the generation connect to each other.
        case linking(since: Duration)
        /// Members that lack the newest state are being sent it.
        case syncing(since: Duration)
        /// Steps are ordered.
        case training
        /// It is over.
        case ended
    }

    /// How many steps are ordered beyond the last that all have done: so that no worker waits for an order between two steps.
    static let stepsAhead = 2

    let setup: Setup
    var phase: Phase
    var generation = 0
    /// The workers by rank.
    var workers: [Int: Worker] = [:]
    /// The ranks that anybody has had.
    var knownRanks: Set<Int> = []
    /// The ranks that are in the generation, in order.
    var members: [Int] = []
    /// The microbatches of each of them.
    var ranges: [Range<Int>] = []
    /// What the first worker that was ready is; all others must be the same.
    var reference: Ready?
    /// What the run was computed on so far, each kind once: processor and library, the last one last.
    var machines: [String]
    var schedule: Schedule?
    var progress: Progress
    var pace = WorkerPace()
    /// When a state was last asked for.
    var lastCheckpoint: Duration
    /// The newest checkpoint, or the weights to start from: what is gone on from where no worker holds more. Of a checkpoint the digest
    /// is known; weights alone have none, say nothing of the optimizer, and are nothing that a worker that has trained can take up.
    var checkpoint: (image: Payload, step: Int, digest: String?)?
    /// The state on its way to workers that lack the newest.
    var transfer: StateTransfer?
    /// What the last worker that sent a state to others said that it holds. Who has taken that up says so, in whatever generation.
    var sentDigest: String?
    /// The checkpoint on its way to workers that lack it.
    var stateSender: StateSender<Int>?
    /// What goes through this process where workers have no links to each other.
    var hub: Hub
    /// When links between living workers broke, by their two ranks.
    var brokenLinks: [Set<Int>: [Duration]] = [:]
    /// The processes that were ever let in, those of them whose state must not be gone on from, and those whose numbers were once
    /// other than the others'.
    var admitted: Set<String> = []
    var distrusted: Set<String> = []
    var strays: Set<String> = []
    /// The processes that were put out because they kept the others waiting, and have not trained since.
    var latecomers: Set<String> = []
    /// The checkpoint that all went back to because nobody could tell whose numbers were right.
    var goneBackTo: Int?
    /// Members that are gone and may come back: the processes by where their peers reach them.
    var missing: [String: Int] = [:]
    /// Parts of samples that are being read, to be sent.
    var samplesInHand = 0
    /// Workers that are out of the run although their processes may live, by process: over which connection they were in it, and why
    /// they are out.
    var away: [String: (peer: Peer, reason: String)] = [:]
    /// How many processes were started in the place of others.
    var restarts = 0
    /// How many of these have not joined yet.
    var replacementsAwaited = 0
    /// Why processes were refused, to tell when one that this process started ends because of it.
    var refusals: [Int: String] = [:]
    /// Processes of workers that are gone and have been told of.
    var failedProcesses: Set<Int> = []
    /// How many were refused because the run has all its workers, or too many asked.
    var surplusHellos = 0
    /// When, within the last minute, somebody asked to join.
    var joins: [Duration] = []
    /// How many messages were dropped.
    package internal(set) var droppedMessages = 0

    private var lastHeartbeat: Duration
    /// When it was last said who is awaited.
    var lastReminder: Duration

    /// A coordinator that waits for workers.
    package init(_ setup: Setup, now: Duration) {
        self.setup = setup
        phase = .joining(since: now)
        hub = Hub(kind: setup.membership.allReduce == .star ? .star : .direct)
        progress = Progress(recorded: setup.recorded)
        checkpoint =
            setup.state.map { ($0.payload, $0.checkpoint.step, $0.checkpoint.stateDigest) }
            ?? setup.initialWeights.map { ($0, 0, nil) }
        machines = setup.machines
        lastHeartbeat = now
        lastReminder = now
        lastCheckpoint = now
    }

    var settings: RunSettings { setup.settings }
    var membership: Membership { setup.membership }
    var patience: Patience { setup.membership.patience }

    /// Something happened at `now`; returns what to do.
    package mutating func handle(_ event: CoordinatorEvent, now: Duration) -> [CoordinatorAction] {
        if case .ended = phase { return [] }
        switch event {
        case .message(let envelope, let peer): return handle(envelope, from: peer, now: now)
        case .rejected(let error, let peer, let name): return drop(error, from: peer, name: name)
        case .lost(let peer): return lost(peer, now: now)
        case .barred(let peer): return barred(peer, now: now)
        case .exited(let pid, let how): return exited(pid: pid, how: how, now: now)
        case .launchFailed(let reason): return fail(.launch, "a worker could not be started: \(reason)")
        case .recordIsBehind(let isBehind):
            progress.recordIsBehind = isBehind
            return orderSteps(now: now)
        case .recorded(let position):
            progress.recorded = position
            return orderSteps(now: now)
        case .stateRecorded(let step): return stateIsRecorded(after: step, now: now)
        case .stateIsDamaged(let step, let reason): return stateIsDamaged(after: step, reason, now: now)
        case .recordFailed(let reason): return fail(.stopped, reason)
        case .samplesRead(let read, let payload): return deliver(read, payload, now: now)
        case .samplesFailed(let reason):
            return fail(.workerFailed, "the samples that workers need cannot be read: \(reason)")
        case .interrupted: return interrupt()
        case .tick: return tick(now: now)
        }
    }

    private mutating func handle(_ envelope: Envelope, from peer: Peer, now: Duration) -> [CoordinatorAction] {
        if case .hello(let hello) = envelope.body { return admit(hello, of: envelope, from: peer, now: now) }
        guard let rank = workers.first(where: { $0.value.peer == peer })?.key, envelope.run == setup.run,
            envelope.sender == .rank(rank)
        else { return strange(envelope, from: peer) }
        workers[rank]?.lastHeard = now
        switch envelope.body {
        case .ready(let ready): return compare(ready, after: envelope.step, ofRank: rank, now: now)
        case .stepReport(let report):
            return complete(step: envelope.step, report, of: envelope, ofRank: rank, now: now)
        case .connected, .evaluationReport, .state, .stateDigest, .stateReceived, .linkLost, .partial, .samplesRequest:
            guard envelope.generation == generation, workers[rank]?.isMember == true else {
                // Of an earlier generation: what it was about is being done again.
                return []
            }
            return handle(envelope, ofRank: rank, now: now)
        case .heartbeat(let heartbeat):
            workers[rank]?.doing = heartbeat.phase
            if envelope.generation == generation { workers[rank]?.unheard = heartbeat.unheard }
            return []
        case .failure(let failure): return failed(failure, rank: rank, now: now)
        case .leave(let leave): return left(leave, rank: rank, now: now)
        default: return dropped("a \(envelope.body.name) of rank \(rank), which no worker sends")
        }
    }

    /// A message of a generation's member.
    private mutating func handle(_ envelope: Envelope, ofRank rank: Int, now: Duration) -> [CoordinatorAction] {
        switch envelope.body {
        case .connected(let connected):
            return self.connected(
                rank, steps: connected.holdsState ? envelope.step : nil, digest: connected.digest, now: now)
        case .evaluationReport(let report): return collect(report, after: envelope.step, ofRank: rank, now: now)
        case .state(let piece):
            if hub.relay?.source == rank { return relay(piece, of: envelope) }
            return keep(piece, envelope.payload, after: envelope.step, ofRank: rank)
        case .stateDigest(let state): return collect(state, after: envelope.step, ofRank: rank, now: now)
        case .stateReceived(let received): return sendMore(received, after: envelope.step, to: rank)
        case .linkLost(let lost): return linkLost(from: rank, to: lost.rank, now: now)
        case .partial(let partial): return reduce(partial, of: envelope, ofRank: rank)
        case .samplesRequest(let request): return provide(request, step: envelope.step, toRank: rank)
        default: return []
        }
    }

    /// A message of somebody who is not in the run. A worker of this run that was put out, or that an earlier coordinator
    /// of it let in, is told so: it joins again.
    private mutating func strange(_ envelope: Envelope, from peer: Peer) -> [CoordinatorAction] {
        let isKnown = workers.contains { $0.value.peer == peer }
        guard !isKnown, envelope.run == setup.run, case .rank(let rank) = envelope.sender,
            knownRanks.contains(rank) || rank < membership.maximumWorkers
        else {
            return dropped("a \(envelope.body.name) of \(envelope.sender), who is not in this run")
        }
        if case .heartbeat = envelope.body {
            return [send(.putOut(PutOut(reason: "the coordinator does not know it")), to: peer)]
        }
        return []
    }

    private mutating func tick(now: Duration) -> [CoordinatorAction] {
        if let rank = overdueEnding(now: now) { return rank }
        for (rank, worker) in workers.sorted(by: { $0.key < $1.key }) where now - worker.lastHeard > patience.silence {
            return silent(rank, worker, now: now)
        }
        var actions: [CoordinatorAction] = []
        if now - lastHeartbeat >= patience.heartbeat {
            lastHeartbeat = now
            actions = workers.keys.sorted().compactMap { workers[$0] }.map {
                send(.heartbeat(Heartbeat(phase: "coordinating")), to: $0.peer)
            }
        }
        return actions + watch(now: now)
    }

    /// How a worker for this run is started by hand.
    var workerCommand: String { "\(Program.name) worker --coordinator \(setup.endpoint)\(setup.workerOptions)" }

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
                run: setup.run, generation: generation, step: step ?? progress.completedSteps, sender: .coordinator,
                body: body,
                payload: payload), to: peer)
    }

    /// The same message to all members of the generation.
    func toMembers(_ body: Body, step: Int? = nil) -> [CoordinatorAction] {
        members.compactMap { workers[$0] }.map { send(body, to: $0.peer, step: step) }
    }

    /// The same message to all workers.
    func toAll(_ body: Body) -> [CoordinatorAction] {
        workers.keys.sorted().compactMap { workers[$0] }.map { send(body, to: $0.peer) }
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

extension Int {
    /// Whether it is 1, 10, 100, …: of what happens again and again people are told then.
    var isPowerOfTen: Bool {
        var power = 1
        while power < self { power *= 10 }
        return power == self
    }
}
