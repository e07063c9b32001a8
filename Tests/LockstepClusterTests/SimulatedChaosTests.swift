import LockstepCluster
import LockstepTraining
import Testing

/// Whole runs in which anything goes wrong, in any order: the bits at the end are those of a single process, each step is recorded
/// once, and nobody waits for ever. A seed that fails is named, and replays. In half of the runs messages come twice now and then. Single
/// messages are never lost: a ZeroMQ connection carries all of them in order until it ends, which both sides hear of.
@Suite(.replaying)
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
        var losses: [String] = []
        for seed in Seeds(seeds) {
            var simulation = try chaos(settings, job, seed: seed, sending: source)
            faults += try simulation.misfortune()
            simulation.expectOver("seed \(seed)")
            if simulation.endings[.coordinator] == .some(nil) {
                simulation.expectSameBits(as: reference, "seed \(seed)")
            } else {
                // It may end only where nobody was left who held the state, which must be rare.
                let error = simulation.endings[.coordinator] ?? nil
                let isLost = simulation.lostAll
                #expect(isLost, "seed \(seed): \(error?.description ?? "")")
                losses.append("seed \(seed): \(error?.description ?? "")")
            }
        }
        #expect(Seeds.isOne || faults > 2 * seeds.count)
        #expect(Seeds.isOne || 20 * losses.count <= seeds.count, "\(losses)")
    }

    /// A run in which anything may go wrong.
    private func chaos(
        _ settings: RunSettings, _ job: any TrainableJob, seed: UInt64, sending source: SampleSource? = nil
    ) throws -> Simulation {
        var simulation = try Simulation(
            settings: settings, workers: 1 + Int(seed % 4), seed: seed,
            change: {
                $0.membership.isOpen = true
                $0.membership.maximumWorkers = 6
                $0.membership.allReduce = seed % 5 == 0 ? .star : .auto
                $0.pieceBytes = 300
                $0.membership.comparesEvery = 2
                $0.data = source?.description
            }, job: { _ in source == nil ? job : TinyJob.withoutData() })
        simulation.doublesMessages = seed % 2 == 0
        simulation.reader = try source.map { try SampleReader($0, settings: settings) }
        // Some firewalls, around which there is no way but through the coordinator.
        if seed % 5 == 1 { simulation.unreachable = [[0, 1], [2, 4]] }
        return simulation
    }

    /// What goes wrong in `everywhere(fault:)`.
    enum Fault: CaseIterable {
        case kill, freeze, join, killCoordinator
    }

    @Test(
        "A run comes to the same bits whatever one thing goes wrong after any one event of it",
        arguments: Fault.allCases)
    func everywhere(fault: Fault) throws {
        let settings = try TinyJob.settings(checkpointEvery: 2)
        let reference = try Reference(settings, job: TinyJob.job())
        var undisturbed = try smallRun(settings)
        var events = 0
        while !undisturbed.isRecorded {
            undisturbed.step()
            events += 1
        }
        for event in Seeds(0..<UInt64(events)) {
            var simulation = try smallRun(settings)
            for _ in 0..<event { simulation.step() }
            let victim = Int(event % 2)
            switch fault {
            case .kill:
                let hasBegun = !simulation.record.isEmpty
                simulation.kill(.worker(victim), isChild: hasBegun && event % 4 < 2)
                // Before the run begins another takes its place.
                if !hasBegun { simulation.addWorker() }
            case .freeze:
                simulation.freeze(victim)
                simulation.run { !$0.warnings.isEmpty || $0.isRecorded || $0.now > .seconds(10) }
                simulation.thaw(victim)
            case .join: simulation.addWorker()
            case .killCoordinator:
                simulation.kill(.coordinator)
                simulation.wander(40)
                try simulation.restartCoordinator()
            }
            simulation.expectOver(as: reference, "\(fault) after event \(event) of \(events)")
        }
    }

    /// Two workers, and room for a third. Its seed is that of the order of events; what a test draws besides is drawn after them.
    private func smallRun(_ settings: RunSettings) throws -> Simulation {
        try Simulation(settings: settings, workers: 2, seed: 1) {
            $0.membership.isOpen = true
            $0.membership.maximumWorkers = 3
            $0.pieceBytes = 300
        }
    }

    @Test("A seed gives the same run again, event for event")
    func replayed() throws {
        let settings = try TinyJob.settings(epochs: 6, checkpointEvery: 3)
        for seed in Seeds(0..<10) {
            let traces = try (0..<2).map { _ in
                var simulation = try chaos(settings, TinyJob.job(), seed: seed)
                try simulation.misfortune()
                simulation.run { $0.isOver }
                return ["\(simulation.now) \(simulation.random.next())"] + simulation.notes + simulation.warnings
            }
            #expect(traces[0] == traces[1], "seed \(seed)")
        }
    }
}

extension Simulation {
    /// Lets a run begin and six things go wrong, one after the other; then whoever is frozen or gone is there again. Returns how many did.
    @discardableResult
    fileprivate mutating func misfortune() throws -> Int {
        let hasBegun = run { !$0.record.isEmpty }
        #expect(hasBegun)
        var faults = 0
        for _ in 0..<6 {
            wander(120)
            if endings[.coordinator] != nil { break }
            faults += 1
            try fault()
        }
        for number in workers.indices { thaw(number) }
        if dead.contains(.coordinator) { try restartCoordinator() }
        // One that was started again says how many workers it waits for, and the user starts them.
        if coordinator.status.phase == "waiting for workers" {
            while alive.count < setup.membership.workers { addWorker() }
        }
        return faults
    }

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
