import LockstepCluster
import LockstepTraining
import LockstepTransport
import LockstepWire
import Testing

/// Whole runs in which everything that may come in another order does.
@Suite(.replaying)
struct SimulatedRunTests {
    /// Expects that all have ended well, and that the record is this one.
    private func expectEnd(
        _ simulation: Simulation, _ record: [String], _ comment: Comment, location: SourceLocation = #_sourceLocation
    ) {
        #expect(simulation.endings[.coordinator] == .some(nil), comment, sourceLocation: location)
        for number in simulation.workers.indices {
            #expect(simulation.endings[.worker(number)] == .some(nil), comment, sourceLocation: location)
            #expect(simulation.workers[number].strayMessages == 0, comment, sourceLocation: location)
        }
        #expect(simulation.record == record, comment, sourceLocation: location)
        #expect(simulation.coordinator.droppedMessages == 0, comment, sourceLocation: location)
    }

    @Test("Any number of workers records what a single process does, bit for bit and in its order", arguments: 1...8)
    func anyOrder(workers: Int) throws {
        let settings = try TinyJob.settings()
        let reference = try Reference(settings, job: TinyJob.job())
        for seed in Seeds(0..<60) {
            var simulation = try Simulation(settings: settings, workers: workers, seed: seed)
            simulation.run { $0.isOver }
            expectEnd(simulation, reference.record(), "seed \(seed)")
        }
    }

    @Test("So does it where gradients are summed at the coordinator", arguments: 1...8)
    func star(workers: Int) throws {
        for bucketBytes in [16, 1 << 20] {
            let settings = try TinyJob.settings(bucketBytes: bucketBytes)
            let reference = try Reference(settings, job: TinyJob.job())
            for seed in Seeds(0..<20) {
                var simulation = try Simulation(settings: settings, workers: workers, seed: seed) {
                    $0.membership.allReduce = .star
                }
                simulation.run { $0.isOver }
                expectEnd(simulation, reference.record(), "seed \(seed), \(bucketBytes) bytes a bucket")
                #expect(simulation.peers.allSatisfy { $0.isEmpty }, "a worker has connected to another")
            }
        }
    }

    @Test(
        "So does it where two workers cannot reach each other, which is said, and seen within seconds", arguments: 2...5
    )
    func unreachableWorkers(workers: Int) throws {
        let settings = try TinyJob.settings()
        let reference = try Reference(settings, job: TinyJob.job())
        for seed in Seeds(0..<20) {
            var simulation = try Simulation(settings: settings, workers: workers, seed: seed)
            simulation.unreachable = [[0, workers - 1]]
            simulation.run { $0.isOver }
            expectEnd(simulation, reference.record(), "seed \(seed)")
            let warning = simulation.warnings.first { $0.contains("cannot reach") } ?? ""
            let last = workers - 1
            for (from, to) in [(0, last), (last, 0)] {
                #expect(warning.contains("\(Simulation.who(from)) cannot reach worker "), "\(warning)")
                #expect(warning.contains("\(Simulation.who(to)) at worker \(to)"), "\(warning)")
            }
            #expect(warning.contains("From now on gradients are summed at the coordinator"))
            #expect(simulation.now < .seconds(25), "seed \(seed): \(simulation.now)")
        }
    }

    @Test("So does it where slow workers are dealt fewer microbatches, whoever becomes slow and when")
    func balanced() throws {
        let settings = try TinyJob.settings(batch: 12, microbatches: 12, epochs: 100)
        let reference = try Reference(settings, job: TinyJob.job())
        for workers in 2...4 {
            for seed in Seeds(0..<4) {
                var simulation = try Simulation(settings: settings, workers: workers, seed: seed) {
                    $0.membership.balances = true
                    $0.membership.allReduce = seed % 2 == 0 ? .direct : .star
                }
                let equal = MicrobatchTree(count: 12).deal(to: workers).map(\.count)
                let slow = Int(seed) % workers
                simulation.slowness = [slow: 3]
                #expect(simulation.run { $0.deals.contains { $0 != equal } }, "seed \(seed)")
                // Then another is, and the deal follows.
                let first = simulation.deals.last
                simulation.slowness = [(slow + 1) % workers: 3]
                #expect(simulation.run { $0.deals.last != first || $0.isOver }, "seed \(seed)")
                let uneven = Set(simulation.deals.filter { $0 != equal })
                #expect(uneven.count >= 2, "seed \(seed): \(simulation.deals)")
                simulation.expectOver(as: reference, "\(workers) workers, seed \(seed)")
            }
        }
    }

