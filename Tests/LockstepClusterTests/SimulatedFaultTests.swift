import LockstepCluster
import LockstepTraining
import Testing

/// Whole runs in which something goes wrong: the bits at the end are those of a single process, each step is recorded once, and
/// nobody waits for ever. A seed that fails is named, and replays.
@Suite(.replaying)
struct SimulatedFaultTests {
    @Test(
        "A worker that is killed at any time is named, and the others go on with the same bits", arguments: 2...5,
        [AllReduceChoice.direct, .star])
    func killed(workers: Int, choice: AllReduceChoice) throws {
        let settings = try TinyJob.settings(epochs: 4, checkpointEvery: 2, bucketBytes: 40)
        let reference = try Reference(settings, job: TinyJob.job())
        var deaths = 0
        for seed in Seeds(0..<60) {
            var simulation = try Simulation(settings: settings, workers: workers, seed: seed) {
                $0.membership.allReduce = choice
            }
            #expect(simulation.run { $0.notes.count == workers })
            simulation.wander(400)
            if simulation.isOver { continue }
            let victim = Int(seed) % workers
            let hasBegun = !simulation.record.isEmpty
            simulation.kill(.worker(victim), isChild: seed % 2 == 0)
            // The newest step that any other worker holds is not done again, and of those begun before none but the one after it.
            let held = simulation.newestHeld
            let before = simulation.computedSteps
            simulation.expectOver("seed \(seed)")
            // Before the first step the run ends with whoever it was to begin with.
            if simulation.endings[.coordinator] != .some(nil), !hasBegun { continue }
            deaths += 1
            simulation.expectSameBits(as: reference, "seed \(seed)")
            simulation.expectOneStepRedone(after: before, holding: held, "seed \(seed)")
            #expect(
                simulation.warnings.contains { $0.contains(Simulation.who(victim)) }
                    || simulation.record.last?.hasSuffix("complete") == true,
                "seed \(seed): \(simulation.warnings)")
        }
        #expect(Seeds.isOne || deaths > 30)
    }

    @Test(
        "A worker that freezes is named within three seconds; thawed, it is told so, does nothing of what it had in hand, and joins again with the current state"
    )
    func frozen() throws {
        let settings = try TinyJob.settings(epochs: 6, bucketBytes: 60)
        let reference = try Reference(settings, job: TinyJob.job())
        var returns = 0
        for seed in Seeds(0..<80) {
            var simulation = try Simulation(settings: settings, workers: 3, seed: seed)
            guard simulation.begin(wandering: 200) else { continue }
            let victim = Int(seed % 3)
            simulation.freeze(victim)
            let start = simulation.now
            simulation.run { !$0.warnings.isEmpty || $0.isOver }
            guard let warning = simulation.warnings.first else {
                // It froze after its part was done.
                #expect(simulation.endings[.coordinator] == .some(nil), "seed \(seed)")
                continue
            }
            #expect(simulation.now - start < .seconds(3), "seed \(seed): \(simulation.now - start)")
            simulation.expectNamed(victim, "has not been heard from for ", "seed \(seed)")
            #expect(warning.contains("Most likely it is frozen, or its host or network is gone. 2 workers go on"))
            simulation.wander(60)
            simulation.thaw(victim)
            simulation.expectOver(as: reference, "seed \(seed)")
            #expect(simulation.exile.putOuts == [victim: 1], "seed \(seed)")
            if simulation.notes.contains(where: { $0.contains("3 workers go on") }) { returns += 1 }
        }
        #expect(Seeds.isOne || returns > 20, "the thawed worker came back in \(returns) runs only")
    }

    @Test(
        "A worker may join at any step, with the state of a peer, in a star through the coordinator",
        arguments: [1, 2, 3],
        [AllReduceChoice.direct, .star])
    func joined(workers: Int, choice: AllReduceChoice) throws {
        let settings = try TinyJob.settings(epochs: 6)
        let reference = try Reference(settings, job: TinyJob.job())
        var joins = 0
        for seed in Seeds(0..<60) {
            var simulation = try Simulation(settings: settings, workers: workers, seed: seed) {
                $0.membership.maximumWorkers = workers + 1
                $0.membership.allReduce = choice
                $0.pieceBytes = 100
            }
            guard simulation.begin(wandering: 200) else { continue }
            simulation.addWorker()
            // One that comes when all is done finds nobody.
            simulation.run { $0.isRecorded }
            simulation.expectSameBits(as: reference, "seed \(seed)")
            if simulation.notes.contains(where: { $0.contains("\(workers + 1) workers go on from step") }) {
                joins += 1
            }
        }
        #expect(Seeds.isOne || joins > 30, "only \(joins) joined")
    }

    @Test("A coordinator that is killed and started again goes on from the newest step that a worker holds")
    func coordinatorKilled() throws {
        let settings = try TinyJob.settings(epochs: 6, checkpointEvery: 4)
        let reference = try Reference(settings, job: TinyJob.job())
        var restarts = 0
        for seed in Seeds(0..<100) {
            let workers = 1 + Int(seed % 4)
            var simulation = try Simulation(settings: settings, workers: workers, seed: seed) {
                $0.membership.isOpen = true
            }
            #expect(simulation.run { !$0.record.isEmpty })
            simulation.wander(250)
            if simulation.endings[.coordinator] != nil { continue }
            simulation.kill(.coordinator)
            simulation.wander(80)
            // The newest step that any worker holds is not done again.
            let held = simulation.newestHeld
            let before = simulation.computedSteps
            try simulation.restartCoordinator()
            restarts += 1
            simulation.expectOver(as: reference, "seed \(seed), \(workers) workers")
            simulation.expectOneStepRedone(after: before, holding: held, "seed \(seed)")
        }
        #expect(Seeds.isOne || restarts > 60)
    }

    @Test("Everything killed, a run is resumed from its last checkpoint")
    func everythingKilled() throws {
        let settings = try TinyJob.settings(epochs: 6, checkpointEvery: 2, bucketBytes: 16)
        let reference = try Reference(settings, job: TinyJob.job())
        for seed in Seeds(0..<60) {
            var simulation = try Simulation(settings: settings, workers: 3, seed: seed)
            guard simulation.begin(wandering: 300) else { continue }
            simulation.kill(.coordinator)
            for number in 0..<3 { simulation.kill(.worker(number)) }
            try simulation.restartCoordinator()
            for _ in 0..<3 { simulation.addWorker() }
            simulation.expectOver(as: reference, "seed \(seed)")
        }
    }
}
