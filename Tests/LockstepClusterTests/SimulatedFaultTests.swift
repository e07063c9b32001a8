import LockstepCluster
import LockstepNN
import LockstepTensor
import LockstepTraining
import LockstepWire
import Testing

/// Whole runs in which something goes wrong: the bits at the end are those of a single process, each step is recorded once, and
/// nobody waits for ever. A seed that fails is named, and replays.
struct SimulatedFaultTests {
    /// Expects that the run is complete, that each step and test is recorded once with a single process's numbers, and that the
    /// weights at its end are a single process's.
    private func expectSameBits(
        _ simulation: Simulation, _ reference: Reference, _ comment: Comment,
        location: SourceLocation = #_sourceLocation
    ) {
        #expect(simulation.endings[.coordinator] == .some(nil), comment, sourceLocation: location)
        func metrics(_ record: [String]) -> [String] { record.filter { !$0.hasPrefix("checkpoint") } }
        #expect(metrics(simulation.record) == metrics(reference.record), comment, sourceLocation: location)
        // Checkpoints may be taken after other steps than planned, but each holds what a single process has there.
        for line in simulation.record where line.hasPrefix("checkpoint") {
            let step = Reference.step(of: line)
            let then = line.hasSuffix("complete") ? "complete" : "goOn"
            #expect(
                line == Reference.line(state: reference.states[step], after: step, then: then), comment,
                sourceLocation: location)
        }
        #expect(simulation.record.last == reference.record.last, comment, sourceLocation: location)
        simulation.expectEachSampleOnce(comment, location)
    }

    @Test(
        "A worker that is killed at any time is named, and the others go on with the same bits", arguments: 2...5,
        [AllReduceChoice.direct, .star])
    func killed(workers: Int, choice: AllReduceChoice) throws {
        let settings = try TinyJob.settings(epochs: 4, checkpointEvery: 2, bucketBytes: 40)
        let reference = try Reference(settings, job: TinyJob.job())
        var deaths = 0
        for seed in 0..<60 as Range<UInt64> {
            var simulation = try Simulation(settings: settings, workers: workers, seed: seed) {
                $0.membership.allReduce = choice
            }
            #expect(simulation.run { $0.notes.count == workers })
            for _ in 0..<simulation.random.next() % 400 { simulation.step() }
            if simulation.isOver { continue }
            let victim = Int(seed) % workers
            let hasBegun = !simulation.record.isEmpty
            simulation.kill(.worker(victim), isChild: seed % 2 == 0)
            guard simulation.run(until: { $0.isOver }) else {
                Issue.record("somebody waits for ever, seed \(seed)")
                continue
            }
            // Before the first step the run ends with whoever it was to begin with.
            if simulation.endings[.coordinator] != .some(nil), !hasBegun { continue }
            deaths += 1
            expectSameBits(simulation, reference, "seed \(seed)")
            let words = "(host host-\(victim), process \(100 + victim)) "
            #expect(
                simulation.warnings.contains { $0.contains(words) }
                    || simulation.record.last?.hasSuffix("complete") == true,
                "seed \(seed): \(simulation.warnings)")
        }
        #expect(deaths > 30)
    }

    @Test("A worker that freezes is named within five seconds; thawed, it joins again with the current state")
    func frozen() throws {
        let settings = try TinyJob.settings(epochs: 6, bucketBytes: 60)
        let reference = try Reference(settings, job: TinyJob.job())
        var returns = 0
        for seed in 0..<80 as Range<UInt64> {
            var simulation = try Simulation(settings: settings, workers: 3, seed: seed)
            #expect(simulation.run { !$0.record.isEmpty })
            for _ in 0..<simulation.random.next() % 200 { simulation.step() }
            if simulation.isOver { continue }
            let victim = Int(seed % 3)
            simulation.freeze(victim)
            let start = simulation.now
            simulation.run { !$0.warnings.isEmpty || $0.isOver }
            guard let warning = simulation.warnings.first else {
                // It froze after its part was done.
                #expect(simulation.endings[.coordinator] == .some(nil), "seed \(seed)")
                continue
            }
            #expect(simulation.now - start < .seconds(5), "seed \(seed): \(simulation.now - start)")
            #expect(warning.contains("(host host-\(victim), process \(100 + victim)) has not been heard from for "))
            #expect(warning.contains("Most likely it is frozen, or its host or network is gone. 2 workers go on"))
            for _ in 0..<simulation.random.next() % 60 { simulation.step() }
            simulation.thaw(victim)
            #expect(simulation.run { $0.isOver }, "seed \(seed): somebody waits for ever")
            expectSameBits(simulation, reference, "seed \(seed)")
            if simulation.notes.contains(where: {
                $0.hasSuffix("sends the state after") || $0.contains("3 workers go on")
            }) {
                returns += 1
            }
        }
        #expect(returns > 20, "the thawed worker came back in \(returns) runs only")
    }

    @Test(
        "A worker may join at any step, with the state of a peer, in a star through the coordinator",
        arguments: [1, 2, 3],
        [AllReduceChoice.direct, .star])
    func joined(workers: Int, choice: AllReduceChoice) throws {
        let settings = try TinyJob.settings(epochs: 6)
        let reference = try Reference(settings, job: TinyJob.job())
        var joins = 0
        for seed in 0..<60 as Range<UInt64> {
            var simulation = try Simulation(settings: settings, workers: workers, seed: seed) {
                $0.membership.maximumWorkers = workers + 1
                $0.membership.allReduce = choice
                $0.pieceBytes = 100
            }
            #expect(simulation.run { !$0.record.isEmpty })
            for _ in 0..<simulation.random.next() % 200 { simulation.step() }
            if simulation.isOver { continue }
            simulation.addWorker()
            // One that comes when all is done finds nobody.
            simulation.run { $0.endings[.coordinator] != nil && $0.unwritten.isEmpty }
            expectSameBits(simulation, reference, "seed \(seed)")
            if simulation.notes.contains(where: { $0.contains("\(workers + 1) workers go on from step") }) {
                joins += 1
            }
        }
        #expect(joins > 30, "only \(joins) joined")
    }

    @Test("A coordinator that is killed and started again goes on from the newest step that a worker holds")
    func coordinatorKilled() throws {
        let settings = try TinyJob.settings(epochs: 6, checkpointEvery: 4)
        let reference = try Reference(settings, job: TinyJob.job())
        var restarts = 0
        for seed in 0..<100 as Range<UInt64> {
            let workers = 1 + Int(seed % 4)
            var simulation = try Simulation(settings: settings, workers: workers, seed: seed) {
                $0.membership.isOpen = true
            }
            #expect(simulation.run { !$0.record.isEmpty })
            for _ in 0..<simulation.random.next() % 250 { simulation.step() }
            if simulation.endings[.coordinator] != nil { continue }
            simulation.kill(.coordinator)
            for _ in 0..<simulation.random.next() % 80 { simulation.step() }
            // The newest step that any worker holds is not done again.
            let held = simulation.workers.indices.map { simulation.replicas[$0].completedSteps }.max() ?? 0
            let before = simulation.computedSteps
            try simulation.restartCoordinator()
            restarts += 1
            #expect(simulation.run { $0.isOver }, "seed \(seed): somebody waits for ever")
            expectSameBits(simulation, reference, "seed \(seed), \(workers) workers")
            let redone = simulation.computedSteps.dropFirst(before.count).min() ?? held
            #expect(redone >= held, "seed \(seed): step \(redone + 1) was done again although \(held) were complete")
        }
        #expect(restarts > 60)
    }

    @Test("Everything killed, a run is resumed from its last checkpoint")
    func everythingKilled() throws {
        let settings = try TinyJob.settings(epochs: 6, checkpointEvery: 2, bucketBytes: 16)
        let reference = try Reference(settings, job: TinyJob.job())
        for seed in 0..<60 as Range<UInt64> {
            var simulation = try Simulation(settings: settings, workers: 3, seed: seed)
            #expect(simulation.run { !$0.record.isEmpty })
            for _ in 0..<simulation.random.next() % 300 { simulation.step() }
            if simulation.isOver { continue }
            simulation.kill(.coordinator)
            for number in 0..<3 { simulation.kill(.worker(number)) }
            try simulation.restartCoordinator()
            for _ in 0..<3 { simulation.addWorker() }
            #expect(simulation.run { $0.isOver }, "seed \(seed): somebody waits for ever")
            expectSameBits(simulation, reference, "seed \(seed)")
        }
    }

    @Test("A link between two workers that breaks is made anew, and the step in flight is done again")
    func brokenLink() throws {
        let settings = try TinyJob.settings(epochs: 4)
        let reference = try Reference(settings, job: TinyJob.job())
        for seed in 0..<60 as Range<UInt64> {
            var simulation = try Simulation(settings: settings, workers: 3, seed: seed)
            #expect(simulation.run { !$0.record.isEmpty })
            for _ in 0..<simulation.random.next() % 200 { simulation.step() }
            if simulation.isOver { continue }
            simulation.breakLink(from: Int(seed % 3), to: Int((seed / 3 + 1 + seed % 3) % 3))
            #expect(simulation.run { $0.isOver }, "seed \(seed): somebody waits for ever")
            expectSameBits(simulation, reference, "seed \(seed)")
        }
    }

    @Test("A link that breaks again and again is gone around: gradients are summed at the coordinator from then on")
    func linkThatKeepsBreaking() throws {
        let settings = try TinyJob.settings(epochs: 100)
        let reference = try Reference(settings, job: TinyJob.job())
        for choice in [AllReduceChoice.auto, .direct] {
            for seed in 0..<4 as Range<UInt64> {
                var simulation = try Simulation(settings: settings, workers: 3, seed: seed) {
                    $0.membership.allReduce = choice
                }
                for _ in 0..<3 {
                    #expect(simulation.run { $0.coordinator.status.phase == "training" })
                    let generation = simulation.coordinator.status.generation
                    simulation.breakLink(from: 0, to: 2)
                    #expect(simulation.run { $0.coordinator.status.generation > generation || $0.isOver })
                }
                #expect(simulation.run { $0.isOver }, "seed \(seed): somebody waits for ever")
                expectSameBits(simulation, reference, "seed \(seed)")
                #expect(simulation.coordinator.status.allReduce == (choice == .auto ? "star" : "direct"))
                let isTold = simulation.warnings.contains { $0.contains(" broke 3 times within 300.0 s. From now on") }
                #expect(isTold == (choice == .auto), "\(simulation.warnings)")
            }
        }
    }

    @Test("A worker one of whose bits flips is named and put out, and comes back with the state of the others")
    func flippedBit() throws {
        let settings = try TinyJob.settings(epochs: 8)
        for seed in 0..<20 as Range<UInt64> {
            let models = Models()
            var simulation = try Simulation(
                settings: settings, workers: 3, seed: seed, change: { $0.membership.comparesEvery = 4 },
                job: { TinyJob.job(keeping: models, as: $0) })
            #expect(simulation.run { !$0.record.isEmpty })
            for _ in 0..<simulation.random.next() % 100 { simulation.step() }
            if simulation.isOver { continue }
            let victim = Int(seed % 3)
            models.flipBit(of: victim)
            #expect(simulation.run { $0.isOver }, "seed \(seed): somebody waits for ever")
            #expect(simulation.endings[.coordinator] == .some(nil), "seed \(seed)")
            let warning = simulation.warnings.first ?? ""
            #expect(
                warning.contains(
                    "(host host-\(victim), process \(100 + victim)) has other numbers than the others after"),
                "seed \(seed): \(simulation.warnings)")
            #expect(warning.contains("Most likely its memory or processor is at fault. 2 workers go on"))
            #expect(simulation.warnings.count == 1, "seed \(seed): \(simulation.warnings)")
            // It came back, unless the run ended first.
            let isBack = simulation.notes.contains {
                $0.hasSuffix("3 workers go on from step \(24)") || $0.contains("3 workers go on")
            }
            #expect(isBack || simulation.record.count > 20, "seed \(seed)")
        }
    }

    @Test(
        "Where the user wants it so, all go back to the last checkpoint when a bit has flipped: the bits are an undisturbed run's"
    )
    func flippedBitUndone() throws {
        let settings = try TinyJob.settings(epochs: 8, checkpointEvery: 5)
        let reference = try Reference(settings, job: TinyJob.job())
        var redone = 0
        for seed in 0..<40 as Range<UInt64> {
            let models = Models()
            var simulation = try Simulation(
                settings: settings, workers: 3 + Int(seed % 2), seed: seed,
                change: {
                    $0.membership.comparesEvery = 4
                    $0.membership.onDivergence = .checkpoint
                    $0.pieceBytes = 100
                }, job: { TinyJob.job(keeping: models, as: $0) })
            #expect(simulation.run { !$0.record.isEmpty })
            for _ in 0..<simulation.random.next() % 400 { simulation.step() }
            if simulation.isOver { continue }
            let victim = Int(seed % 3)
            models.flipBit(of: victim, bit: 12)
            #expect(simulation.run { $0.isOver }, "seed \(seed): somebody waits for ever")
            expectSameBits(simulation, reference, "seed \(seed)")
            // A bit that flips when all is done is nobody's concern.
            if simulation.warnings.isEmpty, simulation.beginnings == 1 { continue }
            #expect(simulation.warnings.count == 1, "seed \(seed): \(simulation.warnings)")
            #expect(
                simulation.warnings.first?.contains(
                    "(host host-\(victim), process \(100 + victim)) has other numbers than the others after") == true,
                "seed \(seed): \(simulation.warnings)")
            #expect(simulation.notes.contains { $0.hasPrefix("all workers go back to the state after ") })
            redone += 1
        }
        #expect(redone > 30, "only \(redone)")
    }

    @Test(
        "Two workers that differ both go back to the last checkpoint; a second time before the next one, the run ends")
    func noMajority() throws {
        let settings = try TinyJob.settings(epochs: 8, checkpointEvery: 6)
        let reference = try Reference(settings, job: TinyJob.job())
        var ended = 0
        var redone = 0
        for seed in 0..<40 as Range<UInt64> {
            let models = Models()
            var simulation = try Simulation(
                settings: settings, workers: 2, seed: seed, change: { $0.membership.comparesEvery = 2 },
                job: { TinyJob.job(keeping: models, as: $0) })
            #expect(simulation.run { !$0.record.isEmpty })
            for _ in 0..<simulation.random.next() % 300 { simulation.step() }
            if simulation.isOver { continue }
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
            let names = (0..<2).map { "(host host-\($0), process \(100 + $0))" }
            #expect(names.allSatisfy { warning.contains($0) }, "\(warning)")
            #expect(warning.contains(". All go back to the state after "), "\(warning)")
            if seed % 2 == 0 {
                // Once they train again.
                #expect(simulation.run { $0.beginnings == 2 }, "seed \(seed)")
                models.flipBit(of: 0, bit: 12)
            }
            #expect(simulation.run { $0.isOver }, "seed \(seed): somebody waits for ever")
            if let error = simulation.endings[.coordinator] ?? nil {
                #expect(seed % 2 == 0 && error.code == .diverged, "seed \(seed): \(error)")
                #expect(error.description.contains("It is the second time since the last checkpoint"))
                ended += 1
            } else {
                expectSameBits(simulation, reference, "seed \(seed)")
                redone += 1
            }
        }
        #expect(redone > 15, "only \(redone) were done again")
        #expect(ended > 3, "only \(ended) ended")
    }

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
                for _ in 0..<simulation.random.next() % 120 { simulation.step() }
                if simulation.endings[.coordinator] != nil { break }
                faults += 1
                try simulation.fault()
            }
            for number in simulation.workers.indices { simulation.thaw(number) }
            if simulation.dead.contains(.coordinator) { try simulation.restartCoordinator() }
            let isOver = simulation.run { $0.endings[.coordinator] != nil && $0.unwritten.isEmpty }
            if !isOver { Issue.record("seed \(seed): somebody waits for ever\n\(simulation.summary)") }
            if simulation.endings[.coordinator] == .some(nil) {
                expectSameBits(simulation, reference, "seed \(seed)")
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
    /// Expects of the ledger that each sample of each epoch was used exactly once.
    fileprivate func expectEachSampleOnce(_ comment: Comment, _ location: SourceLocation) {
        do {
            let text = try Ledger.text(of: ledger, settings: setup.settings, samples: 23)
            let epochs = setup.settings.epochs
            let steps = try Schedule(samples: 23, settings: setup.settings).steps
            let audit = Ledger(
                Array(text.utf8), path: "the ledger", settings: setup.settings, recordedSteps: steps
            ).audit()
            #expect(audit.problems == [], comment, sourceLocation: location)
            #expect(
                audit.epochs.map(\.usedOnce) == Array(repeating: 23, count: epochs), comment, sourceLocation: location)
        } catch {
            Issue.record("\(error)", sourceLocation: location)
        }
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

    /// What everybody is doing, for the report of a run that does not end.
    fileprivate var summary: String {
        let doing = workers.indices.map { number in
            let state = dead.contains(.worker(number)) ? "dead" : frozen.contains(.worker(number)) ? "frozen" : ""
            let links = links.filter { $0.key.to == .worker(number) }.map { "\($0.key): \($0.value)" }
            return "worker \(number): \(state) \(workers[number].description) \(computations[number]) \(links)"
        }
        return (notes.suffix(12) + warnings.suffix(12) + doing + record.suffix(3)).joined(separator: "\n")
    }

    /// Whether at some time no worker was in the run that could go on.
    fileprivate var lostAll: Bool {
        (endings[.coordinator] ?? nil)?.code == .workerEnded || (endings[.coordinator] ?? nil)?.code == .timeout
    }
}
