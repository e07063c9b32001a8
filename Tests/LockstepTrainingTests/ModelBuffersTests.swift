import LockstepData
import LockstepFormats
import LockstepNN
import LockstepTensor
import LockstepTraining
import Testing

/// Models that keep more than parameters, such as the running statistics of batch normalisation.
struct ModelBuffersTests {
    /// Batches of 12 of 23 samples in 3 microbatches: of 4, 4 and 4, and of 4, 4 and 3 samples.
    private func settings(batch: Int = 12, microbatches: Int = 3, epochs: Int = 2) throws -> RunSettings {
        try TinyJob.settings(batch: batch, microbatches: microbatches, epochs: epochs)
    }

    private static func model(momentum: Double? = 0.1) -> Sequential {
        Sequential(Linear(2, 5), BatchNorm1d(5, momentum: momentum), ReLU(), Dropout(0.25), Linear(5, 3))
    }

    private func job<Model: Layer>(_ model: @escaping @Sendable () -> Model) -> some TrainableJob {
        TrainingJob.classification(
            name: "keeping", model: model, data: { (try TinyJob.points(23, seed: 1), try TinyJob.points(9, seed: 2)) })
    }

    private func trainer(_ settings: RunSettings? = nil, momentum: Double? = 0.1) throws -> Trainer {
        try TinyJob.trainer(
            settings ?? self.settings(), job: job { ModelBuffersTests.model(momentum: momentum) })
    }

    /// One tensor of a trainer's state.
    private func tensor(_ name: String, of trainer: Trainer) throws -> AnyTensor {
        try #require(try trainer.checkpoint().file.tensor(named: name))
    }

    /// Whether two tensors have the same type, shape and elements.
    private func isEqual(_ first: AnyTensor, _ second: AnyTensor) -> Bool {
        first.dtype == second.dtype && first.to(Double.self) == second.to(Double.self)
    }

