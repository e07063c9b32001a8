import BenchmarkRunner
import Testing

/// The model that the benchmarks explain measured steps with.
@Suite struct CostModelTests {
    /// Steps of single processes and of workers, from small to large.
    private static let works = [(10_000, 16), (100_000, 64), (700_000, 1024), (10_000_000, 256)].flatMap {
        (size: Int, batch: Int) in
        [(1, 0), (8, 0), (4, 1), (4, 2), (4, 4)].map { (microbatches: Int, workers: Int) in
            Scaling.Work(parameters: size, batch: batch, microbatches: microbatches, workers: workers)
        }
    }

    /// What was measured where a step takes `seconds`.
    private static func measured(_ seconds: (Scaling.Work) -> Double) -> [Scaling.Measured] {
        works.map { Scaling.Measured(sweep: .batch, work: $0, values: [seconds($0)]) }
    }

    @Test func theTimesOfAModelAreFoundAgain() {
        var truth = CostModel(fitting: [], cores: 2)
        (truth.compute, truth.gradient, truth.update) = (70e-12, 0.2e-9, 1.5e-9)
        (truth.exchange, truth.message, truth.cluster, truth.step) = (1.4e-9, 15e-6, 0.6e-3, 0.1e-3)
        let found = CostModel(fitting: CostModelTests.measured { truth.time(of: $0, cores: 2) }, cores: 2)
        #expect(found.typicalError < 1e-3)
        for (name, found, true_) in [
            ("compute", found.compute, truth.compute), ("gradient", found.gradient, truth.gradient),
            ("update", found.update, truth.update), ("exchange", found.exchange, truth.exchange),
            ("step", found.step, truth.step),
        ] { #expect(abs(found / true_ - 1) < 0.02, "\(name): \(found), expected \(true_)") }
    }

    @Test func aTimeIsNeverNegative() {
        // Workers for nothing: what they cost comes out as nothing, and not as less.
        let found = CostModel(
            fitting: CostModelTests.measured { 1e-3 / Double(1 + 10 * max($0.workers, 1)) }, cores: 2)
        for time in [
            found.compute, found.gradient, found.update, found.exchange, found.message, found.cluster, found.step,
        ] { #expect(time >= 0) }
        #expect(found.typicalError > 0.1, "steps that do not follow the model are told so")
    }

    @Test func whatAWorkerComputesAloneIsItsShare() {
        var model = CostModel(fitting: [], cores: 2)
        (model.compute, model.gradient, model.update, model.step) = (2, 3, 5, 7)
        let work = Scaling.Work(parameters: 10, batch: 8, microbatches: 4, workers: 4)
        // Two samples and one microbatch of ten parameters, and the update of them all.
        #expect(model.computing(work) == 40 + 30 + 50 + 7)
    }
}
