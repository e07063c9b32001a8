import LockstepCluster
import LockstepTraining
import LockstepTransport
import LockstepWire
import Testing

extension [WorkerAction] {
    /// What is sent, and to whom.
    fileprivate var sent: [(body: Body, to: WorkerAction.Destination)] {
        compactMap { if case .send(let envelope, let destination) = $0 { (envelope.body, destination) } else { nil } }
    }
    fileprivate var notes: [String] { compactMap { if case .note(let text) = $0 { text } else { nil } } }
    fileprivate var error: ClusterError? {
        for case .end(let error) in self { return error }
        return nil
    }
}

struct WorkerMachineTests {
    private func fromCoordinator(_ body: Body, generation: Int = 0, step: Int = 0) -> WorkerEvent {
        let envelope = Envelope(
            run: Simulation.run, generation: generation, step: step, sender: .coordinator, body: body)
        return .message(envelope, from: .coordinator)
    }

    private func fromPeer(
        _ rank: Int, _ body: Body, generation: Int = 1, over connection: Peer? = nil
    ) -> WorkerEvent {
        .message(
            Envelope(run: Simulation.run, generation: generation, sender: .rank(rank), body: body),
            from: .peer(connection ?? Simulation.peer(rank)))
    }

    /// A worker of rank 1 of three that has said that it is ready.
    private func ready() throws -> WorkerMachine {
        let settings = try TinyJob.settings()
        var machine = Simulation.worker(1)
        let welcome = Welcome(rank: 1, workers: 3, settings: settings.json(), recordedSteps: 0)
        guard case .compute(let request)? = machine.handle(fromCoordinator(.welcome(welcome)), now: .zero).last else {
            throw ClusterError(.workerFailed, "nothing is prepared")
        }
        var replica = ReplicaHolder(makeJob: { _ in TinyJob.job() })
        let actions = machine.handle(.computed(replica.carryOut(request)), now: .zero)
        guard case .ready(let ready)? = actions.sent.first?.body else { throw ClusterError(.workerFailed, "not ready") }
        #expect(ready.trainingSamples == 23)
        #expect(ready.testSamples == 7)
        #expect(ready.parameterCount == 33)
        return machine
    }

    private let members = Body.members(
        Members(
            members: MicrobatchTree(count: 4).deal(to: 3).enumerated().map { rank, range in
                Member(rank: rank, host: "host-\(rank)", pid: rank, endpoint: "worker \(rank)", microbatches: range)
            }))

    @Test("A coordinator of another protocol version is given up at once, with both versions; other nonsense is not")
    func otherVersion() {
        var machine = Simulation.worker(1)
        #expect(machine.handle(.rejectedByCoordinator(.missingBody), now: .zero).error == nil)
        let error = machine.handle(.rejectedByCoordinator(.version(found: 9, expected: 1)), now: .zero).error
        #expect(error?.code == .refused)
        #expect(error?.description.contains("protocol version 9, this software speaks version 1") == true)
    }

    @Test("A worker that has lost a peer gives the coordinator the time to see why, then tells it")
    func lostPeer() throws {
        var machine = try ready()
        _ = machine.handle(fromCoordinator(members, generation: 1), now: .zero)
        #expect(machine.handle(.lostPeer(2), now: .milliseconds(100)).isEmpty)
        let early = machine.handle(.tick, now: .milliseconds(1000))
        #expect(!early.sent.contains { $0.body.name == "LinkLost" })
        let late = machine.handle(.tick, now: .milliseconds(1200))
        #expect(late.sent.contains { $0.body == .linkLost(LinkLost(rank: 2)) })
        #expect(late.error == nil)
        // It is told once, and not of a peer that is no member any more.
        #expect(!machine.handle(.tick, now: .milliseconds(2000)).sent.contains { $0.body.name == "LinkLost" })
        var told = try ready()
        _ = told.handle(fromCoordinator(members, generation: 1), now: .zero)
        _ = told.handle(.lostPeer(2), now: .milliseconds(100))
        let rest = Body.members(
            Members(members: [
                Member(rank: 0, host: "host-0", pid: 0, endpoint: "worker 0", microbatches: 0..<2),
                Member(rank: 1, host: "host-1", pid: 1, endpoint: "worker 1", microbatches: 2..<4),
            ]))
        let actions = told.handle(fromCoordinator(rest, generation: 2), now: .milliseconds(300))
        // The link to rank 0 stays, the one that was lost is not to be ended again.
        #expect(!actions.contains { if case .connect = $0 { true } else { false } })
        #expect(!told.handle(.tick, now: .milliseconds(1200)).sent.contains { $0.body.name == "LinkLost" })
    }

