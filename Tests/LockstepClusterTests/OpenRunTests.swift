import LockstepCluster
import LockstepTraining
import LockstepWire
import Testing

/// A coordinator whose workers come from elsewhere: who goes before the run has begun is replaced, and who stays is not made
/// to wait in silence.
struct OpenRunTests {
    @Test(
        "Another may take the place of a worker that goes before the run has begun",
        arguments: ["lost", "leaves", "fails", "falls silent"])
    func replaced(how: String) throws {
        var coordinator = try Coordinator(workers: 2, isOpen: true)
        _ = coordinator.hello(0)
        _ = coordinator.say(.ready(Foreign.ready(fingerprint: "other")), from: 0, rank: 0, generation: 0)
        var actions: [CoordinatorAction] = []
        switch how {
        case "lost": actions = coordinator.machine.handle(.lost(Simulation.peer(0)), now: .zero)
        case "leaves": actions = coordinator.say(.leave(Leave(reason: "r")), from: 0, rank: 0, generation: 0)
        case "fails":
            actions = coordinator.say(.failure(Failure(phase: "p", reason: "r")), from: 0, rank: 0, generation: 0)
        default: break
        }
        // What is not said at once is noticed within the time that a worker may be silent.
        for tenth in 1...35 where actions.notes.isEmpty {
            coordinator.now = .milliseconds(100 * tenth)
            actions = coordinator.machine.handle(.tick, now: coordinator.now)
            #expect(actions.error == nil)
        }
        #expect(actions.notes.first?.hasPrefix("worker 0 (host host-0, process 100) is gone, ") == true)
        // What it was no longer counts: the others are compared with each other.
        coordinator.now = .seconds(4)
        for number in 1...2 { #expect(coordinator.hello(number).refusals.isEmpty) }
        for (rank, number) in [1, 2].enumerated() {
            let ready = coordinator.say(.ready(Foreign.ready()), from: number, rank: rank, generation: 0)
            #expect(ready.refusals.isEmpty)
        }
        var begun: [CoordinatorAction] = []
        for (rank, number) in [1, 2].enumerated() { begun += coordinator.say(.holding, from: number, rank: rank) }
        #expect(begun.contains { if case .begin = $0 { true } else { false } })
    }

    @Test("Who comes before the run begins may come in if there is room for him once it has, and nobody waits for him")
    func earlyComers() throws {
        var coordinator = try Coordinator(workers: 1, isOpen: true) { $0.membership.maximumWorkers = 3 }
        for number in 0..<3 { #expect(coordinator.hello(number).refusals.isEmpty) }
        let refusal = coordinator.hello(3).refusals.first
        #expect(refusal?.hasSuffix("the run has all its 3 workers; start it with a larger --max-workers") == true)
        let first = coordinator.say(.ready(Foreign.ready()), from: 1, rank: 1, generation: 0)
        #expect(first.memberRanks == [1])
        // The second is ready while the first generation links up, and is in the next one.
        let second = coordinator.say(.ready(Foreign.ready()), from: 0, rank: 0, generation: 0)
        #expect(second.memberRanks == nil)
        let next = coordinator.say(.holding, from: 1, rank: 1)
        #expect(next.memberRanks == [0, 1])
    }

    @Test("While the record falls behind no step is ordered; once it has caught up they go on")
    func recordBehind() throws {
        var coordinator = try Coordinator(workers: 1)
        _ = coordinator.hello(0)
        _ = coordinator.machine.handle(.recordIsBehind(true), now: .zero)
        _ = coordinator.say(.ready(Foreign.ready()), from: 0, rank: 0, generation: 0)
        let held = coordinator.say(.holding, from: 0, rank: 0)
        #expect(held.orderedSteps.isEmpty)
        let released = coordinator.machine.handle(.recordIsBehind(false), now: .zero)
        #expect(released.orderedSteps.count == 2)
    }

    @Test("A record that cannot be kept ends the run with the reason, and all workers are told")
    func recordFailed() throws {
        var coordinator = try Coordinator(workers: 2)
        coordinator.beginTraining(workers: 2)
        let actions = coordinator.machine.handle(.recordFailed("the disk is full"), now: .zero)
        #expect(actions.error == ClusterError(.stopped, "the disk is full"))
        #expect(actions.sent.count { if case .stop = $0.body { true } else { false } } == 2)
    }

    @Test("A step that takes long is told of, with who it waits for and what he is doing, and told of again")
    func stall() throws {
        var coordinator = try Coordinator(workers: 1) { $0.membership.patience.moving = .seconds(600) }
        coordinator.beginTraining(workers: 1)
        var warnings: [String] = []
        for second in 1...61 {
            coordinator.now = .seconds(second)
            _ = coordinator.say(.heartbeat(Heartbeat(phase: "computing gradients")), from: 0, rank: 0)
            let actions = coordinator.machine.handle(.tick, now: coordinator.now)
            #expect(actions.error == nil)
            warnings += actions.warnings.filter { $0.hasPrefix("step ") }
        }
        let warning =
            "step 1 has taken more than 30.0 s so far: worker 0 (host host-0, process 100) is computing gradients"
        #expect(warnings == [warning])
        for second in 62...63 {
            coordinator.now = .seconds(second)
            _ = coordinator.say(.heartbeat(Heartbeat(phase: "computing gradients")), from: 0, rank: 0)
            let actions = coordinator.machine.handle(.tick, now: coordinator.now)
            warnings += actions.warnings.filter { $0.hasPrefix("step ") }
        }
        #expect(warnings == [warning, warning])
    }
}

extension [CoordinatorAction] {
    /// The ranks of the generation that begins.
    fileprivate var memberRanks: [Int]? {
        for case .members(let members) in sent.map(\.body) { return members.members.map(\.rank) }
        return nil
    }

    /// The steps that are ordered.
    fileprivate var orderedSteps: [Int] {
        compactMap {
            if case .send(let envelope, _) = $0, case .stepOrder = envelope.body { envelope.step } else { nil }
        }
    }
}
