import LockstepCluster
import LockstepTraining
import Testing

/// Whole runs in which somebody is awaited who lives, says so twice a second, and never does what he is awaited for: he is named, put
/// out, and the second time not let in again.
@Suite(.replaying)
struct SimulatedDeadlineTests {
    private func simulation(
        workers: Int, _ settings: RunSettings, seed: UInt64, change: (inout CoordinatorMachine.Setup) -> Void = { _ in }
    ) throws -> Simulation {
        try Simulation(settings: settings, workers: workers, seed: seed) {
            $0.membership.allReduce = seed % 3 == 0 ? .star : .direct
            $0.pieceBytes = 100
            // An hour of a simulated clock is a while.
            $0.membership.patience.working = .seconds(100)
            $0.membership.patience.preparing = .seconds(100)
            change(&$0)
        }
    }

    /// The number of the worker that sends its state.
    private func senderOfState(in simulation: Simulation) -> Int? {
        simulation.notes.last { $0.contains(" sends the state after ") }.flatMap { note in
            simulation.workers.indices.first { note.contains(Simulation.who($0)) }
        }
    }

    @Test("A worker that never takes up the state that it is sent is told of, and put out; the others go on")
    func receiver() throws {
        let settings = try TinyJob.settings(epochs: 12)
        let reference = try Reference(settings, job: TinyJob.job())
        var cases = 0
        for seed in Seeds(0..<40) {
            let workers = 1 + Int(seed % 3)
            var simulation = try simulation(workers: workers, settings, seed: seed) {
                $0.membership.maximumWorkers = workers + 1
            }
            guard simulation.begin(wandering: 100), simulation.joinUntilSent() else { continue }
            cases += 1
            simulation.stuck = [workers]
            let start = simulation.now
            simulation.run { $0.warnings.contains { $0.contains("within 60.0 s") } }
            #expect(simulation.now - start < .seconds(63))
            simulation.expectOver(as: reference, "seed \(seed)")
            let who = "worker \(workers) \(Simulation.who(workers))"
            let warnings = simulation.warnings
            #expect(
                warnings.first?.hasPrefix("sending the state after ") == true
                    && warnings.first?.hasSuffix(" has taken more than 30.0 s so far: \(who) is taking up the state")
                        == true,
                "\(warnings)")
            #expect(
                warnings.dropFirst().first?.contains("\(who) has not taken up the state that it is sent within 60.0 s")
                    == true, "\(warnings)")
            // It joins again, cannot leave what it has in hand, and is not let in a third time.
            #expect(warnings.last?.contains(", for the second time at step ") == true, "\(warnings)")
            #expect(simulation.endings[.worker(workers)]??.code == .refused)
        }
        #expect(Seeds.isOne || cases > 25, "only \(cases)")
    }

    @Test(
        "A worker that never sends its state is put out, and another is asked; without one, the last checkpoint is sent"
    )
    func sender() throws {
        let settings = try TinyJob.settings(epochs: 12, checkpointEvery: 2)
        let reference = try Reference(settings, job: TinyJob.job())
        var cases = 0
        for seed in Seeds(0..<40) {
            let workers = 1 + Int(seed % 3)
            var simulation = try simulation(workers: workers, settings, seed: seed) {
                $0.membership.maximumWorkers = workers + 1
            }
            #expect(simulation.run { $0.record.contains { $0.hasPrefix("checkpoint 2 ") } })
            simulation.wander(100)
            guard !simulation.isOver, simulation.joinUntilSent() else { continue }
            let sender = try #require(senderOfState(in: simulation))
            // It may have sent it already.
            guard
                simulation.computations[sender].contains(where: { if case .state = $0 { true } else { false } })
                    || simulation.links.values.joined().contains(where: { "\($0)".contains("stateOrder") })
            else { continue }
            cases += 1
            simulation.stuck = [sender]
            simulation.expectOver(as: reference, "seed \(seed), \(workers) workers")
            let isNamed = simulation.warnings.contains {
                $0.contains("\(Simulation.who(sender)) has not sent its state to the others within 60.0 s")
            }
            #expect(isNamed, "\(simulation.warnings)")
        }
        #expect(Seeds.isOne || cases > 20, "only \(cases)")
    }

    @Test(
        "A worker whose compute thread hangs at any time is named and put out, and the others go on with the same bits")
    func anything() throws {
        let settings = try TinyJob.settings(epochs: 6, checkpointEvery: 2, bucketBytes: 40)
        let reference = try Reference(settings, job: TinyJob.job())
        var cases = 0
        var reasons: Set<String> = []
        for seed in Seeds(0..<150) {
            let workers = 2 + Int(seed % 3)
            var simulation = try simulation(workers: workers, settings, seed: seed)
            guard simulation.begin(wandering: 450) else { continue }
            let victim = Int(seed) % workers
            simulation.stuck = [victim]
            simulation.expectOver(as: reference, "seed \(seed), \(workers) workers")
            let told = simulation.warnings.filter { $0.contains(Simulation.who(victim)) }
            // It may have had its part of the run done.
            if told.isEmpty { continue }
            cases += 1
            #expect(simulation.warnings.allSatisfy { !$0.contains("go on") || $0.contains(Simulation.who(victim)) })
            for reason in ["has not done step", "has not done the test", "has not told its state"]
            where told.contains(where: { $0.contains("\(Simulation.who(victim)) \(reason)") }) {
                reasons.insert(reason)
            }
        }
        #expect(Seeds.isOne || cases > 100, "only \(cases)")
        #expect(Seeds.isOne || reasons.count == 3, "\(reasons)")
    }

    @Test("A worker that never builds its replica does not hold up a run that others may join")
    func building() throws {
        let settings = try TinyJob.settings()
        let reference = try Reference(settings, job: TinyJob.job())
        for seed in Seeds(0..<10) {
            var simulation = try simulation(workers: 2, settings, seed: seed) {
                $0.membership.isOpen = true
                $0.membership.maximumWorkers = 3
            }
            simulation.stuck = [1]
            #expect(simulation.run { $0.notes.contains { $0.contains("that are not ready: ") } })
            #expect(simulation.run { $0.notes.contains { $0.contains("has not built its replica within 100.0 s") } })
            simulation.addWorker()
            simulation.expectOver(as: reference, "seed \(seed)")
            #expect(simulation.now < .seconds(900))
        }
    }
}
