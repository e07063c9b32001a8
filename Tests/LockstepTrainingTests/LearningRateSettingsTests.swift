import LockstepFormats
import LockstepOptim
import LockstepTensor
import LockstepTraining
import Testing

@Suite("Learning rates in the course of a run")
struct LearningRateSettingsTests {
    /// The rate of each step, as the weights of a model show it whose gradients are ones: SGD moves them by the rate.
    private func rates(_ settings: LearningRateSettings, batch: Int = 8, epochs: Int = 5) throws -> [Double] {
        var run = try TinyJob.settings()
        (run.batch, run.epochs, run.microbatches, run.schedule) = (batch, epochs, 1, settings)
        run.optimizer = try OptimizerSettings(name: "sgd", learningRate: 0.5)
        let trainer = try Trainer(settings: run, job: TinyJob.job())
        var last = try weight(of: trainer)
        return try (0..<trainer.schedule.steps).map { _ in
            trainer.apply(.ones([trainer.parameterCount]))
            let now = try weight(of: trainer)
            defer { last = now }
            return Double(last - now)
        }
    }

    private func weight(of trainer: Trainer) throws -> Float {
        guard case .float32(let tensor) = try trainer.checkpoint().file.tensors[0].tensor else { return .nan }
        return tensor.scalars[0]
    }

    private func expect(_ settings: LearningRateSettings, _ rate: (_ step: Int, _ epoch: Int, _ steps: Int) -> Double)
        throws
    {
        let rates = try rates(settings)
        let perEpoch = rates.count / 5
        #expect(perEpoch > 1)
        for (step, found) in rates.enumerated() {
            #expect(abs(found - rate(step, step / perEpoch, rates.count)) < 2e-6, "\(settings.name), step \(step)")
        }
    }

    @Test("step, multistep and exponential fall between epochs")
    func epochs() throws {
        try expect(LearningRateSettings(name: "step", stepSize: 2, gamma: 0.5)) { _, epoch, _ in
            0.5 * [1, 1, 0.5, 0.5, 0.25][epoch]
        }
        try expect(LearningRateSettings(name: "multistep", milestones: [1, 3])) { _, epoch, _ in
            0.5 * [1, 0.1, 0.1, 0.01, 0.01][epoch]
        }
        try expect(LearningRateSettings(name: "exponential", gamma: 0.5)) { _, epoch, _ in
            0.5 / Double(1 << epoch)
        }
    }

    @Test("linear, polynomial and cosine end at the minimum with the run")
    func steps() throws {
        try expect(LearningRateSettings(name: "linear", minimum: 0.1)) { step, _, steps in
            0.1 + 0.4 * (1 - Double(step) / Double(steps))
        }
        try expect(LearningRateSettings(name: "polynomial", power: 2)) { step, _, steps in
            let left = 1 - Double(step) / Double(steps)
            return 0.5 * left * left
        }
        try expect(LearningRateSettings(name: "cosine", minimum: 0.1)) { step, _, steps in
            LearningRateSchedule.cosineAnnealing(steps: steps, minimum: 0.1).learningRate(after: step, initial: 0.5)
        }
    }

    @Test("A warm-up rises in a straight line, and what goes to the run's end takes the steps that are left")
    func warmup() throws {
        try expect(LearningRateSettings(name: "constant", warmup: 4)) { step, _, _ in
            0.5 * min(1, Double(step + 1) / 5)
        }
        try expect(LearningRateSettings(name: "linear", warmup: 3)) { step, _, steps in
            step < 3 ? 0.5 * Double(step + 1) / 4 : 0.5 * (1 - Double(step - 3) / Double(steps - 3))
        }
        try expect(LearningRateSettings(name: "step", warmup: 3, stepSize: 1)) { step, epoch, _ in
            0.5 * [1, 0.1, 0.01, 0.001, 0.0001][epoch] * min(1, Double(step + 1) / 4)
        }
    }

    @Test("one-cycle is PyTorch's, and moves a momentum where there is one")
    func oneCycle() throws {
        try expect(LearningRateSettings(name: "one-cycle")) { step, _, steps in
            LearningRateSchedule.oneCycle(maximum: 0.5, steps: steps).learningRate(after: step, initial: 0.5)
        }
        var run = try TinyJob.settings()
        run.schedule = try LearningRateSettings(name: "one-cycle")
        run.optimizer = try OptimizerSettings(name: "sgd", learningRate: 0.5, momentum: 0.9)
        let trainer = try Trainer(settings: run, job: TinyJob.job())
        let start = try weight(of: trainer)
        trainer.apply(.ones([trainer.parameterCount]))
        trainer.apply(.ones([trainer.parameterCount]))
        let cycle = LearningRateSchedule.oneCycle(maximum: 0.5, steps: trainer.schedule.steps)
        let momentum = try #require(cycle.momentum(after: 1))
        let expected =
            cycle.learningRate(after: 0, initial: 0) + cycle.learningRate(after: 1, initial: 0) * (1 + momentum)
        #expect(abs(Double(start - (try weight(of: trainer))) - expected) < 1e-6)
    }

    @Test("A warm-up as long as the run is refused")
    func tooLong() throws {
        let error = #expect(throws: TrainingError.self) {
            try rates(LearningRateSettings(name: "constant", warmup: 100_000))
        }
        #expect(error?.description.contains("--warmup is 100000, but the run has only") == true)
    }

    @Test("Settings that a message brings are checked as those of the command line")
    func decoding() throws {
        var run = try TinyJob.settings()
        run.schedule = try LearningRateSettings(name: "step", stepSize: 2)
        let text = run.json()
        #expect(try RunSettings(json: text, from: "a test") == run)
        for (part, other) in [("\"step\"", "\"stair\""), ("\"step_size\" : 2", "\"step_size\" : 0")] {
            #expect(throws: TrainingError.self) {
                try RunSettings(json: text.replacing(part, with: other), from: "a test")
            }
        }
    }
}
