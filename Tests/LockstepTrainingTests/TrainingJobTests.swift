import LockstepData
import LockstepNN
import LockstepOptim
import LockstepTensor
import LockstepTraining
import Testing

/// y = w x + b, with parameters of its own and no layer.
private final class Line: Module {
    let slope = Parameter(.zeros([1]))
    let offset = Parameter(.zeros([1]))
}

/// Points on y = 3 x − 1.
private struct LineData: Dataset {
    typealias Batch = (x: Tensor<Float>, y: Tensor<Float>)
    var count = 16
    var fingerprint: String { "line-\(count)" }

    func batch(at indices: some Collection<Int>) throws -> Batch {
        if let bad = indices.first(where: { !(0..<count).contains($0) }) { throw Missing(sample: bad) }
        let x = Tensor(indices.map { Float($0) / 8 - 1 })
        return (x, x * 3 - 1)
    }

    struct Missing: Error { let sample: Int }
}

struct TrainingJobTests {
    private typealias Batch = LineData.Batch

    private func job(
        loss: @escaping @Sendable (Tensor<Float>, Batch) -> Tensor<Float> = {
            mseLoss($0, $1.y, reduction: .none)
        }
    ) -> some TrainableJob {
        TrainingJob<Line, Tensor<Float>, Batch>(
            name: "line", model: { Line() }, data: { (LineData(), LineData(count: 4)) },
            forward: { $0.slope.value * $1.x + $0.offset.value }, loss: loss)
    }

    private func settings() throws -> RunSettings {
        try TinyJob.settings(
            batch: 8, microbatches: 4, epochs: 40, optimizer: OptimizerSettings(name: "sgd", learningRate: 0.3))
    }

    @Test("A module and a data set of one's own are trained")
    func custom() throws {
        let parent = TemporaryFolder()
        let (path, log) = try TinyRun.begin(in: parent.path, settings(), job: job())
        let summary = try #require(log.summary)
        #expect(try #require(summary.test).loss < 1e-6)
        #expect(summary.test?.accuracy == nil)
        let trainer = try Trainer(settings: settings(), job: job())
        #expect(trainer.signature == "slope [1] float32\noffset [1] float32")
        #expect(trainer.fingerprint == "line-16+line-4")
        #expect(!(try TinyRun.metrics(path)).contains { $0.contains("accuracy") })
    }

    @Test("A loss that is not one value a sample is an error that names job, both shapes and the remedy")
    func wrongShape() throws {
        func message(_ loss: @escaping @Sendable (Tensor<Float>, Batch) -> Tensor<Float>) throws -> String {
            let trainer = try Trainer(settings: settings(), job: job(loss: loss))
            let error = #expect(throws: TrainingError.self) { try trainer.sums(of: 0..<1, step: 0) }
            let tested = #expect(throws: TrainingError.self) { try trainer.evaluate() }
            #expect(tested?.code == .invalidLoss)
            return error?.description ?? ""
        }
        let mean = try message { mseLoss($0, $1.y) }
        #expect(
            mean == """
                the loss of job 'line' must be one value a sample, shape [2] for this batch, but has shape []; leave the mean to \
                the trainer (reduction: .none)
                """)
        let column = try message { mseLoss($0, $1.y, reduction: .none).reshaped(to: [-1, 1]) }
        #expect(column.contains("shape [2, 1]"))
    }

    @Test("An error of the data ends the step")
    func dataError() throws {
        struct Torn: Dataset {
            var count = 16
            var fingerprint = "torn"
            func batch(at indices: some Collection<Int>) throws -> LabeledBatch { throw LineData.Missing(sample: 3) }
        }
        let torn = TrainingJob.classification(
            name: "torn", model: { Sequential(Linear(2, 3)) }, data: { (Torn(), nil) })
        let trainer = try Trainer(settings: settings(), job: torn)
        #expect(throws: LineData.Missing.self) { try trainer.sums(of: 0..<4, step: 0) }
    }

    @Test("Data without samples are an error")
    func noSamples() throws {
        let error = #expect(throws: TrainingError.self) { try TinyJob.trainer(job: TinyJob.job(training: 0)) }
        #expect(error?.description.contains("no samples") == true)
    }

    @Test("A loss on a single sample, with test batches in evaluation mode only while testing")
    func evaluationMode() throws {
        final class Probe: Module, Layer {
            let linear = Linear(2, 3)
            func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { linear(input) * (isTraining ? 1 : 0) }
        }
        let probe = TrainingJob.classification(
            name: "probe", model: { Probe() },
            data: { (try TinyJob.points(9, seed: 1), try TinyJob.points(4, seed: 2)) })
        let trainer = try Trainer(settings: TinyJob.settings(batch: 1, microbatches: 1), job: probe)
        // In evaluation mode all scores are 0, so the loss is log 3 a sample.
        let tested = try trainer.evaluate()
        #expect(abs((tested?.loss ?? 0) - 4 * 1.0986122886681098) < 1e-5)
        let sums = try trainer.sums(of: 0..<1, step: 0)
        #expect(sums.subtrees[0].sum.scalars.contains { $0 != 0 })
    }
}
