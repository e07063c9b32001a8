import LockstepCluster
import LockstepTraining
import Testing

/// Whole runs in which a bit flips in the image of a state, while all workers hold the right one: nothing damaged is ever written,
/// nobody goes on from it, and no run is lost for it.
@Suite(.replaying)
struct SimulatedDamageTests {
    private static func settings(epochs: Int = 4, checkpointEvery: Int = 2) throws -> RunSettings {
        try TinyJob.settings(batch: 12, epochs: epochs, checkpointEvery: checkpointEvery)
    }

    /// A run in which images are damaged once there is damage left to do.
    private func simulation(
        _ kind: ImageDamage.Kind, _ settings: RunSettings, workers: Int, seed: UInt64,
        change: (inout CoordinatorMachine.Setup) -> Void = { _ in }
    ) throws -> Simulation {
        let job = TinyJob.normalized()
        var simulation = try Simulation(
            settings: settings, workers: workers, seed: seed,
            change: {
                $0.pieceBytes = 300
                $0.membership.allReduce = seed % 3 == 0 ? .star : .direct
                change(&$0)
            }, job: { _ in job })
        simulation.damage.kind = kind
        return simulation
    }

    /// Expects that whoever's image was damaged was named, in order.
    private func expectNamed(_ simulation: Simulation, _ comment: Comment) {
        let damage = simulation.warnings.filter { $0.contains(" is damaged") }
        #expect(damage.count == simulation.damage.victims.count, comment)
        for (warning, victim) in zip(damage, simulation.damage.victims) {
            #expect(warning.contains("\(Simulation.who(victim)) sent is damaged"), comment)
            #expect(warning.contains("Most likely the memory of "), comment)
        }
    }

    @Test(
        "A state that is damaged on its way into a checkpoint is not written, its sender is named, and the next one is",
        arguments: ImageDamage.Kind.allCases, [1, 2, 3])
    func checkpoint(kind: ImageDamage.Kind, workers: Int) throws {
        let settings = try SimulatedDamageTests.settings()
        let reference = try Reference(settings, job: TinyJob.normalized())
        var asked = 0
        for seed in Seeds(0..<60) {
            var simulation = try simulation(kind, settings, workers: workers, seed: seed)
            #expect(simulation.run { !$0.record.isEmpty })
            simulation.wander(150)
            simulation.damage.left = 1 + Int(seed % 2)
            simulation.expectOver(as: reference, "seed \(seed)")
            expectNamed(simulation, "seed \(seed): \(simulation.warnings)")
            asked += simulation.damage.victims.count
        }
        #expect(Seeds.isOne || asked > 40, "only \(asked) images were damaged")
    }

    @Test(
        "A damaged state at a run's end is asked for again before anybody leaves, and the weights are right",
        arguments: ImageDamage.Kind.allCases, [1, 2])
    func end(kind: ImageDamage.Kind, workers: Int) throws {
        let settings = try SimulatedDamageTests.settings()
        let reference = try Reference(settings, job: TinyJob.normalized())
        var asked = 0
        for seed in Seeds(0..<60) {
            var simulation = try simulation(kind, settings, workers: workers, seed: seed)
            // The last checkpoint but one is on disk, and only the last is to come.
            #expect(simulation.run { $0.record.contains { $0.hasPrefix("checkpoint 6 ") } })
            simulation.damage.left = 1 + Int(seed % 2)
            simulation.expectOver(as: reference, "seed \(seed)")
            expectNamed(simulation, "seed \(seed): \(simulation.warnings)")
            asked += simulation.damage.victims.count
            // Another is asked, where there is one.
            if workers == 2, simulation.damage.victims.count == 2 {
                #expect(simulation.damage.victims[0] != simulation.damage.victims[1], "seed \(seed)")
            }
        }
        #expect(Seeds.isOne || asked > 60, "only \(asked) images were damaged")
    }

