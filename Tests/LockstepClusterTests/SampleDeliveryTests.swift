import LockstepCluster
import LockstepFormats
import LockstepTensor
import LockstepTraining
import LockstepTransport
import LockstepWire
import Testing

/// Workers that have no copy of the data are sent their samples.
struct SampleDeliveryTests {
    /// A run whose workers cannot open any data.
    private func simulation(
        _ settings: RunSettings, job: any TrainableJob, workers: Int, seed: UInt64
    ) throws -> Simulation {
        let source = try job.openSamples()
        var simulation = try Simulation(
            settings: settings, workers: workers, seed: seed, change: { $0.data = source.description },
            job: { _ in TinyJob.withoutData() })
        simulation.reader = try SampleReader(source, settings: settings)
        return simulation
    }

    @Test(
        "The bits are those of a single process that reads the data, tests of several blocks included", arguments: 1...5
    )
    func sameBits(workers: Int) throws {
        let settings = try TinyJob.settings(epochs: 2, bucketBytes: 40)
        let job = TinyJob.job(training: 23, test: 6500)
        let reference = try Reference(settings, job: job)
        for seed in 0..<3 as Range<UInt64> {
            var simulation = try simulation(settings, job: job, workers: workers, seed: seed)
            #expect(simulation.run { $0.isOver }, "seed \(seed)")
            #expect(simulation.endings[.coordinator] == .some(nil))
            #expect(simulation.record == reference.record, "seed \(seed)")
            if workers < 5 { #expect(simulation.warnings == []) }
        }
    }

    @Test("A worker that has trained takes up weights to begin with, and opens no data for that")
    func weights() throws {
        let settings = try TinyJob.settings()
        let states = try Reference(settings, job: TinyJob.job()).states
        let weights = try Checkpoint(.init(parsing: states[1].array()), from: "a state").weights().file
        let data = try TinyJob.job().openSamples().description.json
        var replica = ReplicaHolder(makeJob: { _ in TinyJob.withoutData() })
        guard case .prepared = replica.carryOut(.prepare(settings: settings, data: data)),
            case .restored(2, _) = replica.carryOut(.restore(states[2]))
        else {
            Issue.record("it was not made")
            return
        }
        let result = replica.carryOut(.restore(Payload(weights.encoded())))
        guard case .restored(0, _) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(replica.completedSteps == 0)
    }

    @Test("Samples come ahead of need, and no worker holds more than its share of two steps and two blocks of a test")
    func bounded() throws {
        let settings = try TinyJob.settings(epochs: 20)
        var ahead = 0
        for seed in 0..<10 as Range<UInt64> {
            let job = TinyJob.job(training: 23, test: 4500)
            var simulation = try simulation(settings, job: job, workers: 2, seed: seed)
            #expect(simulation.run { $0.isOver }, "seed \(seed)")
            #expect(simulation.endings[.coordinator] == .some(nil))
            // Each has two of four microbatches of two steps, and two blocks.
            #expect(simulation.mostDeliveries > 2 && simulation.mostDeliveries <= 6, "\(simulation.mostDeliveries)")
            ahead += simulation.samplesAhead
        }
        #expect(ahead > 100, "samples of a later step were there \(ahead) times")
    }

    @Test("A last batch of fewer samples than microbatches needs no more than it has")
    func fewSamples() throws {
        let settings = try TinyJob.settings(batch: 10, microbatches: 8, epochs: 3)
        let reference = try Reference(settings, job: TinyJob.job())
        for workers in 1...4 {
            var simulation = try simulation(settings, job: TinyJob.job(), workers: workers, seed: 3)
            #expect(simulation.run { $0.isOver })
            #expect(simulation.record == reference.record)
        }
    }

    @Test("What cannot be read ends the run, and says why")
    func unreadable() throws {
        var simulation = try simulation(TinyJob.settings(), job: TinyJob.job(), workers: 2, seed: 1)
        #expect(simulation.run { !$0.reads.isEmpty })
        simulation.feed(.samplesFailed("disk 3 is gone"))
        let error = simulation.endings[.coordinator] ?? nil
        #expect(error?.description == "the samples that workers need cannot be read: disk 3 is gone")
    }

    @Test("Samples that nobody asked for are dropped, and a worker asks for nothing twice")
    func foreign() throws {
        var simulation = try simulation(TinyJob.settings(), job: TinyJob.job(), workers: 2, seed: 1)
        #expect(simulation.run { !$0.reads.isEmpty })
        let drops = simulation.coordinator.droppedMessages
        // Again for what it has asked for, for what another computes, and for a test that is not.
        for (tests, parts) in [(false, 0..<2), (false, 0..<4), (true, 0..<1), (false, 3..<Int.max)] {
            let count = simulation.reads.count
            for rank in 0..<2 {
                simulation.feed(
                    .message(
                        Envelope(
                            run: Simulation.run, generation: 1, step: 0, sender: .rank(rank),
                            body: .samplesRequest(SamplesRequest(tests: tests, parts: parts))),
                        from: Simulation.peer(rank, connection: simulation.connections[rank])))
            }
            // The other may not have asked yet for what is its own.
            #expect(simulation.reads.count <= count + 2)
        }
        #expect(simulation.coordinator.droppedMessages > drops)
        let strays = simulation.workers[0].strayMessages
        for number in [0, 3, 77, Int.max] {
            simulation.feed(
                .message(
                    Envelope(
                        run: Simulation.run, generation: 1, step: 1000, sender: .coordinator,
                        body: .samples(Samples(tests: number == 3, number: number)), payload: Payload([1, 2, 3])),
                    from: .coordinator), to: 0)
        }
        #expect(simulation.workers[0].strayMessages == strays + 4)
    }
}
