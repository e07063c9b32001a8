import LockstepCluster
import LockstepTransport
import LockstepWire
import Testing

/// What comes in that should not, in every phase of a run.
struct ForeignMessageTests {
    /// The moments of runs of two workers, one run in either kind of all-reduce: all that its machines ever are.
    private func moments(_ body: (Simulation) throws -> Void) throws {
        for choice in [AllReduceChoice.direct, .star] {
            var simulation = try Simulation(settings: TinyJob.settings(checkpointEvery: 2), workers: 2, seed: 5) {
                $0.membership.allReduce = choice
            }
            while !simulation.isOver {
                try body(simulation)
                simulation.step()
            }
        }
    }

    private func ends(_ actions: [CoordinatorAction]) -> Bool {
        actions.contains { if case .end = $0 { true } else { false } }
    }

    private func ends(_ actions: [WorkerAction]) -> Bool {
        actions.contains { if case .end = $0 { true } else { false } }
    }

    @Test("A stranger's message never ends a coordinator; it is counted")
    func strangerToCoordinator() throws {
        try moments { simulation in
            if simulation.endings[.coordinator] != nil { return }
            for envelope in Foreign.harmless {
                if case .hello = envelope.body { continue }
                var machine = simulation.coordinator
                let actions = machine.handle(.message(envelope, from: Simulation.peer(9)), now: simulation.now)
                #expect(!ends(actions))
                #expect(!actions.contains { if case .send = $0 { true } else { false } })
                #expect(machine.droppedMessages == simulation.coordinator.droppedMessages + 1)
            }
        }
    }

    @Test(
        "A member's message with any body, generation or step ends a coordinator only where it says that the member goes"
    )
    func memberToCoordinator() throws {
        try moments { simulation in
            if simulation.endings[.coordinator] != nil { return }
            for body in Foreign.bodies {
                for payload in Foreign.payloads {
                    for (generation, step) in [(0, 0), (1, 0), (1, 1), (1, 2), (1, 6), (1, .max), (.max, 3)] {
                        let envelope = Envelope(
                            run: Simulation.run, generation: generation, step: step, sender: .rank(0), body: body,
                            payload: payload)
                        var machine = simulation.coordinator
                        // One of the two is rank 0; of the other the message claims what is not true.
                        for number in 0..<2 {
                            let actions = machine.handle(
                                .message(envelope, from: Simulation.peer(number)), now: simulation.now)
                            switch body {
                            case .failure, .leave: break
                            // Other numbers than the other's: nobody knows whose are right, and at first there is nothing to go back to.
                            case .stateDigest: break
                            // Numbers of samples that no schedule can be made of.
                            case .ready: break
                            default: #expect(!ends(actions), "\(body.name) in generation \(generation), step \(step)")
                            }
                        }
                    }
                }
            }
        }
    }

    @Test("A stranger's message never ends a worker; it is counted")
    func strangerToWorker() throws {
        try moments { simulation in
            for number in 0..<2 where simulation.endings[.worker(number)] == nil {
                for envelope in Foreign.harmless {
                    var machine = simulation.workers[number]
                    let actions = machine.handle(
                        .message(envelope, from: .peer(Simulation.peer(9))), now: simulation.now)
                    #expect(actions.isEmpty)
                    #expect(machine.strayMessages == simulation.workers[number].strayMessages + 1)
                }
            }
        }
    }

    @Test("A peer's message with any body, generation or step never ends a worker")
    func peerToWorker() throws {
        try moments { simulation in
            for number in 0..<2 where simulation.endings[.worker(number)] == nil {
                for body in Foreign.bodies {
                    for payload in Foreign.payloads {
                        for (generation, step) in [
                            (0, 0), (1, 0), (1, 1), (1, 3), (1, 5), (1, 6), (1, .max), (.max, 3),
                        ] {
                            for rank in 0..<2 {
                                let envelope = Envelope(
                                    run: Simulation.run, generation: generation, step: step, sender: .rank(rank),
                                    body: body, payload: payload)
                                var machine = simulation.workers[number]
                                let actions = machine.handle(
                                    .message(envelope, from: .peer(Simulation.peer(1 - number))), now: simulation.now)
                                #expect(!ends(actions), "\(body.name) in generation \(generation), step \(step)")
                            }
                        }
                    }
                }
            }
        }
    }

    @Test("The coordinator's message with any body ends a worker only with an error that says why")
    func coordinatorToWorker() throws {
        try moments { simulation in
            for number in 0..<2 where simulation.endings[.worker(number)] == nil {
                for body in Foreign.bodies {
                    for (generation, step) in [(0, 0), (1, 0), (1, 5), (1, .max), (.max, 3)] {
                        let envelope = Envelope(
                            run: Simulation.run, generation: generation, step: step, sender: .coordinator, body: body)
                        var machine = simulation.workers[number]
                        for action in machine.handle(.message(envelope, from: .coordinator), now: simulation.now) {
                            guard case .end(let error) = action else { continue }
                            switch body {
                            case .finish: #expect(error == nil)
                            case .refusal, .stop: #expect(error?.description == "no")
                            case .welcome: #expect(error?.description.contains("settings that cannot be used") == true)
                            case .members: #expect(error?.description.contains("does not add up") == true)
                            case .stepOrder: #expect(error?.description.contains("it was given step") == true)
                            default: Issue.record("\(body.name) ended the worker: \(error?.description ?? "well")")
                            }
                        }
                    }
                }
            }
        }
    }

    @Test("What is no message is dropped; a sender of another version is told, with both versions")
    func rejected() throws {
        var simulation = try Simulation(settings: TinyJob.settings(), workers: 1, seed: 1)
        simulation.feed(.rejected(.missingBody, from: Simulation.peer(9), name: "10.0.0.7"))
        #expect(simulation.warnings == ["dropped a message from 10.0.0.7: an envelope has no body (1 dropped so far)"])
        var machine = simulation.coordinator
        let actions = machine.handle(
            .rejected(.version(found: 2, expected: 1), from: Simulation.peer(9), name: "10.0.0.7"), now: .zero)
        guard case .send(let envelope, let peer) = actions.first, case .refusal(let refusal) = envelope.body else {
            Issue.record("no refusal was sent")
            return
        }
        #expect(peer == Simulation.peer(9))
        #expect(refusal.reason.contains("protocol version 2, this software speaks version 1"))
    }

    @Test("The user is told of the first dropped message, the tenth, the hundredth")
    func told() throws {
        var simulation = try Simulation(settings: TinyJob.settings(), workers: 1, seed: 1)
        for _ in 0..<1234 { simulation.feed(.rejected(.missingBody, from: Simulation.peer(9), name: "x")) }
        #expect(simulation.coordinator.droppedMessages == 1234)
        let counts = simulation.warnings.compactMap {
            $0.firstMatch(of: /\(([0-9]+) dropped so far\)/).map { String($0.1) }
        }
        #expect(counts == ["1", "10", "100", "1000"])
    }
}