    @Test("So does it with sums of 16 bits, in either kind of all-reduce", arguments: [WireType.bf16, .fp16])
    func wires(wire: WireType) throws {
        let job = TinyJob.normalized()
        let settings = try TinyJob.settings(batch: 12, microbatches: 5, bucketBytes: 60, wire: wire)
        let reference = try Reference(settings, job: job)
        let whole = try Reference(TinyJob.settings(batch: 12, microbatches: 5), job: job)
        #expect(reference.digest != whole.digest)
        for workers in 1...6 {
            for choice in [AllReduceChoice.auto, .star] {
                for seed in Seeds(0..<6) {
                    var simulation = try Simulation(
                        settings: settings, workers: workers, seed: seed,
                        change: { $0.membership.allReduce = choice }, job: { _ in job })
                    simulation.run { $0.isOver }
                    expectEnd(simulation, reference.record(), "\(workers) workers, \(choice), seed \(seed)")
                }
            }
        }
    }

    @Test("So does it whatever the size of the buckets, which are sent while later ones are computed")
    func buckets() throws {
        let alone = try Reference(TinyJob.settings(), job: TinyJob.job())
        for bucketBytes in [4, 16, 50, 100] {
            let settings = try TinyJob.settings(bucketBytes: bucketBytes)
            // The checkpoints hold the settings, so that those alone differ from a run with other buckets.
            let reference = try Reference(settings, job: TinyJob.job())
            #expect(reference.digest == alone.digest)
            for workers in [1, 2, 3, 5] {
                for seed in Seeds(0..<8) {
                    var simulation = try Simulation(settings: settings, workers: workers, seed: seed)
                    simulation.run { $0.isOver }
                    expectEnd(
                        simulation, reference.record(),
                        "\(workers) workers, \(bucketBytes) bytes a bucket, seed \(seed)")
                }
            }
        }
    }

    @Test(
        "So does it for other sizes: odd microbatches, checkpoints at any step, several blocks of test samples or none")
    func otherSizes() throws {
        for (microbatches, every, test) in [(1, 1, 0), (3, 2, 7), (7, 1, 1500), (8, 4, 2001)] as [(Int, Int, Int)] {
            let settings = try TinyJob.settings(microbatches: microbatches, checkpointEvery: every)
            let job = TinyJob.job(test: test)
            let reference = try Reference(settings, job: job)
            for workers in [1, 2, 3, 5] {
                for seed in Seeds(0..<8) {
                    var simulation = try Simulation(settings: settings, workers: workers, seed: seed, job: { _ in job })
                    simulation.run { $0.isOver }
                    expectEnd(
                        simulation, reference.record(), "\(workers) workers, \(microbatches) microbatches, seed \(seed)"
                    )
                }
            }
        }
    }

    @Test("A run that is interrupted at any time stops after a step, with a single process's state after that step")
    func interrupted() throws {
        for every in [nil, 1, 4] as [Int?] {
            let settings = try TinyJob.settings(epochs: 3, checkpointEvery: every)
            let reference = try Reference(settings, job: TinyJob.job())
            var stops: Set<Int> = []
            for seed in Seeds(0..<100) {
                var simulation = try Simulation(settings: settings, workers: 1 + Int(seed % 4), seed: seed)
                #expect(simulation.run { !$0.record.isEmpty }, "seed \(seed)")
                simulation.wander(250)
                simulation.feed(.interrupted)
                // Impatience changes nothing: who wants it at once ends the process.
                simulation.feed(.interrupted)
                simulation.run { $0.isOver }
                let isComplete = simulation.record.last?.hasSuffix("complete") == true
                let stop = isComplete ? nil : simulation.record.last.flatMap { Int($0.split(separator: " ")[1]) }
                if let stop {
                    stops.insert(stop)
                    // Stopped where a checkpoint had just been written, it is written once more.
                    simulation.record.removeAll { $0.hasPrefix("checkpoint \(stop) ") && $0.hasSuffix("goOn") }
                }
                expectEnd(simulation, reference.record(stoppedAfter: stop), "seed \(seed), every \(every ?? 0)")
            }
            #expect(Seeds.isOne || stops.count >= 3, "the interrupts came at too few places")
        }
    }

    @Test("A run that is stopped as its members change before the first step ends with the state that all began with")
    func stoppedAtOnce() throws {
        let settings = try TinyJob.settings()
        let reference = try Reference(settings, job: TinyJob.job())
        var stops = 0
        for seed in Seeds(0..<60) {
            var simulation = try Simulation(settings: settings, workers: 2, seed: seed) { $0.pieceBytes = 300 }
            #expect(simulation.run { $0.coordinator.status.phase == "training" })
            simulation.wander(40)
            simulation.kill(.worker(1), isChild: true)
            simulation.feed(.interrupted)
            simulation.expectOver("seed \(seed)")
            #expect(simulation.endings[.coordinator] == .some(nil), "seed \(seed)")
            if simulation.record == [Reference.line(state: reference.states[0], after: 0, then: "stopped")] {
                stops += 1
            }
        }
        #expect(Seeds.isOne || stops > 20, "only \(stops)")
    }

