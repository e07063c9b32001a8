import LockstepCluster
import LockstepTraining
import Testing

/// Whole runs in which links between living workers break.
@Suite(.replaying)
struct SimulatedLinkTests {
    @Test("A link between two workers that breaks is made anew, and the step in flight is done again")
    func brokenLink() throws {
        let settings = try TinyJob.settings(epochs: 12)
        let reference = try Reference(settings, job: TinyJob.job())
        var breaks = 0
        for seed in Seeds(0..<60) {
            var simulation = try Simulation(settings: settings, workers: 3, seed: seed)
            guard simulation.begin(wandering: 200) else { continue }
            simulation.breakLink(from: Int(seed % 3), to: Int((seed / 3 % 2 + 1 + seed % 3) % 3))
            simulation.expectOver(as: reference, "seed \(seed)")
            breaks += simulation.warnings.count { $0.contains(" broke at step ") }
        }
        #expect(Seeds.isOne || breaks > 20, "only \(breaks)")
    }

    @Test("A link that breaks again and again is gone around: gradients are summed at the coordinator from then on")
    func linkThatKeepsBreaking() throws {
        let settings = try TinyJob.settings(epochs: 100)
        let reference = try Reference(settings, job: TinyJob.job())
        for choice in [AllReduceChoice.auto, .direct] {
            for seed in Seeds(0..<4) {
                var simulation = try Simulation(settings: settings, workers: 3, seed: seed) {
                    $0.membership.allReduce = choice
                }
                for _ in 0..<3 {
                    #expect(simulation.run { $0.coordinator.status.phase == "training" })
                    let generation = simulation.coordinator.status.generation
                    simulation.breakLink(from: 0, to: 2)
                    #expect(simulation.run { $0.coordinator.status.generation > generation || $0.isOver })
                }
                simulation.expectOver(as: reference, "seed \(seed)")
                #expect(simulation.coordinator.status.allReduce == (choice == .auto ? "star" : "direct"))
                let isTold = simulation.warnings.contains { $0.contains(" broke 3 times within 300.0 s. From now on") }
                #expect(isTold == (choice == .auto), "\(simulation.warnings)")
            }
        }
    }
}
