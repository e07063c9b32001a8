import LockstepData
import LockstepNN
import LockstepTensor
import LockstepTraining
import Testing

struct TrainerTests {
    /// The summed gradient of a step where the microbatches are dealt to `ranges`, each computed by a trainer of its own.
    private func gradient(_ settings: RunSettings, step: Int, ranges: [Range<Int>]) throws -> (Tensor<Float>, Double) {
        var known: [Range<Int>: Tensor<Float>] = [:]
        var losses: [Double] = []
        let tree = MicrobatchTree(count: settings.microbatches)
        for range in ranges {
            let sums = try TinyJob.trainer(settings).sums(of: range, step: step)
            #expect(sums.subtrees.map(\.node) == tree.subtrees(in: range))
            #expect(sums.losses.count == range.count)
            for (node, sum) in sums.subtrees { known[node] = sum }
            losses += sums.losses
        }
        return (MicrobatchTree.sum(tree.root, known: { known[$0] }, combine: { $0 += $1 }), tree.sum(losses))
    }

    @Test(
        "The gradient of a batch has the same bits for every way of dealing its microbatches to 1…5 workers",
        arguments: [1, 2, 3, 5, 7, 8])
    func dealing(microbatches: Int) throws {
        let settings = try TinyJob.settings(microbatches: microbatches, epochs: 1)
        for step in 0..<3 {
            let (whole, loss) = try gradient(settings, step: step, ranges: [0..<microbatches])
            for workers in 2...5 {
                let dealt = MicrobatchTree(count: microbatches).deal(to: workers)
                let (sum, sumOfLosses) = try gradient(settings, step: step, ranges: dealt)
                #expect(sum.bits == whole.bits, "\(workers) workers, step \(step)")
                #expect(sumOfLosses == loss)
            }
            for cut in 0...microbatches {
                let (sum, _) = try gradient(settings, step: step, ranges: [0..<cut, cut..<microbatches])
                #expect(sum.bits == whole.bits, "cut at \(cut), step \(step)")
            }
        }
    }

    @Test("The gradient is that of the mean loss of the whole batch, also of the smaller last one")
    func meanGradient() throws {
        let settings = try TinyJob.settings(epochs: 1)
        let data = try TinyJob.points(23, seed: 1)
        let order = ShuffledSampler(count: 23, seed: settings.seed).permutation(epoch: 0)
        for step in 0..<3 {
            let trainer = try TinyJob.trainer(settings)
            let (sum, loss) = try gradient(settings, step: step, ranges: [0..<4])
            manualSeed(settings.seed)
            let model = Sequential(Linear(2, 5), ReLU(), Linear(5, 3))
            let batch = try data.batch(at: order[step * 8..<min(step * 8 + 8, 23)])
            let mean = crossEntropy(model(batch.inputs), targets: batch.targets)
            mean.backward()
            let expected = model.flattened().takeGradients().scalars
            let found = sum.scalars.map { $0 * trainer.schedule.scale(ofStep: step) }
            for (found, expected) in zip(found, expected) { #expect(abs(found - expected) < 1e-5) }
            #expect(abs(loss / Double(batch.targets.count) - Double(mean.item())) < 1e-5)
        }
    }

    @Test("A last batch with fewer samples than microbatches counts each sample once")
    func emptyMicrobatches() throws {
        // 10 samples: a batch of 8, and one of 2 for 8 microbatches.
        let settings = try TinyJob.settings(batch: 8, microbatches: 8, epochs: 1, limit: 10)
        let (sum, _) = try gradient(settings, step: 1, ranges: MicrobatchTree(count: 8).deal(to: 3))
        let order = ShuffledSampler(count: 10, seed: settings.seed).permutation(epoch: 0)
        manualSeed(settings.seed)
        let model = Sequential(Linear(2, 5), ReLU(), Linear(5, 3))
        let batch = try TinyJob.points(23, seed: 1).batch(at: order[8..<10])
        crossEntropy(model(batch.inputs), targets: batch.targets, reduction: .sum).backward()
        let expected = model.flattened().takeGradients().scalars
        for (found, expected) in zip(sum.scalars, expected) { #expect(abs(found - expected) < 1e-5) }
    }

    @Test("A limit keeps the first samples only")
    func limit() throws {
        let trainer = try TinyJob.trainer(TinyJob.settings(limit: 10))
        #expect(trainer.schedule.samples == 10)
        #expect(try TinyJob.trainer(TinyJob.settings(limit: 1000)).schedule.samples == 23)
    }

    @Test("Testing in blocks gives the sums over all test samples")
    func evaluation() throws {
        let job = TinyJob.job(test: 2500)
        let trainer = try TinyJob.trainer(job: job)
        #expect(trainer.evaluationBlocks == 3)
        let blocks = try (0..<3).map { try trainer.evaluate(block: $0) }
        #expect(blocks.map(\.count) == [1000, 1000, 500])
        let all = try #require(try trainer.evaluate())
        #expect(all.count == 2500)
        #expect(all.loss == blocks.reduce(0) { $0 + $1.loss })
        #expect(all.correct == blocks.reduce(0) { $0 + ($1.correct ?? 0) })
        #expect(try TinyJob.trainer(job: TinyJob.job(test: 0)).evaluate() == nil)
    }

    @Test("Testing changes neither weights nor the gradients that follow")
    func evaluationLeavesNoTrace() throws {
        let (tested, untested) = (try TinyJob.trainer(), try TinyJob.trainer())
        for _ in 0..<4 {
            _ = try tested.evaluate()
            try tested.step()
            try untested.step()
        }
        #expect(tested.digest == untested.digest)
    }

    @Test("Training lowers the loss")
    func learns() throws {
        let job = TinyJob.job(training: 400, test: 200)
        let trainer = try TinyJob.trainer(TinyJob.settings(epochs: 10), job: job)
        let before = try #require(try trainer.evaluate())
        while trainer.completedSteps < trainer.schedule.steps { try trainer.step() }
        let after = try #require(try trainer.evaluate())
        #expect(after.loss < before.loss / 2)
    }

    @Test("Equal seeds give equal weights, other seeds others")
    func seeds() throws {
        #expect(try TinyJob.trainer().digest == TinyJob.trainer().digest)
        #expect(try TinyJob.trainer().digest != TinyJob.trainer(TinyJob.settings(seed: 8)).digest)
    }
}

extension Tensor<Float> {
    /// The elements' bits: equal only where every bit is.
    var bits: [UInt32] { scalars.map(\.bitPattern) }
}
