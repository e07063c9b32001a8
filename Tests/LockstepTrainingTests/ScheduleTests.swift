import LockstepTraining
import Testing

struct ScheduleTests {
    @Test("Each sample is in exactly one microbatch of an epoch, whatever the sizes")
    func eachSampleOnce() throws {
        for samples in 1...25 {
            for batch in 1...9 {
                for microbatches in 1...batch {
                    let settings = try TinyJob.settings(batch: batch, microbatches: microbatches, epochs: 2)
                    let schedule = try Schedule(samples: samples, settings: settings)
                    for epoch in 0..<2 {
                        let steps = (0..<schedule.steps).filter { schedule.epoch(of: $0) == epoch }
                        #expect(steps.count == schedule.stepsPerEpoch)
                        let places = steps.flatMap { step in
                            (0..<microbatches).flatMap { schedule.places(ofMicrobatch: $0, step: step) }
                        }
                        #expect(places == Array(0..<samples))
                    }
                }
            }
        }
    }

    @Test("The last batch of an epoch holds what is left, and its mean is over that")
    func lastBatch() throws {
        let schedule = try Schedule(samples: 23, settings: TinyJob.settings(batch: 8, epochs: 2))
        #expect(schedule.stepsPerEpoch == 3)
        #expect(schedule.steps == 6)
        #expect((0..<6).map { schedule.samples(ofStep: $0) } == [8, 8, 7, 8, 8, 7])
        #expect((0..<6).map { schedule.scale(ofStep: $0) } == [8, 8, 7, 8, 8, 7].map { 1 / Float($0) })
        #expect((0..<6).map { schedule.batch(of: $0) } == [0, 1, 2, 0, 1, 2])
        #expect((0...6).map { schedule.endsEpoch(after: $0) } == [false, false, false, true, false, false, true])
    }

    @Test("Checkpoints are due at each epoch's end, or every so many steps and at the end of the run")
    func checkpoints() throws {
        func due(every: Int?) throws -> [Int] {
            let settings = try TinyJob.settings(batch: 8, epochs: 2, checkpointEvery: every)
            let schedule = try Schedule(samples: 23, settings: settings)
            return (1...schedule.steps).filter { schedule.checkpointIsDue(after: $0) }
        }
        #expect(try due(every: nil) == [3, 6])
        #expect(try due(every: 1) == [1, 2, 3, 4, 5, 6])
        #expect(try due(every: 4) == [4, 6])
        #expect(try due(every: 100) == [6])
    }

    @Test("No samples, and more steps than can be counted, are errors")
    func impossible() throws {
        let settings = try TinyJob.settings(batch: 1, microbatches: 1, epochs: .max)
        #expect(throws: TrainingError.self) { try Schedule(samples: 0, settings: settings) }
        let error = #expect(throws: TrainingError.self) { try Schedule(samples: 2, settings: settings) }
        #expect(error?.description.contains("--epochs") == true)
        #expect(try Schedule(samples: 1, settings: settings).steps == .max)
    }

    @Test("A range is cut into contiguous parts whose sizes differ by one at most")
    func parts() {
        for start in [0, 3] {
            for length in 0...20 {
                for count in 1...9 {
                    let range = start..<start + length
                    let parts = (0..<count).map { range.part($0, of: count) }
                    #expect(parts.flatMap { Array($0) } == Array(range))
                    let sizes = parts.map(\.count)
                    #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
                }
            }
        }
    }
}