    @Test("A run that is stopped leaves the right checkpoint, too", arguments: ImageDamage.Kind.allCases, [1, 2])
    func stopped(kind: ImageDamage.Kind, workers: Int) throws {
        let settings = try SimulatedDamageTests.settings(epochs: 12)
        let reference = try Reference(settings, job: TinyJob.normalized())
        var stops = 0
        for seed in Seeds(0..<60) {
            var simulation = try simulation(kind, settings, workers: workers, seed: seed)
            #expect(simulation.run { !$0.record.isEmpty })
            simulation.wander(150)
            simulation.damage.left = 1
            simulation.feed(.interrupted)
            simulation.expectOver("seed \(seed)")
            #expect(simulation.endings[.coordinator] == .some(nil), "seed \(seed)")
            expectNamed(simulation, "seed \(seed): \(simulation.warnings)")
            let last = try #require(simulation.record.last)
            guard last.hasSuffix("stopped") else { continue }
            let step = Reference.step(of: last)
            #expect(last == Reference.line(state: reference.states[step], after: step, then: "stopped"), "seed \(seed)")
            stops += simulation.damage.victims.count
        }
        #expect(Seeds.isOne || stops > 30, "only \(stops) images were damaged")
    }

    @Test(
        "Three damaged images in a row end the run, which has named each", arguments: ImageDamage.Kind.allCases, [1, 2])
    func tooMany(kind: ImageDamage.Kind, workers: Int) throws {
        let settings = try SimulatedDamageTests.settings()
        let reference = try Reference(settings, job: TinyJob.normalized())
        for seed in Seeds(0..<20) {
            var simulation = try simulation(kind, settings, workers: workers, seed: seed)
            #expect(simulation.run { $0.record.contains { $0.hasPrefix("checkpoint 2 ") } })
            simulation.damage.left = .max
            simulation.expectOver("seed \(seed)")
            let error = try #require(simulation.endings[.coordinator] ?? nil)
            #expect(error.code == .diverged)
            #expect(error.description.hasSuffix("It was so 3 times in a row"), "\(error)")
            // One more may have been on its way when the first was found to be damaged.
            #expect(simulation.warnings.count >= 2, "\(simulation.warnings)")
            // What is on disk is whole.
            for line in simulation.record where line.hasPrefix("checkpoint") {
                let step = Reference.step(of: line)
                #expect(line == Reference.line(state: reference.states[step], after: step, then: "goOn"))
            }
        }
    }

    @Test("A damaged state is never gone back to: without a majority all go back to the checkpoint before it")
    func goneBackTo() throws {
        let settings = try TinyJob.settings(epochs: 8, checkpointEvery: 3)
        let reference = try Reference(settings, job: TinyJob.job())
        var redone = 0
        for seed in Seeds(0..<60) {
            var (simulation, models) = try Simulation.spoilable(settings, workers: 2, seed: seed) {
                $0.membership.comparesEvery = 1
            }
            simulation.damage.kind = seed % 2 == 0 ? .inImage : .inCopy
            #expect(simulation.run { $0.record.contains { $0.hasPrefix("checkpoint 3 ") } })
            simulation.damage.left = 1
            // A state has come in and waits for being recorded, or has been found to be damaged just now.
            simulation.run { !$0.damage.victims.isEmpty }
            simulation.wander(30)
            if simulation.isOver { continue }
            models.flipBit(of: Int(seed / 2 % 2), bit: 12)
            simulation.expectOver(as: reference, "seed \(seed)")
            if simulation.beginnings > 1 { redone += 1 }
        }
        #expect(Seeds.isOne || redone > 20, "only \(redone)")
    }

