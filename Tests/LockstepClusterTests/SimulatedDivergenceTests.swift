import LockstepCluster
import LockstepTraining
import Testing

/// Whole runs in which a bit flips in what a worker trains with.
@Suite(.replaying)
struct SimulatedDivergenceTests {
    @Test("A worker one of whose bits flips is named and put out, and comes back with the state of the others")
    func flippedBit() throws {
        let settings = try TinyJob.settings(epochs: 8)
        var returns = 0
        for seed in Seeds(0..<20) {
            var (simulation, models) = try Simulation.spoilable(settings, workers: 3, seed: seed) {
                $0.membership.comparesEvery = 4
            }
            guard simulation.begin(wandering: 100) else { continue }
            let victim = Int(seed % 3)
            models.flipBit(of: victim)
            simulation.expectOver("seed \(seed)")
            #expect(simulation.endings[.coordinator] == .some(nil), "seed \(seed)")
            simulation.expectNamed(victim, "has other numbers than the others after", "seed \(seed)")
            let warning = simulation.warnings.first ?? ""
            #expect(warning.contains("Most likely its memory or processor is at fault. 2 workers go on"))
            #expect(simulation.warnings.count == 1, "seed \(seed): \(simulation.warnings)")
            if simulation.notes.contains(where: { $0.contains("3 workers go on") }) { returns += 1 }
        }
        // Unless the run ended first.
        #expect(Seeds.isOne || returns > 10, "it came back in \(returns) runs only")
    }

    @Test(
        "Where the user wants it so, all go back to the last checkpoint when a bit has flipped: the bits are an undisturbed run's"
    )
    func flippedBitUndone() throws {
        let settings = try TinyJob.settings(epochs: 8, checkpointEvery: 5)
        let reference = try Reference(settings, job: TinyJob.job())
        var redone = 0
        for seed in Seeds(0..<40) {
            var (simulation, models) = try Simulation.spoilable(settings, workers: 3 + Int(seed % 2), seed: seed) {
                $0.membership.comparesEvery = 4
                $0.membership.onDivergence = .checkpoint
                $0.pieceBytes = 300
            }
            guard simulation.begin(wandering: 400) else { continue }
            let victim = Int(seed % 3)
            models.flipBit(of: victim, bit: 12)
            simulation.expectOver(as: reference, "seed \(seed)")
            // A bit that flips when all is done is nobody's concern.
            if simulation.warnings.isEmpty, simulation.beginnings == 1 { continue }
            #expect(simulation.warnings.count == 1, "seed \(seed): \(simulation.warnings)")
            simulation.expectNamed(victim, "has other numbers than the others after", "seed \(seed)")
            #expect(simulation.notes.contains { $0.hasPrefix("all workers go back to the state after ") })
            redone += 1
        }
        #expect(Seeds.isOne || redone > 30, "only \(redone)")
    }

    @Test(
        "Two workers that differ both go back to the last checkpoint; a second time before the next one, the run ends")
    func noMajority() throws {
        let settings = try TinyJob.settings(epochs: 8, checkpointEvery: 6)
        let reference = try Reference(settings, job: TinyJob.job())
        var ended = 0
        var redone = 0
        for seed in Seeds(0..<40) {
            var (simulation, models) = try Simulation.spoilable(settings, workers: 2, seed: seed) {
                $0.membership.comparesEvery = 2
            }
            guard simulation.begin(wandering: 300) else { continue }
            models.flipBit(of: 0, bit: 12)
            simulation.run { !$0.warnings.isEmpty || $0.isOver }
            // In the first step there is nothing to go back to, and when all is done no need to.
            if let end = simulation.endings[.coordinator] {
                #expect(
                    end == nil || end?.code == .diverged && simulation.beginnings == 1,
                    "seed \(seed): \(String(describing: end))")
                continue
            }
            #expect(simulation.warnings.count == 1)
            let warning = simulation.warnings.first ?? ""
            #expect(warning.contains("and there is no majority to tell which is right"))
            #expect((0..<2).allSatisfy { warning.contains(Simulation.who($0)) }, "\(warning)")
            #expect(warning.contains(". All go back to the state after "), "\(warning)")
            if seed % 2 == 0 {
                // Once they train again.
                #expect(simulation.run { $0.beginnings == 2 }, "seed \(seed)")
                models.flipBit(of: 0, bit: 12)
            }
            simulation.expectOver("seed \(seed)")
            if let error = simulation.endings[.coordinator] ?? nil {
                #expect(seed % 2 == 0 && error.code == .diverged, "seed \(seed): \(error)")
                #expect(error.description.contains("It is the second time since the last checkpoint"))
                ended += 1
            } else {
                simulation.expectSameBits(as: reference, "seed \(seed)")
                redone += 1
            }
        }
        #expect(Seeds.isOne || redone > 15, "only \(redone) were done again")
        #expect(Seeds.isOne || ended > 3, "only \(ended) ended")
    }
}
