internal import LockstepTensor
internal import LockstepTraining
internal import LockstepTransport
package import LockstepWire

/// What a worker does, as a value: events go in, actions come out. No sockets, clocks or threads inside, so every order of
/// events can be tested.
///
/// A worker joins, builds its replica from the settings it is told, links up with its peers, and then carries out the
/// coordinator's orders strictly in the order in which they were given.
package struct WorkerMachine {
    /// Where the worker stands.
    enum Phase {
        /// Hello was sent; nothing has come back.
        case joining(since: Duration)
        /// The replica is being built.
        case preparing
        /// Ready was sent; the other workers are not all there yet.
        case ready
        /// The peers are known but have not all been heard from.
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
        case step(Int)
        case evaluate
        case state
        case finish
    }

    let hello: Hello
    let coordinator: String
    let patience: Patience
    var phase: Phase
    var run = RunID.unknown
    var workerCount = 0
    var rank: Int?
    var generation = 0
    var prepared: ComputeResult.Prepared?
    var members: [Member] = []
    /// The connections that peers have said hello on, by generation and rank: a peer may know of a generation before this worker
    /// does. A connection speaks for the rank that it said hello as, and no other connection does.
    var linkedPeers: [Int: [Int: Peer]] = [:]
    var orders: [Order] = []
    var timing = StepTiming()
    /// The losses of the step in hand, and the bytes that it has sent to peers.
    var losses: [Double] = []
    var bytesSent = 0

    /// The all-reduces that have begun, by step: this worker's own and, where a peer is ahead, the next.
    var allReduces: [Int: AllReduce] = [:]
    /// Steps that this worker has applied since it joined, plus those before.
    var completedSteps = 0
    /// Steps whose all-reduce is complete: the completed ones, and one that is being applied.
    var reducedSteps = 0
    /// Messages that fitted nothing.
    package internal(set) var strayMessages = 0

    /// The peer whose connection was lost first, and when.
    private var lostPeer: (rank: Int, at: Duration)?
    private var lastHeard: Duration
    private var lastSent: Duration
    private var lastReminder: Duration

    /// A worker that is about to join.
    package init(hello: Hello, coordinator: String, patience: Patience, now: Duration) {
        self.hello = hello
        self.coordinator = coordinator
        self.patience = patience
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
            guard envelope.sender == .coordinator, run == .unknown || envelope.run == run else { return stray() }
            lastHeard = now
            return handle(envelope.body, payload: envelope.payload, of: envelope, now: now)
        case .message(let envelope, from: .peer(let connection)):
            guard case .rank(let peer) = envelope.sender, run != .unknown, envelope.run == run, peer != rank,
                (0..<workerCount).contains(peer)
            else { return stray() }
            if case .peerHello = envelope.body {
                return heard(from: peer, over: connection, generation: envelope.generation)
            }
            guard envelope.generation == generation, members.indices.contains(peer),
                linkedPeers[generation]?[peer] == connection
            else { return stray() }
            return handlePeer(envelope, from: peer, now: now)
        case .computed(let result): return handle(result, now: now)
        case .failed(let reason): return fail(reason)
        case .lostCoordinator:
            if case .joining = phase { return [.reconnect, send(.hello(hello))] }
            return end(
                .disconnected,
                "the connection to the coordinator at \(coordinator) was lost; it ended or its host is gone")
        case .refusedByCoordinator(let reason): return end(.refused, reason)
        case .lostPeer(let peer):
            // Where the peer has ended the coordinator sees it, too, and its word says more.
            if lostPeer == nil { lostPeer = (peer, now) }
            return []
        case .rejected(let error, let name):
            let actions = stray()
            guard strayMessages.isPowerOfTen else { return actions }
            return actions + [.note("dropped a message from \(name): \(error) (\(strayMessages) dropped so far)")]
        case .rejectedByCoordinator(let error):
            guard case .version = error else { return stray() }
            return end(.refused, "the coordinator at \(coordinator) cannot be understood: \(error)")
        case .interrupted:
            return [send(.leave(Leave(reason: "it was interrupted")))] + end(.stopped, "interrupted")
        case .tick: return tick(now: now)
        }
    }

    private mutating func handle(
        _ body: Body, payload: Payload?, of envelope: Envelope, now: Duration
    ) -> [WorkerAction] {
        switch body {
        case .welcome(let welcome): return join(welcome, state: payload, run: envelope.run)
        case .refusal(let refusal): return end(.refused, refusal.reason)
        case .members(let members): return link(members.members, generation: envelope.generation)
        case .stepOrder(let order):
            guard let schedule = prepared?.schedule, order.epoch == schedule.epoch(of: envelope.step),
                order.batch == schedule.batch(of: envelope.step)
            else { return stray() }
            return receive(.step(envelope.step), of: envelope, now: now)
        case .evaluateOrder: return receive(.evaluate, of: envelope, now: now)
        case .stateOrder: return receive(.state, of: envelope, now: now)
        case .finish: return receive(.finish, of: envelope, now: now)
        case .stop(let stop): return end(.stopped, stop.reason)
        case .heartbeat: return []
        default: return stray()
        }
    }

    private mutating func tick(now: Duration) -> [WorkerAction] {
        var actions: [WorkerAction] = []
        if case .joining(let since) = phase {
            if now - since > patience.joining {
                return end(
                    .timeout,
                    "no coordinator answered at \(coordinator) within \(patience.joining.text); "
                        + "check the address, and that `\(Program.name) coordinator` runs there")
            }
            if now - lastReminder >= patience.reminder {
                lastReminder = now
                actions.append(.note("waiting for the coordinator at \(coordinator) (\((now - since).text))"))
            }
        } else if now - lastHeard > patience.silence(movingState: prepared?.ready.stateBytes ?? 0) {
            let reason = "the coordinator has not been heard from for \((now - lastHeard).text)"
            return [send(.leave(Leave(reason: reason)))]
                + end(
                    .disconnected,
                    "the coordinator at \(coordinator) has not been heard from for \((now - lastHeard).text); it or its host is gone"
                )
        }
        if let lostPeer, now - lostPeer.at > patience.lostPeer {
            let endpoint = members.indices.contains(lostPeer.rank) ? " at \(members[lostPeer.rank].endpoint)" : ""
            return fail("the connection to rank \(lostPeer.rank)\(endpoint) was lost")
        }
        if now - lastSent >= patience.heartbeat {
            lastSent = now
            if case .joining = phase {
                actions.append(send(.hello(hello)))
            } else {
                actions.append(send(.heartbeat(Heartbeat(phase: description))))
            }
        }
        return actions
    }

    /// A message that fits nothing is dropped; how many there were is told at the end.
    mutating func stray() -> [WorkerAction] {
        strayMessages += 1
        return []
    }

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

    /// Nothing more happens after this.
    mutating func end(_ code: ClusterError.Code, _ reason: String) -> [WorkerAction] {
        phase = .ended
        return [.end(ClusterError(code, reason))]
    }

    /// What the worker is doing, for messages to people.
    package var description: String {
        switch phase {
        case .joining: "joining"
        case .preparing: "loading data and building the model"
        case .ready: "waiting for the other workers"
        case .linking:
            "waiting for "
                + unlinkedPeers.map { "rank \($0.rank) at \($0.endpoint)" }.joined(separator: ", ")
        case .idle: "waiting for the coordinator's next order"
        case .working(on: .step(let step)):
            if let awaited = allReduces[step]?.awaited, timing.isCommunicating {
                "in the all-reduce, waiting for rank \(awaited.map(String.init).joined(separator: ", "))"
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