    @Test("A run that is resumed from any step, with any number of workers, goes on with the same bits")
    func resumed() throws {
        let settings = try TinyJob.settings(checkpointEvery: 1)
        let reference = try Reference(settings, job: TinyJob.job())
        for start in 0...6 {
            for workers in 1...4 {
                var simulation = try Simulation(
                    settings: settings, workers: workers, seed: UInt64(start), resumingFrom: reference.states[start])
                simulation.run { $0.isOver }
                // Resumed from its last step, it has only the end to record.
                let end = Reference.line(state: reference.states[6], after: 6, then: "complete")
                expectEnd(
                    simulation, start == 6 ? [end] : reference.record(from: start),
                    "\(workers) workers from step \(start)")
            }
        }
    }

    @Test("A model with dropout and batch normalisation keeps its bits on any number of workers, and resumed")
    func runningStatistics() throws {
        for microbatches in [1, 3, 5] {
            let settings = try TinyJob.settings(batch: 12, microbatches: microbatches, epochs: 3, checkpointEvery: 1)
            let job = TinyJob.normalized()
            let reference = try Reference(settings, job: job)
            for workers in [1, 2, 3, 5] {
                for start in [0, 1, 4] {
                    var simulation = try Simulation(
                        settings: settings, workers: workers, seed: UInt64(start),
                        resumingFrom: start == 0 ? nil : reference.states[start], job: { _ in job })
                    simulation.run { $0.isOver }
                    expectEnd(
                        simulation, reference.record(from: start),
                        "\(workers) workers, \(microbatches) microbatches, from step \(start)")
                }
            }
        }
    }

    @Test("Messages of strangers and nonsense of members change nothing in a run")
    func nonsense() throws {
        let settings = try TinyJob.settings()
        let reference = try Reference(settings, job: TinyJob.job())
        for seed in Seeds(0..<40) {
            var simulation = try Simulation(settings: settings, workers: 3, seed: seed)
            while !simulation.isOver {
                simulation.step()
                guard simulation.random.next() % 4 == 0,
                    let envelope = Foreign.harmless.randomElement(using: &simulation.random)
                else { continue }
                let number = Int.random(in: 0..<3, using: &simulation.random)
                if case .hello = envelope.body {
                    // A newcomer would be let in while there is room: here all places are spoken for.
                    if simulation.record.isEmpty { continue }
                }
                simulation.feed(
                    .message(envelope, from: Simulation.peer(Bool.random(using: &simulation.random) ? 9 : number)))
                simulation.feed(.message(envelope, from: .peer(Simulation.peer((number + 1) % 3))), to: number)
            }
            #expect(simulation.endings[.coordinator] == .some(nil), "seed \(seed)")
            #expect(simulation.record == reference.record(), "seed \(seed)")
            #expect(simulation.coordinator.droppedMessages > 0)
        }
    }

    @Test("Workers whose coordinator freezes keep their state, say so, and join again once it goes on")
    func frozenCoordinator() throws {
        let settings = try TinyJob.settings(epochs: 9)
        let reference = try Reference(settings, job: TinyJob.job())
        for seed in Seeds(0..<20) {
            var simulation = try Simulation(settings: settings, workers: 2, seed: seed)
            #expect(simulation.run { !$0.record.isEmpty })
            simulation.frozen = [.coordinator]
            let start = simulation.now
            simulation.run { simulation in simulation.workers.allSatisfy { $0.description == "joining again" } }
            #expect(simulation.now - start < .seconds(6))
            simulation.frozen = []
            #expect(simulation.run { $0.isOver }, "seed \(seed)")
            #expect(simulation.endings[.coordinator] == .some(nil), "seed \(seed)")
            #expect(simulation.record.last == reference.record.last, "seed \(seed)")
        }
    }

    @Test("A worker with other data is refused and named, whoever was ready first")
    func otherData() throws {
        for seed in Seeds(0..<20) {
            var simulation = try Simulation(
                settings: TinyJob.settings(), workers: 3, seed: seed, job: { TinyJob.job(shift: $0 == 2 ? 1 : 0) })
            #expect(simulation.run { !$0.warnings.isEmpty })
            #expect(simulation.warnings[0].contains("the data differs: this worker has "), "\(simulation.warnings)")
            #expect(simulation.record.isEmpty)
            let refused = (0..<3).filter { (simulation.endings[.worker($0)] ?? nil)?.code == .refused }
            #expect(refused.isEmpty)
            simulation.run(steps: 2000) { !$0.endings.isEmpty }
            #expect(simulation.endings.count == 1)
            #expect(simulation.endings.values.allSatisfy { $0?.code == .refused })
        }
    }
}