    @Test(
        "A worker connects to each peer and is connected once all have said hello, before or after it knew of them",
        arguments: [[0, 2], [2, 0]])
    func linking(order: [Int]) throws {
        for early in 0...2 {
            var machine = try ready()
            for rank in order.prefix(early) {
                #expect(machine.handle(fromPeer(rank, .peerHello), now: .zero).isEmpty)
            }
            var actions = machine.handle(fromCoordinator(members, generation: 1), now: .zero)
            let connects = actions.compactMap {
                if case .connect(let rank, let endpoint, _) = $0 { "\(rank) at \(endpoint)" } else { nil }
            }
            #expect(connects == ["0 at worker 0", "2 at worker 2"])
            #expect(actions.sent.prefix(2).map(\.to) == [.rank(0), .rank(2)])
            #expect(actions.sent.prefix(2).map(\.body) == [.peerHello, .peerHello])
            for rank in order.dropFirst(early) {
                #expect(!actions.sent.contains { $0.body == .holding })
                #expect(machine.description.contains("waiting for rank"))
                actions = machine.handle(fromPeer(rank, .peerHello), now: .zero)
            }
            #expect(actions.sent.last?.body == .holding)
            #expect(machine.strayMessages == 0)
        }
    }

    @Test("A peer's hello of another generation makes no link")
    func helloOfAnotherGeneration() throws {
        var machine = try ready()
        for rank in [0, 2] { _ = machine.handle(fromPeer(rank, .peerHello, generation: 7), now: .zero) }
        #expect(
            !machine.handle(fromCoordinator(members, generation: 1), now: .zero).sent.contains { $0.body == .holding }
        )
    }

    @Test("A connection speaks for the rank that it said hello as, and for no other")
    func claims() throws {
        var machine = try ready()
        _ = machine.handle(fromCoordinator(members, generation: 1), now: .zero)
        let (zero, two) = (Simulation.peer(0), Simulation.peer(2))
        let partial = Body.partial(Partial(bucket: 0, subtrees: []))
        func strays(_ event: WorkerEvent) -> Int {
            let before = machine.strayMessages
            _ = machine.handle(event, now: .zero)
            return machine.strayMessages - before
        }
        // Before it has said hello, a connection speaks for nobody.
        #expect(strays(fromPeer(0, partial, over: zero)) == 1)
        #expect(strays(fromPeer(0, .peerHello, over: zero)) == 0)
        // Nor does it speak as another rank.
        #expect(strays(fromPeer(2, .peerHello, over: zero)) == 1)
        #expect(strays(fromPeer(2, partial, over: zero)) == 1)
        #expect(strays(fromPeer(0, partial, over: two)) == 1)
        #expect(machine.description == "waiting for rank 2 at worker 2")
        #expect(strays(fromPeer(2, .peerHello, over: two)) == 0)
    }

    @Test(
        "With keys, only who has proved to hold a rank's key speaks for it, also where it came first",
        arguments: [false, true])
    func keys(early: Bool) throws {
        let keys = try (0..<3).map { _ in try KeyPair().publicKey }
        let listed = Body.members(
            Members(
                members: MicrobatchTree(count: 4).deal(to: 3).enumerated().map { rank, range in
                    Member(
                        rank: rank, host: "h", pid: rank, endpoint: "worker \(rank)", microbatches: range,
                        publicKey: keys[rank].description)
                }))
        func connection(_ number: UInt8, _ key: PublicKey?) -> Peer {
            Peer(.incoming([number]), "peer \(number)", key: key)
        }
        var machine = try ready()
        // Rank 2 says that it is rank 0; so does somebody with another key, and one with none.
        let impostors = [connection(1, keys[2]), connection(2, try KeyPair().publicKey), connection(3, nil)]
        var actions: [WorkerAction] = []
        if !early { actions = machine.handle(fromCoordinator(listed, generation: 1), now: .zero) }
        for impostor in impostors { _ = machine.handle(fromPeer(0, .peerHello, over: impostor), now: .zero) }
        if early { actions = machine.handle(fromCoordinator(listed, generation: 1), now: .zero) }
        let admitted = actions.compactMap { if case .admit(let keys) = $0 { keys } else { nil } }
        #expect(admitted == [[keys[0], keys[2]]])
        let expected = actions.compactMap { if case .connect(_, _, let key) = $0 { key } else { nil } }
        #expect(expected == [keys[0], keys[2]])
        _ = machine.handle(fromPeer(2, .peerHello, over: connection(4, keys[2])), now: .zero)
        #expect(machine.description == "waiting for rank 0 at worker 0")
        actions = machine.handle(fromPeer(0, .peerHello, over: connection(5, keys[0])), now: .zero)
        #expect(actions.sent.map(\.body) == [.connected(Connected(holdsState: true))])
    }

    @Test("A path that the coordinator sends is not used")
    func paths() throws {
        var settings = try TinyJob.settings()
        settings.data = "idx:/etc"
        var machine = Simulation.worker(1)
        let actions = machine.handle(
            fromCoordinator(.welcome(Welcome(rank: 0, workers: 1, settings: settings.json(), recordedSteps: 0))),
            now: .zero)
        #expect(actions.error?.code == .refused)
        #expect(actions.error?.description.contains("in which folder of this host the data are, 'idx:/etc'") == true)
        #expect(!actions.contains { if case .compute = $0 { true } else { false } })
    }

    @Test("A coordinator that refuses the key ends a worker with what may be wrong")
    func refusedKey() {
        var machine = Simulation.worker(1)
        let error = machine.handle(
            .refusedByCoordinator("tcp://10.0.0.1:5700 does not know this side's key"), now: .zero
        ).error
        #expect(error == ClusterError(.refused, "tcp://10.0.0.1:5700 does not know this side's key"))
    }

    @Test("A worker says hello until it is answered, says whom it waits for, and gives up in the end")
    func waiting() throws {
        var machine = Simulation.worker(1)
        #expect(machine.start().sent.map(\.body) == [.hello(Simulation.hello(1))])
        var (hellos, notes, error) = (0, [String](), ClusterError?.none)
        var now = Duration.zero
        while error == nil, now < .seconds(1000) {
            now += .milliseconds(250)
            let actions = machine.handle(.tick, now: now)
            hellos += actions.sent.count { $0.body == .hello(Simulation.hello(1)) }
            notes += actions.notes
            error = actions.error
        }
        #expect(hellos == 1200)
        #expect(notes.first == "waiting for the coordinator at tcp://127.0.0.1:1 (5.0 s)")
        #expect(notes.count == 120)
        #expect(error?.description.hasPrefix("no coordinator answered at tcp://127.0.0.1:1 within 600.0 s") == true)
    }

    @Test("A worker whose coordinator is lost connects anew and keeps its state; in the end it gives up")
    func lostCoordinator() throws {
        var newcomer = Simulation.worker(1)
        let actions = newcomer.handle(.lostCoordinator, now: .zero)
        guard case .reconnect? = actions.first else {
            Issue.record("it does not connect anew")
            return
        }
        #expect(actions.sent.map(\.body) == [.hello(Simulation.hello(1))])
        var member = try ready()
        let lost = member.handle(.lostCoordinator, now: .zero)
        #expect(lost.error == nil)
        #expect(lost.contains { if case .reconnect = $0 { true } else { false } })
        #expect(
            lost.notes == [
                "lost the coordinator at tcp://127.0.0.1:1: the connection to it was lost; keeping the state after 0 steps and waiting for it"
            ])
        guard case .send(let hello, .coordinator)? = lost.last else {
            Issue.record("it says nothing")
            return
        }
        // It says who it was, so that it gets its rank again.
        #expect(hello.body == .hello(Simulation.hello(1)))
        #expect(hello.sender == .rank(1))
        #expect(hello.run == Simulation.run)
        #expect(member.handle(.tick, now: .seconds(599)).error == nil)
        let error = member.handle(.tick, now: .seconds(601)).error
        #expect(
            error
                == ClusterError(
                    .disconnected,
                    "the coordinator at tcp://127.0.0.1:1 was lost and has not come back within 601.0 s; it or its host is gone"
                ))
    }

    @Test("A worker of another run at the same address is built anew")
    func otherRun() throws {
        var machine = try ready()
        _ = machine.handle(.lostCoordinator, now: .zero)
        let welcome = Welcome(rank: 0, workers: 1, settings: try TinyJob.settings().json(), recordedSteps: 0)
        let other = Envelope(run: RunID.random(), sender: .coordinator, body: .welcome(welcome))
        let actions = machine.handle(.message(other, from: .coordinator), now: .zero)
        guard case .compute(.prepare)? = actions.last else {
            Issue.record("it keeps the old replica")
            return
        }
        #expect(actions.notes.first?.contains("which coordinates another run now") == true)
    }

    @Test("A worker that is busy says what it does twice a second")
    func heartbeats() throws {
        var machine = try ready()
        var phases: [String] = []
        for tick in 1...10 {
            for case .heartbeat(let heartbeat) in machine.handle(.tick, now: .milliseconds(250 * tick)).sent.map(\.body)
            {
                phases.append(heartbeat.phase)
            }
        }
        #expect(phases == Array(repeating: "waiting for the other workers", count: 5))
    }

    @Test("A refusal and a stop end a worker with the coordinator's reason")
    func ended() throws {
        var refused = Simulation.worker(1)
        #expect(
            refused.handle(fromCoordinator(.refusal(Refusal(reason: "no room"))), now: .zero).error
                == ClusterError(.refused, "no room"))
        var stopped = try ready()
        #expect(
            stopped.handle(fromCoordinator(.stop(Stop(reason: "enough"))), now: .zero).error
                == ClusterError(.stopped, "enough"))
    }

    @Test("A worker that is interrupted says that it leaves")
    func interrupted() throws {
        var machine = try ready()
        let actions = machine.handle(.interrupted, now: .zero)
        #expect(actions.sent.map(\.body) == [.leave(Leave(reason: "it was interrupted"))])
        #expect(actions.error?.code == .stopped)
    }

    @Test("What cannot be computed or reached is told to the coordinator before the worker ends")
    func failed() throws {
        for event in [WorkerEvent.computed(.failed("the file is gone")), .failed("the file is gone")] {
            var machine = try ready()
            let actions = machine.handle(event, now: .zero)
            #expect(
                actions.sent.map(\.body) == [
                    .failure(Failure(phase: "waiting for the other workers", reason: "the file is gone"))
                ])
            #expect(actions.error == ClusterError(.workerFailed, "the file is gone"))
        }
    }

    @Test("A job that cannot be made is a failure with the reason")
    func noJob() throws {
        var replica = ReplicaHolder(makeJob: { _ in throw ClusterError(.workerFailed, "no such model") })
        guard case .failed(let reason) = replica.carryOut(.prepare(settings: try TinyJob.settings())) else {
            Issue.record("it was made")
            return
        }
        #expect(reason == "no such model")
        guard case .failed = replica.carryOut(.state(isDigestOnly: false)) else {
            Issue.record("there is a state of nothing")
            return
        }
    }

    @Test("A state that is damaged, or of another model, is told, to be sent again")
    func badState() throws {
        let settings = try TinyJob.settings()
        var replica = ReplicaHolder(makeJob: { _ in TinyJob.job() })
        let other = try Reference(settings, job: TinyJob.job(hidden: 6)).states[1]
        guard case .prepared = replica.carryOut(.prepare(settings: settings)) else {
            Issue.record("it was not made")
            return
        }
        guard case .damaged(let reason) = replica.carryOut(.restore(other)),
            case .damaged(let damage) = replica.carryOut(.restore(Payload([1, 2, 3])))
        else {
            Issue.record("it was taken up")
            return
        }
        #expect(reason.contains("is of another model"), "\(reason)")
        #expect(damage.contains("the state that was sent"), "\(damage)")
    }

    @Test("Orders come from the generation that this worker is in, or are dropped")
    func orders() throws {
        var machine = try ready()
        let order = Body.stepOrder(StepOrder(epoch: 0, batch: 0))
        #expect(machine.handle(fromCoordinator(order, generation: 0), now: .zero).isEmpty)
        #expect(machine.strayMessages == 1)
        _ = machine.handle(fromCoordinator(members, generation: 1), now: .zero)
        for rank in [0, 2] { _ = machine.handle(fromPeer(rank, .peerHello), now: .zero) }
        for generation in [0, 2] {
            #expect(machine.handle(fromCoordinator(order, generation: generation), now: .zero).isEmpty)
        }
        #expect(machine.strayMessages == 3)
        guard
            case .compute(.sums(0, let microbatches, _))? = machine.handle(
                fromCoordinator(order, generation: 1), now: .zero
            ).first
        else {
            Issue.record("it was not carried out")
            return
        }
        #expect(microbatches == 2..<3)
    }
}