    @Test(
        "A state that is damaged on its way to a worker that joins is sent again, and nobody trains on it",
        arguments: ImageDamage.Kind.allCases, [1, 2])
    func joining(kind: ImageDamage.Kind, workers: Int) throws {
        let settings = try SimulatedDamageTests.settings(epochs: 9)
        let reference = try Reference(settings, job: TinyJob.normalized())
        var damaged = 0
        for seed in Seeds(0..<60) {
            var simulation = try simulation(kind, settings, workers: workers, seed: seed) {
                $0.membership.maximumWorkers = workers + 1
            }
            guard simulation.begin(wandering: 100), simulation.joinUntilSent() else { continue }
            simulation.damage.left = 1 + Int(seed % 2)
            simulation.run { $0.isRecorded }
            simulation.expectSameBits(as: reference, "seed \(seed)")
            // One for a checkpoint that was under way when the members changed is of no use to anybody, and not looked at.
            #expect(
                simulation.warnings.count <= simulation.damage.victims.count, "seed \(seed): \(simulation.warnings)")
            damaged += simulation.warnings.count { $0.contains(" took it up. Most likely ") }
        }
        #expect(Seeds.isOne || damaged > 20, "only \(damaged)")
    }

    @Test(
        "Whoever takes up every state damaged is put out in the end, and the others go on",
        arguments: ImageDamage.Kind.allCases)
    func joiningInVain(kind: ImageDamage.Kind) throws {
        let settings = try SimulatedDamageTests.settings(epochs: 40)
        let reference = try Reference(settings, job: TinyJob.normalized())
        for seed in Seeds(0..<20) {
            var simulation = try simulation(kind, settings, workers: 2, seed: seed) {
                $0.membership.maximumWorkers = 3
            }
            #expect(simulation.run { !$0.record.isEmpty })
            guard simulation.joinUntilSent() else { continue }
            simulation.damage.left = .max
            simulation.damage.isOfTransfers = true
            simulation.run { $0.isRecorded }
            simulation.expectSameBits(as: reference, "seed \(seed)")
            let names = "worker 2 \(Simulation.who(2)) has other numbers than the others after "
            let told = simulation.warnings.filter { $0.hasPrefix(names) }
            #expect(told.count == 2, "seed \(seed): \(simulation.warnings)")
            #expect(told.last?.contains("for the second time") == true, "seed \(seed)")
            for text in told {
                #expect(
                    text.contains("(none that can be read, expected ") == (kind == .inImage), "seed \(seed): \(text)")
            }
            #expect(simulation.endings[.worker(2)]??.code == .refused, "seed \(seed)")
        }
    }

    @Test(
        "A state that arrived damaged is not trained on where the members change before it was compared",
        arguments: ImageDamage.Kind.allCases, [1, 2])
    func changeWhileJoining(kind: ImageDamage.Kind, workers: Int) throws {
        let settings = try SimulatedDamageTests.settings(epochs: 9)
        let reference = try Reference(settings, job: TinyJob.normalized())
        var changes = 0
        for seed in Seeds(0..<90) {
            var simulation = try simulation(kind, settings, workers: workers, seed: seed) {
                $0.membership.maximumWorkers = workers + 1
            }
            guard simulation.begin(wandering: 100), simulation.joinUntilSent() else { continue }
            simulation.damage.left = 1
            simulation.damage.isOfTransfers = true
            simulation.run { !$0.damage.victims.isEmpty || $0.isOver }
            simulation.wander(60)
            guard let source = simulation.damage.victims.first, !simulation.isOver else { continue }
            if seed % 2 == 0 {
                simulation.kill(.worker(source), isChild: true)
            } else {
                simulation.breakLink(from: source, to: workers)
            }
            simulation.expectOver(as: reference, "seed \(seed)")
            changes += 1
        }
        #expect(Seeds.isOne || changes > 40, "only \(changes)")
    }

    @Test(
        "Where the images of one worker alone are damaged another is asked, however many of them are on their way",
        arguments: ImageDamage.Kind.allCases)
    func oneSender(kind: ImageDamage.Kind) throws {
        let settings = try SimulatedDamageTests.settings(checkpointEvery: 1)
        let reference = try Reference(settings, job: TinyJob.normalized())
        var most = 0
        for seed in Seeds(0..<60) {
            var simulation = try simulation(kind, settings, workers: 2, seed: seed)
            simulation.damage.left = .max
            simulation.damage.sender = Int(seed % 2)
            simulation.expectOver(as: reference, "seed \(seed)")
            expectNamed(simulation, "seed \(seed): \(simulation.warnings)")
            most = max(most, simulation.damage.victims.count)
        }
        #expect(Seeds.isOne || most >= 3, "only \(most) images were damaged in a run")
    }
}
