internal import LockstepTensor
internal import LockstepTraining
internal import LockstepTransport
package import LockstepWire

/// What a worker does, as a value: events go in, actions come out. No sockets, clocks or threads inside, so every order of
/// events can be tested.
///
/// A worker joins, builds its replica from the settings it is told, links up with the other members of its generation, and then
/// carries out the coordinator's orders strictly in the order in which they were given. When the members change it drops what it
/// has in hand, links up anew and says what state it holds. When the coordinator is lost it keeps its state and waits for it.
package struct WorkerMachine {
    /// Where the worker stands.
    enum Phase {
        /// Hello was sent; nothing has come back.
        case joining(since: Duration)
        /// The coordinator is lost, or has put this worker out: Hello was sent to join the run again.
        case rejoining(since: Duration)
        /// The replica is being built.
        case preparing
        /// Ready was sent; this worker is in no generation yet.
        case ready
        /// The members are known, but not all have been heard from, or something of an earlier generation is still in hand.
        case linking
        /// Nothing to do until the next order.
        case idle
        /// An order is being carried out.
        case working(on: Order)
        /// It is over.
        case ended
    }

    /// One of the coordinator's orders.
    enum Order: Equatable {
        case step(Int, compares: Bool)
        case evaluate
        case state(StateOrder)
        case finish
    }

    let hello: Hello
    let coordinator: String
    let patience: Patience
    let pieceBytes: Int
    var phase: Phase
    var run = RunID.unknown
    var rank: Int?
    var generation = 0
    var prepared: ComputeResult.Prepared?
    var members: [Member] = []
    /// How this generation sums.
    var kind = AllReduce.Kind.direct
    var links = PeerLinks()
    var orders: [Order] = []
    /// The newest step, and the newest test, that was ordered in this generation.
    var newestOrders: (step: Int, test: Int) = (-1, -1)
    /// What the compute thread has in hand, besides states to take.
    var inHand: InHand?
    /// The step that the compute thread was told to go on with once it has applied the one in hand.
    var chained: (order: Order, generation: Int)?
    /// How many of the compute thread's next results are of a run that is no more.
    var forgottenResults = 0
    var timing = StepTiming()
    var sending = SendingTimes()

    /// The all-reduces that have begun, by step: this worker's own and, where a peer is ahead, the next.
    var allReduces: [Int: AllReduce] = [:]
    /// The step whose state this worker holds, and whether it may be trained on.
    var completedSteps = 0
    var holdsState = true
    /// The digest of the state that this worker was sent last, until an order shows that it is what was sent; otherwise empty.
    var takenDigest = ""
    /// Steps whose all-reduce is complete: the completed ones, and one that is being applied.
    var reducedSteps = 0
    /// The reports of completed steps that the coordinator may not have recorded yet.
    var reports: [(step: Int, report: StepReport)] = []
    /// The losses of the step that is being applied, which samples it was computed from, and the bytes that it has sent to peers.
    var losses: [Double] = []
    var samples = SampleAccount()
    var bytesSent = 0
    /// Samples that the coordinator is asked for, and what testing on those before has given.
    var deliveries = SampleDeliveries()
    var tested: [Evaluation] = []
    /// States on their way, in and out.
    var transfers = StateTransfers()
    /// Messages that fitted nothing.
    package internal(set) var strayMessages = 0

    var lastHeard: Duration
    private var lastSent: Duration
    private var lastReminder: Duration

    /// A worker that is about to join, and sends states in pieces of so many bytes.
    package init(
        hello: Hello, coordinator: String, patience: Patience, now: Duration, pieceBytes: Int = 4 << 20
    ) {
        self.hello = hello
        self.coordinator = coordinator
        self.patience = patience
        self.pieceBytes = pieceBytes
        phase = .joining(since: now)
        lastHeard = now
        lastSent = now
        lastReminder = now
    }

    /// What to do first.
    package func start() -> [WorkerAction] {
        [.note("joining the coordinator at \(coordinator)"), send(.hello(hello))]
    }

    /// Something happened at `now`; returns what to do.
    package mutating func handle(_ event: WorkerEvent, now: Duration) -> [WorkerAction] {
        if case .ended = phase { return [] }
        switch event {
        case .message(let envelope, from: .coordinator):
            guard envelope.sender == .coordinator else { return stray() }
            return handle(envelope.body, of: envelope, now: now)
        case .message(let envelope, from: .peer(let connection)):
            guard case .rank(let peer) = envelope.sender, run != .unknown, envelope.run == run, peer != rank,
                peer < PeerLinks.ranks
            else { return stray() }
            return handlePeer(envelope, from: peer, over: connection, now: now)
        case .computed(let result): return handle(result, now: now)
        case .failed(let reason): return fail(reason)
        case .refusedByCoordinator(let reason): return end(.refused, reason)
        case .lostCoordinator: return lostCoordinator(because: "the connection to it was lost", now: now)
        case .lostPeer(let peer):
            links.lost(peer, now: now)
            return []
        case .rejected(let error, let name):
            let actions = stray()
            guard strayMessages.isPowerOfTen else { return actions }
            return actions + [.note("dropped a message from \(name): \(error) (\(strayMessages) dropped so far)")]
        case .rejectedByCoordinator(let error):
            guard case .version = error else { return stray() }
            return end(.refused, "the coordinator at \(coordinator) cannot be understood: \(error)")
        case .sending(let seconds):
            sending.counts = seconds
            return []
        case .interrupted: return leave("it was interrupted") + end(.stopped, "interrupted")
        case .leaving(let reason): return leave(reason) + end(.stopped, "left the run: \(reason)")
        case .tick: return tick(now: now)
        }
    }

    private mutating func handle(_ body: Body, of envelope: Envelope, now: Duration) -> [WorkerAction] {
        // A coordinator that was started again, or a new one at the same address, may be another run's.
        if case .welcome(let welcome) = body { return join(welcome, run: envelope.run, now: now) }
        guard run == .unknown || envelope.run == run else { return stray() }
        lastHeard = now
        switch body {
        case .refusal(let refusal): return end(.refused, refusal.reason)
        case .members(let members): return link(members, generation: envelope.generation, now: now)
        case .putOut(let putOut): return rejoin(putOut, now: now)
        case .stepOrder(let order):
            guard let schedule = prepared?.schedule, order.epoch == schedule.epoch(of: envelope.step),
                order.batch == schedule.batch(of: envelope.step)
            else { return stray() }
            reports.removeAll { $0.step < order.recordedSteps }
            return receive(.step(envelope.step, compares: order.compares), of: envelope, now: now)
        case .evaluateOrder: return receive(.evaluate, of: envelope, now: now)
        case .stateOrder(let order): return receive(.state(order), of: envelope, now: now)
        case .state(let piece): return receive(piece, of: envelope, fromRank: nil)
        case .stateReceived(let received): return sendMore(received, of: envelope, to: nil)
        case .reduced where kind == .star:
            // Of a generation that is over: what it was about is being done again.
            if envelope.generation < generation { return [] }
            guard envelope.generation == generation, !members.isEmpty else { return stray() }
            return reduce(envelope, fromPlace: members.count, now: now)
        case .samples(let samples): return receive(samples, of: envelope, now: now)
        case .finish: return finish(envelope, now: now)
        case .stop(let stop): return end(.stopped, stop.reason)
        case .heartbeat: return []
        default: return stray()
        }
    }

    /// A message from a peer.
    private mutating func handlePeer(
        _ envelope: Envelope, from peer: Int, over connection: Peer, now: Duration
    ) -> [WorkerAction] {
        if case .peerHello = envelope.body {
            guard links.heard(from: peer, over: connection, generation: envelope.generation) else { return stray() }
            // Where it is known already who may.
            if envelope.generation == generation, !members.isEmpty {
                links.keepHolders(ofKeysOf: members, in: generation)
                if !links.speaks(for: peer, in: generation, over: connection) { return stray() }
            }
            return finishLinking()
        }
        // Of a generation that is over: what it was about is being done again.
        if envelope.generation < generation { return [] }
        guard envelope.generation == generation, let place = place(ofRank: peer),
            links.speaks(for: peer, in: generation, over: connection)
        else { return stray() }
        switch envelope.body {
        case .state(let piece): return receive(piece, of: envelope, fromRank: peer)
        case .stateReceived(let received): return sendMore(received, of: envelope, to: peer)
        default: return reduce(envelope, fromPlace: place, now: now)
        }
    }

    private mutating func tick(now: Duration) -> [WorkerAction] {
        var actions: [WorkerAction] = []
        switch phase {
        case .joining(let since), .rejoining(let since):
            if now - since > patience.joining { return giveUp(since: since, now: now) }
            if now - lastReminder >= patience.reminder {
                lastReminder = now
                actions.append(.note("waiting for the coordinator at \(coordinator) (\((now - since).text))"))
            }
        case _ where now - lastHeard > patience.silence:
            return lostCoordinator(because: "it has not been heard from for \((now - lastHeard).text)", now: now)
        default: break
        }
        for lost in links.overdue(now: now, after: patience.lostPeer) {
            actions.append(send(.linkLost(LinkLost(rank: lost))))
        }
        if now - lastSent >= patience.heartbeat {
            lastSent = now
            switch phase {
            case .joining, .rejoining: actions.append(send(.hello(hello)))
            default: actions.append(send(.heartbeat(Heartbeat(phase: description, unheard: unheard.map(\.rank)))))
            }
        }
        return actions
    }

    private mutating func giveUp(since: Duration, now: Duration) -> [WorkerAction] {
        if case .joining = phase {
            return end(
                .timeout,
                "no coordinator answered at \(coordinator) within \(patience.joining.text); "
                    + "check the address, and that `\(Program.name) coordinator` runs there")
        }
        return end(
            .disconnected,
            "the coordinator at \(coordinator) was lost and has not come back within \((now - since).text); it or its host is gone"
        )
    }

    /// A message that fits nothing is dropped; how many there were is told at the end.
    mutating func stray() -> [WorkerAction] {
        strayMessages += 1
        return []
    }

    /// The other members that this worker sends to and hears from itself: in a star none.
    var peers: [Member] { kind == .star ? [] : members.filter { $0.rank != rank } }

    /// Whom this worker sends its sums to.
    var partners: [WorkerAction.Destination] { kind == .star ? [.coordinator] : peers.map { .rank($0.rank) } }

    /// The peers that this worker waits for, while it has nothing else to do: they have not said hello, or their sums have not come.
    private var unheard: [Member] {
        switch phase {
        case .linking where inHand == nil: links.unheard(of: peers, in: generation)
        case .working(on: .step(let step, _)) where kind == .direct && timing.isCommunicating:
            (allReduces[step]?.awaited ?? []).map { members[$0] }
        default: []
        }
    }

    /// Who stands at a place of an all-reduce, for messages to people.
    func name(ofPlace place: Int) -> String {
        place < members.count ? "rank \(members[place].rank)" : "the coordinator"
    }

    /// Where a rank stands among the members of this generation.
    func place(ofRank rank: Int) -> Int? { members.firstIndex { $0.rank == rank } }

    /// A message to the coordinator.
    func send(_ body: Body, payload: Payload? = nil, step: Int? = nil) -> WorkerAction {
        .send(envelope(body, payload: payload, step: step), to: .coordinator)
    }

    /// A message of this worker, in its run and generation.
    func envelope(_ body: Body, payload: Payload? = nil, step: Int? = nil) -> Envelope {
        Envelope(
            run: run, generation: generation, step: step ?? completedSteps, sender: rank.map { .rank($0) } ?? .newcomer,
            body: body, payload: payload)
    }

    /// Tells the coordinator why this worker cannot go on, and ends.
    mutating func fail(_ reason: String) -> [WorkerAction] {
        let failure = Failure(phase: description, reason: reason)
        return [send(.failure(failure))] + end(.workerFailed, reason)
    }

    /// Tells the coordinator that this worker goes, and why.
    private func leave(_ reason: String) -> [WorkerAction] { [send(.leave(Leave(reason: reason)))] }

    /// Nothing more happens after this.
    mutating func end(_ code: ClusterError.Code, _ reason: String) -> [WorkerAction] {
        phase = .ended
        return [.end(ClusterError(code, reason))]
    }

    /// What the worker is doing, for messages to people.
    package var description: String {
        switch phase {
        case .joining: "joining"
        case .rejoining: "joining again"
        case .preparing: "loading data and building the model"
        case .ready: "waiting for the other workers"
        case .linking where inHand != nil: inHand?.description ?? ""
        case .linking:
            "waiting for "
                + unheard.map { "rank \($0.rank) at \($0.endpoint)" }.joined(separator: ", ")
        case .idle where transfers.incoming != nil: "receiving the state"
        case .idle where inHand != nil: inHand?.description ?? ""
        case .idle: "waiting for the coordinator's next order"
        case .working where deliveries.holdUpAnOrder: "waiting for samples from the coordinator"
        case .working(on: .step(let step, _)):
            if let awaited = allReduces[step]?.awaited, timing.isCommunicating {
                "in the all-reduce, waiting for " + awaited.map { name(ofPlace: $0) }.joined(separator: ", ")
            } else {
                "computing gradients"
            }
        case .working(on: .evaluate): "testing the model"
        case .working(on: .state): "copying its state"
        case .working(on: .finish), .ended: "ending"
        }
    }
}

extension Duration {
    /// The duration for people: `3.2 s`.
    var text: String {
        let tenths = Int((seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
