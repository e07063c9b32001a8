import LockstepCluster
import LockstepData
import LockstepNN
import LockstepTensor
import LockstepTraining
import Testing

/// Batches of a type of the user's own, sent to workers that have no copy of the data.
struct OwnBatchTests {
    /// Points with a place in a grid, and what each counts: a batch of tensors of four types.
    struct WeightedBatch: SampleBatch, Equatable {
        var points: Tensor<Float>
        var places: Tensor<Int32>
        var weights: Tensor<Double>
        var classes: Tensor<Int64>

        var tensors: [(name: String, tensor: AnyTensor)] {
            [
                ("points", .float32(points)), ("places", .int32(places)), ("weights", .float64(weights)),
                ("classes", .int64(classes)),
            ]
        }

        init(points: Tensor<Float>, places: Tensor<Int32>, weights: Tensor<Double>, classes: Tensor<Int64>) {
            (self.points, self.places, self.weights, self.classes) = (points, places, weights, classes)
        }

        init?(tensors: [String: AnyTensor]) {
            guard case .float32(let points)? = tensors["points"], case .int32(let places)? = tensors["places"],
                case .float64(let weights)? = tensors["weights"], case .int64(let classes)? = tensors["classes"]
            else { return nil }
            self.init(points: points, places: places, weights: weights, classes: classes)
        }
    }

    /// So many of them, each made of its index alone.
    struct WeightedPoints: Dataset {
        let count: Int
        var fingerprint: String { "weighted points, \(count)" }

        func batch(at indices: some Collection<Int>) throws -> WeightedBatch {
            let indices = Array(indices)
            return WeightedBatch(
                points: Tensor(indices.flatMap { [Float($0) / 7, Float($0 % 5) / 3] }, shape: [indices.count, 2]),
                places: Tensor(indices.flatMap { [Int32($0 % 3), Int32($0 % 2)] }, shape: [indices.count, 2]),
                weights: Tensor(indices.map { 1 / Double($0 + 1) }), classes: Tensor(indices.map { Int64($0 % 3) }))
        }
    }

    private static func job(
        _ data:
            @escaping @Sendable () throws -> (training: any Dataset<WeightedBatch>, test: (any Dataset<WeightedBatch>)?)
    ) -> any TrainableJob {
        TrainingJob<Sequential, Tensor<Float>, WeightedBatch>(
            name: "weighted", model: { Sequential(Linear(4, 5), ReLU(), Linear(5, 3)) }, data: data,
            forward: { $0(concatenated([$1.points, $1.places.to(Float.self)], axis: 1)) },
            loss: { crossEntropy($0, targets: $1.classes, reduction: .none) * $1.weights.to(Float.self) })
    }

    private struct NoData: Error {}

    @Test(
        "The bits are those of a single process that reads the data, with a worker killed on the way", arguments: 1...3)
    func sameBits(workers: Int) throws {
        let settings = try TinyJob.settings(epochs: 4, checkpointEvery: 2)
        let job = OwnBatchTests.job { (WeightedPoints(count: 23), WeightedPoints(count: 7)) }
        let reference = try Reference(settings, job: job)
        let source = try job.openSamples()
        for seed in 0..<20 as Range<UInt64> {
            var simulation = try Simulation(
                settings: settings, workers: workers, seed: seed, change: { $0.data = source.description },
                job: { _ in OwnBatchTests.job { throw NoData() } })
            simulation.reader = try SampleReader(source, settings: settings)
            #expect(simulation.run { !$0.record.isEmpty }, "seed \(seed)")
            if workers > 1 {
                simulation.wander(200)
                if !simulation.isOver { simulation.kill(.worker(Int(seed) % workers), isChild: true) }
            }
            simulation.expectOver(as: reference, "seed \(seed)")
        }
    }

    @Test("What a batch cannot be made of ends the worker, and says of what type it was to be")
    func otherTensors() throws {
        let settings = try TinyJob.settings()
        let source = try TinyJob.job().openSamples()
        let samples = DeliveredSamples(source.description)
        let trainer = try Trainer(settings: settings, job: OwnBatchTests.job { throw NoData() }, samples: samples)
        var plan = SamplePlan(schedule: trainer.schedule, settings: settings)
        let order = plan.order(ofEpoch: 0)
        try samples.replace(
            with: (0..<settings.microbatches).map {
                try source.image(ofTraining: order[trainer.schedule.places(ofMicrobatch: $0, step: 0)])
            })
        #expect { _ = try trainer.sums(of: trainer.tree.root, step: 0) } throws: {
            "\($0)".hasPrefix("the coordinator sent samples that make no WeightedBatch")
        }
    }
}
