import LockstepCluster
import LockstepTraining
import LockstepWire
import Testing

/// Processes that are started in the place of others.
struct ReplacementTests {
    @Test("Another process is started in the place of one that has ended, later each time, and not for ever")
    func restarts() throws {
        var coordinator = try Coordinator(workers: 2) { $0.membership.restarts = 3 }
        coordinator.beginTraining(workers: 2)
        var delays: [Duration] = []
        for (number, pid) in [(1, 101), (2, 102), (3, 103), (4, 104)] {
            let actions = coordinator.machine.handle(.exited(pid: pid, .signalled(signal: 9)), now: .zero)
            for case .launch(let delay) in actions { delays.append(delay) }
            #expect(actions.error == nil)
            _ = coordinator.hello(number + 1)
        }
        #expect(delays == [.seconds(1), .seconds(2), .seconds(4)])
        // One that ended well, or was refused, is not needed or would be refused again.
        var other = try Coordinator(workers: 2) { $0.membership.restarts = 3 }
        other.beginTraining(workers: 2)
        let actions = other.machine.handle(.exited(pid: 101, .exited(code: 0)), now: .zero)
        #expect(!actions.contains { if case .launch = $0 { true } else { false } })
    }

    /// Has worker 0 send its state after some steps, which is then being recorded.
    private func sendState(_ coordinator: inout Coordinator, after step: Int) -> [CoordinatorAction] {
        let piece = Envelope(
            run: Simulation.run, generation: 1, step: step, sender: .rank(0), body: .state(State(offset: 0, total: 3)),
            payload: Payload([1, 2, 3]))
        return coordinator.machine.handle(.message(piece, from: Simulation.peer(0)), now: coordinator.now)
            + coordinator.say(.stateDigest(StateDigest(digest: "aa")), from: 0, rank: 0, step: step)
    }

    @Test("Where the last worker's state is damaged and another process takes its place, the run waits for that")
    func damagedAndReplaced() throws {
        for restarts in 0...1 {
            var coordinator = try Coordinator(workers: 1) { $0.membership.restarts = restarts }
            coordinator.beginTraining(workers: 1)
            // Stopped, so that the state is the run's last.
            _ = coordinator.machine.handle(.interrupted, now: .zero)
            _ = sendState(&coordinator, after: 0)
            _ = coordinator.machine.handle(.stateRecorded(completedSteps: 0), now: .zero)
            let report = StepReport(
                losses: [1, 1, 1, 1], computeSeconds: 0, communicateSeconds: 0, bytesSent: 0, samples: .ofFour)
            for step in 0..<2 { _ = coordinator.say(.stepReport(report), from: 0, rank: 0, step: step) }
            let recorded = sendState(&coordinator, after: 2)
            #expect(recorded.contains { if case .checkpoint(_, "aa", 2, .stopped) = $0 { true } else { false } })
            let gone = coordinator.machine.handle(.exited(pid: 100, .signalled(signal: 9)), now: .zero)
            #expect(gone.warnings.first?.hasSuffix("No worker is left; its last state is being written") == true)
            let damage = coordinator.machine.handle(.stateIsDamaged(completedSteps: 2, reason: "r"), now: .zero)
            if restarts == 0 {
                #expect(damage.error?.description.hasSuffix("No worker is left that could send another") == true)
                continue
            }
            #expect(damage.error == nil)
            #expect(damage.warnings.first?.hasPrefix("the state after 2 steps that worker 0 ") == true)
            let joined = coordinator.hello(1)
            #expect(joined.refusals == [] && joined.sent.count == 1)
        }
    }
}