    @Test(
        "Running statistics have the same bits for every way of dealing the microbatches to 1…5 workers",
        arguments: [1, 3, 5, 11])
    func dealing(microbatches: Int) throws {
        let settings = try settings(batch: 23, microbatches: microbatches)
        let whole = try trainer(settings)
        while whole.completedSteps < whole.schedule.steps { try whole.step() }
        for workers in 2...5 {
            let ranges = whole.tree.deal(to: workers)
            let trainers = try ranges.map { _ in try trainer(settings) }
            for step in 0..<whole.schedule.steps {
                var known: [Range<Int>: Tensor<Float>] = [:]
                // The last first: a worker that has computed nothing else is no different.
                for (trainer, range) in zip(trainers, ranges).reversed() {
                    for (node, sum) in try trainer.sums(of: range, step: step).subtrees { known[node] = sum }
                }
                var mean = MicrobatchTree.sum(whole.tree.root, known: { known[$0] }, combine: { $0 += $1 })
                mean *= whole.schedule.scale(ofStep: step)
                for trainer in trainers { trainer.apply(mean) }
            }
            for trainer in trainers {
                #expect(trainer.digest == whole.digest, "\(workers) workers")
                #expect(trainer.stateDigest == whole.stateDigest, "\(workers) workers")
                #expect(
                    try trainer.checkpoint().file.encoded() == whole.checkpoint().file.encoded(), "\(workers) workers")
            }
        }
    }

    @Test("A step makes the mean over the samples of what each microbatch alone makes of the statistics")
    func rule() throws {
        let settings = try settings()
        let trainer = try trainer(settings)
        let data = try TinyJob.points(23, seed: 1)
        let order = ShuffledSampler(count: 23, seed: settings.seed).permutation(epoch: 0)
        var mean = [Double](repeating: 0, count: 5)
        var variance = [Double](repeating: 1, count: 5)
        for step in 0..<2 {
            let linear = Linear(2, 5)
            linear.weight.value = try tensor("0.weight", of: trainer).to(Float.self)
            linear.bias?.value = try tensor("0.bias", of: trainer).to(Float.self)
            var (newMean, newVariance) = ([Double](repeating: 0, count: 5), [Double](repeating: 0, count: 5))
            let total = Double(trainer.schedule.samples(ofStep: step))
            for microbatch in 0..<3 {
                let places = trainer.schedule.places(ofMicrobatch: microbatch, step: step)
                let outputs = try noGrad { linear(try data.batch(at: order[places]).inputs).scalars }
                let count = Double(places.count)
                for channel in 0..<5 {
                    let values = stride(from: channel, to: outputs.count, by: 5).map { Double(outputs[$0]) }
                    let average = values.reduce(0, +) / count
                    let spread = values.reduce(0) { $0 + ($1 - average) * ($1 - average) } / (count - 1)
                    newMean[channel] += count / total * (0.9 * mean[channel] + 0.1 * average)
                    newVariance[channel] += count / total * (0.9 * variance[channel] + 0.1 * spread)
                }
            }
            (mean, variance) = (newMean, newVariance)
            try trainer.step()
            for (name, expected) in [("1.running_mean", mean), ("1.running_var", variance)] {
                for (found, expected) in zip(try tensor(name, of: trainer).to(Float.self).scalars, expected) {
                    #expect(abs(Double(found) - expected) < 1e-6, "\(name) after step \(step + 1)")
                }
            }
            #expect(isEqual(try tensor("1.num_batches_tracked", of: trainer), .int64(Tensor(Int64(step + 1)))))
        }
    }

    @Test("Without a momentum the statistics are the mean of all steps'")
    func cumulative() throws {
        let trainer = try trainer(momentum: nil)
        try trainer.step()
        let first = try tensor("1.running_mean", of: trainer).to(Float.self)
        let alone = try self.trainer(momentum: nil)
        try alone.restore(try trainer.checkpoint())
        try trainer.step()
        let second = try tensor("1.running_mean", of: trainer).to(Float.self)
        // A momentum of 1 gives the second step's own.
        let follower = try self.trainer(momentum: 1)
        try follower.restore(try alone.checkpoint())
        try follower.step()
        let own = try tensor("1.running_mean", of: follower).to(Float.self)
        for ((found, first), own) in zip(zip(second.scalars, first.scalars), own.scalars) {
            #expect(abs(found - (first + own) / 2) < 1e-6)
        }
    }

    @Test("Microbatches and tests leave the statistics as they were until the step is applied")
    func noTrace() throws {
        let trainer = try trainer()
        try trainer.step()
        let before = try trainer.checkpoint().file.encoded()
        let (digest, state) = (trainer.digest, trainer.stateDigest)
        _ = try trainer.sums(of: 1..<3, step: 1)
        _ = try trainer.evaluate()
        #expect(try trainer.checkpoint().file.encoded() == before)
        #expect(trainer.digest == digest && trainer.stateDigest == state)
    }

    @Test("Tests use the running statistics")
    func evaluation() throws {
        let trainer = try trainer()
        for _ in 0..<4 { try trainer.step() }
        let model = ModelBuffersTests.model()
        try model.load(try trainer.checkpoint().weights().file.tensors)
        model.eval()
        let batch = try TinyJob.points(9, seed: 2).batch(at: 0..<9)
        let loss = crossEntropy(model(batch.inputs), targets: batch.targets, reduction: .sum).item()
        #expect(abs(try #require(try trainer.evaluate()).loss - Double(loss)) < 1e-5)
    }

    @Test("A checkpoint holds the buffers by PyTorch's names and types, and a run goes on from it with the same bits")
    func checkpoint() throws {
        let original = try trainer()
        for _ in 0..<3 { try original.step() }
        let checkpoint = try original.checkpoint()
        let weights = checkpoint.weights()
        #expect(
            weights.file.tensors.map(\.name) == [
                "0.weight", "0.bias", "1.weight", "1.bias", "4.weight", "4.bias", "1.running_mean", "1.running_var",
                "1.num_batches_tracked",
            ])
        #expect(isEqual(try tensor("1.num_batches_tracked", of: original), .int64(Tensor(3))))
        #expect(weights.digest == original.digest)
        let restored = try trainer()
        try restored.restore(Checkpoint(Safetensors(parsing: checkpoint.file.encoded()), from: "the file"))
        #expect(restored.stateDigest == original.stateDigest)
        try original.step()
        try restored.step()
        #expect(try restored.checkpoint().file.encoded() == original.checkpoint().file.encoded())
        // Weights without the optimizer's state, as --init gives them.
        let started = try trainer()
        try started.load(weights: weights.file, from: "final.safetensors")
        #expect(started.digest == weights.digest)
    }

    @Test("Weights without the statistics, or with statistics of another type, are refused and change nothing")
    func foreignWeights() throws {
        let trainer = try trainer()
        let tensors = try trainer.checkpoint().weights().file.tensors
        let state = trainer.stateDigest
        func message(_ tensors: [(name: String, tensor: AnyTensor)]) -> String {
            let error = #expect(throws: TrainingError.self) {
                try trainer.load(weights: Safetensors(tensors), from: "w.safetensors")
            }
            #expect(trainer.stateDigest == state)
            return error?.description ?? ""
        }
        #expect(
            message(tensors.filter { $0.name != "1.running_mean" }).contains(
                "w.safetensors has no tensor '1.running_mean'"))
        let other = tensors.map { ($0.name, $0.name == "1.num_batches_tracked" ? .float32(Tensor(0)) : $0.tensor) }
        #expect(
            message(other).contains(
                "tensor '1.num_batches_tracked' is float32 []; expected int64 [] for the model"))
    }

    @Test("A model of other buffers is another model")
    func signature() throws {
        let (kept, plain) = (try trainer(), try TinyJob.trainer())
        #expect(kept.signature.contains("\n1.running_var [5] float32\n1.num_batches_tracked [] int64\n"))
        #expect(!plain.signature.contains("running"))
        #expect(plain.sumCount == plain.parameterCount)
        #expect(kept.sumCount == kept.parameterCount + 11)
        #expect(kept.stateBytes == 4 * 2 * kept.parameterCount + 4 * 10 + 8)
    }

    @Test("A bit that flips in a buffer shows in the digests")
    func flippedBit() throws {
        let trainer = try trainer()
        let (digest, state) = (trainer.digest, trainer.stateDigest)
        var changes = Tensor<Float>.zeros([trainer.sumCount])
        changes[trainer.parameterCount + 7] = Tensor(Float.ulpOfOne)
        let untouched = try self.trainer()
        untouched.apply(.zeros([trainer.sumCount]))
        #expect(untouched.digest == digest)
        trainer.apply(changes)
        #expect(trainer.digest != digest && trainer.stateDigest != state)
        #expect(trainer.stateDigest != untouched.stateDigest)
    }

    /// A layer with tables of its own, which does with them what a test says.
    private final class Keeping: Module, Layer {
        let table = Buffer<Float>(Tensor([1, -.infinity, .nan, -0.0, 1e-30]))
        let places = Buffer<Int64>(Tensor([3, 1]))
        let mask = Buffer<Bool>(Tensor([true, false]))
        private let change: @Sendable (Keeping) -> Void
        init(_ change: @escaping @Sendable (Keeping) -> Void) { self.change = change }
        func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
            change(self)
            return input
        }
    }

    private func keeping(_ change: @escaping @Sendable (Keeping) -> Void) throws -> Trainer {
        try TinyJob.trainer(job: job { Sequential(Linear(2, 3), Keeping(change)) })
    }

    @Test("What no microbatch changes keeps its bits, infinities and the sign of a zero too")
    func constants() throws {
        let trainer = try keeping { _ in }
        let before = try tensor("1.table", of: trainer).to(Float.self).bits
        for _ in 0..<6 { try trainer.step() }
        #expect(try tensor("1.table", of: trainer).to(Float.self).bits == before)
        #expect(isEqual(try tensor("1.places", of: trainer), .int64(Tensor([3, 1]))))
        #expect(isEqual(try tensor("1.mask", of: trainer), .bool(Tensor([true, false]))))
    }

    @Test("A Float32 buffer of any kind follows the mean over the samples")
    func ownStatistics() throws {
        let trainer = try keeping { if $0.isTraining { $0.table.value = $0.table.value + 2 } }
        try trainer.step()
        #expect(try tensor("1.table", of: trainer).to(Float.self).scalars[0] == 3)
    }

    @Test("A buffer that is changed and cannot be added up, or loses its shape, is an error that names it")
    func refusedChanges() throws {
        func message(_ change: @escaping @Sendable (Keeping) -> Void) throws -> String {
            let trainer = try keeping(change)
            return #expect(throws: TrainingError.self) { try trainer.sums(of: 0..<4, step: 0) }?.description ?? ""
        }
        let counted = try message { $0.places.value += 1 }
        #expect(counted.contains("has changed its buffer '1.places' of type int64 while it was trained"))
        #expect(counted.contains("keep it as Float32"))
        #expect(try message { $0.mask.value = Tensor([true, true]) }.contains("'1.mask' of type bool"))
        #expect(
            try message { $0.table.value = .zeros([2]) }.contains(
                "has changed the shape of its buffer '1.table' from [5] to [2]"))
    }

    @Test("A microbatch of one sample for a normalisation over samples alone is an error before the first step")
    func singleSamples() throws {
        // 23 samples in batches of 8 leave 7 for four microbatches.
        for (batch, microbatches) in [(8, 4), (22, 2), (3, 3)] {
            let trainer = try trainer(settings(batch: batch, microbatches: microbatches))
            let error = #expect(throws: TrainingError.self) { try trainer.sums(of: 0..<1, step: 0) }
            #expect(error?.code == .invalidSetting)
            #expect(error?.description.contains("expected more than 1 value per channel when training") == true)
            #expect(error?.description.contains("--batch, --microbatches and --limit") == true)
            #expect(try trainer.evaluate() != nil)
        }
        // A normalisation that has more values of a sample needs no second one.
        let wide = try TinyJob.trainer(
            settings(batch: 3),
            job: TrainingJob<Sequential, Tensor<Float>, LabeledBatch>(
                name: "wide", model: { Sequential(BatchNorm1d(1), Flatten(), Linear(2, 3)) },
                data: { (try TinyJob.points(23, seed: 1), nil) }, forward: { $0($1.inputs.unsqueezed(axis: 1)) },
                loss: { crossEntropy($0, targets: $1.targets, reduction: .none) }))
        for _ in 0..<wide.schedule.steps { try wide.step() }
        #expect(isEqual(try tensor("0.num_batches_tracked", of: wide), .int64(Tensor(Int64(wide.schedule.steps)))))
    }
}
