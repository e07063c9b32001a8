import LockstepCluster
import LockstepTraining
import LockstepWire
import Testing

/// Workers that were put out while nobody could reach them.
struct AbsenceTests {
    /// A run of two workers, the second of which is put out for its silence.
    private func withoutTheSecond() throws -> Coordinator {
        var coordinator = try Coordinator(workers: 2)
        coordinator.beginTraining(workers: 2)
        for _ in 0..<4 {
            coordinator.now += .seconds(1)
            _ = coordinator.say(.heartbeat(Heartbeat(phase: "computing gradients")), from: 0, rank: 0)
            _ = coordinator.machine.handle(.tick, now: coordinator.now)
        }
        return coordinator
    }

    /// Has the second worker say hello again, over the connection of this number.
    private func comeBack(_ coordinator: inout Coordinator, over number: Int) -> [String] {
        let hello = Envelope(run: Simulation.run, sender: .rank(1), body: .hello(Simulation.hello(1)))
        let peer = Simulation.peer(number)
        return coordinator.machine.handle(.message(hello, from: peer), now: coordinator.now).sent
            .filter { $0.peer == peer }
            .map { if case .putOut(let putOut) = $0.body { putOut.reason } else { $0.body.name } }
    }

    @Test("One whose connection was lost is told that it was put out when it comes back over another, once")
    func told() throws {
        var coordinator = try withoutTheSecond()
        #expect(comeBack(&coordinator, over: 7) == ["it has not been heard from for 3.0 s", "Welcome"])
        #expect(comeBack(&coordinator, over: 7) == [])
    }

    @Test("One that could be told when it was put out is not told again")
    func toldBefore() throws {
        var coordinator = try withoutTheSecond()
        #expect(comeBack(&coordinator, over: 1) == ["Welcome"])
    }

    @Test("A worker that waits to join again says that it was put out, and goes on waiting")
    func heard() throws {
        var machine = Simulation.worker(1)
        let putOut = Envelope(
            run: .unknown, sender: .coordinator, body: .putOut(PutOut(reason: "it has not been heard from for 3.0 s")))
        func notes(_ actions: [WorkerAction]) -> [String] {
            actions.compactMap { if case .note(let text) = $0 { text } else { nil } }
        }
        // Before it was in the run it cannot have been put out of it.
        #expect(machine.handle(.message(putOut, from: .coordinator), now: .zero).isEmpty)
        let welcome = Welcome(rank: 1, workers: 2, settings: try TinyJob.settings().json(), recordedSteps: 0)
        let joined = Envelope(run: Simulation.run, sender: .coordinator, body: .welcome(welcome))
        _ = machine.handle(.message(joined, from: .coordinator), now: .zero)
        _ = machine.handle(.lostCoordinator, now: .zero)
        let before = machine.description
        var told = putOut
        told.run = Simulation.run
        let actions = machine.handle(.message(told, from: .coordinator), now: .zero)
        #expect(
            notes(actions) == [
                "was put out of the run meanwhile: it has not been heard from for 3.0 s; joining again"
            ])
        #expect(actions.count == 1 && machine.description == before)
    }
}
