import LockstepCluster
import LockstepTraining
import Testing

/// Whole runs in which anything goes wrong, in any order: the bits at the end are those of a single process, each step is recorded
/// once, and nobody waits for ever. A seed that fails is named, and replays.
struct SimulatedChaosTests {
    @Test("Thousands of runs with any faults in any order come to the bits of a single process", arguments: 0..<8)
    func anything(part: UInt64) throws {
        let settings = try TinyJob.settings(epochs: 6, checkpointEvery: 3)
        try expectSameBits(settings, TinyJob.job(), seeds: (part * 150)..<(part * 150 + 150))
    }

    @Test("So do those of a model with dropout and batch normalisation", arguments: 0..<4)
    func anythingWithStatistics(part: UInt64) throws {
        let settings = try TinyJob.settings(batch: 12, epochs: 9, checkpointEvery: 3)
        try expectSameBits(settings, TinyJob.normalized(), seeds: (part * 100)..<(part * 100 + 100))
    }

    @Test("So do those whose workers are sent their samples", arguments: 0..<4)
    func anythingWithSentSamples(part: UInt64) throws {
        let settings = try TinyJob.settings(epochs: 6, checkpointEvery: 3)
        try expectSameBits(settings, TinyJob.job(), seeds: (part * 100)..<(part * 100 + 100), sendsSamples: true)
    }

    /// Expects the bits of a single process of runs in which anything goes wrong, one for each seed.
    private func expectSameBits(
        _ settings: RunSettings, _ job: any TrainableJob, seeds: Range<UInt64>, sendsSamples: Bool = false
    ) throws {
        let reference = try Reference(settings, job: job)
        let source = sendsSamples ? try job.openSamples() : nil
        var faults = 0
        for seed in seeds {
            var simulation = try Simulation(
                settings: settings, workers: 1 + Int(seed % 4), seed: seed,
                change: {
                    $0.membership.isOpen = true
                    $0.membership.maximumWorkers = 6
                    $0.membership.allReduce = seed % 5 == 0 ? .star : .auto
                    $0.pieceBytes = 300
                    $0.membership.comparesEvery = 2
                    $0.data = source?.description
                }, job: { _ in sendsSamples ? TinyJob.withoutData() : job })
            simulation.reader = try source.map { try SampleReader($0, settings: settings) }
            // Some firewalls, around which there is no way but through the coordinator.
            if seed % 5 == 1 { simulation.unreachable = [[0, 1], [2, 4]] }
            #expect(simulation.run { !$0.record.isEmpty }, "seed \(seed)")
            for _ in 0..<6 {
                simulation.wander(120)
                if simulation.endings[.coordinator] != nil { break }
                faults += 1
                try simulation.fault()
            }
            for number in simulation.workers.indices { simulation.thaw(number) }
            if simulation.dead.contains(.coordinator) { try simulation.restartCoordinator() }
            let isOver = simulation.run { $0.isRecorded }
            if !isOver { Issue.record("seed \(seed): somebody waits for ever\n\(simulation.summary)") }
            if simulation.endings[.coordinator] == .some(nil) {
                simulation.expectSameBits(as: reference, "seed \(seed)")
            } else {
                // It may end only where nobody was left who held the state.
                let error = simulation.endings[.coordinator] ?? nil
                let isLost = simulation.lostAll
                #expect(isLost, "seed \(seed): \(error?.description ?? "")")
            }
        }
        #expect(faults > 2 * seeds.count)
    }
}

extension Simulation {
    /// Lets something go wrong, or somebody come.
    fileprivate mutating func fault() throws {
        let victim = alive.randomElement(using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0:
            if let victim, alive.count > 1 { kill(.worker(victim), isChild: Bool.random(using: &random)) }
        case 1: if let victim, alive.count > 1 { freeze(victim) }
        case 2: for number in workers.indices { thaw(number) }
        case 3: if workers.count < 9 { addWorker() }
        case 4: if let victim, let other = alive.randomElement(using: &random) { breakLink(from: victim, to: other) }
        case 5: if !dead.contains(.coordinator) { kill(.coordinator) }
        default: if dead.contains(.coordinator) { try restartCoordinator() }
        }
    }
}
