import LockstepNN
import LockstepTensor
import LockstepTraining
import Testing

/// Models that draw random numbers or change their table: the same bits, or a refusal.
struct DrawingModelTests {
    private func job(_ extra: @escaping @Sendable () -> any Layer) -> some TrainableJob {
        TrainingJob.classification(
            name: "drawing", model: { Sequential([Linear(2, 8), extra(), ReLU(), Linear(8, 3)]) },
            data: { (training: try TinyJob.points(23, seed: 1), test: nil) })
    }

    @Test("Dropout draws the same for a microbatch whoever computes it, and other numbers for each")
    func dropout() throws {
        let job = job { Dropout(0.5) }
        let whole = try TinyJob.trainer(job: job)
        let parts = try TinyJob.trainer(job: job)
        for step in 0..<4 {
            let all = try whole.sums(of: 0..<4, step: step)
            // Computed one by one and backwards, as by workers that are at different places.
            let single = try (0..<4).reversed().map { try parts.sums(of: $0..<$0 + 1, step: step) }.reversed()
            #expect(all.losses == single.flatMap(\.losses))
            let sum = MicrobatchTree.sum(
                0..<4, known: { $0.count == 1 ? Array(single)[$0.lowerBound].subtrees[0].sum : nil },
                combine: { $0 += $1 })
            #expect(sum.scalars == all.subtrees[0].sum.scalars)
        }
        let first = try whole.sums(of: 0..<1, step: 0).losses
        #expect(try whole.sums(of: 0..<1, step: 0).losses == first)
        let without = try TinyJob.trainer(job: self.job { Identity() })
        #expect(try without.sums(of: 0..<1, step: 0).losses != first)
    }

    /// A layer that has a table which shortens its rows.
    private final class Shortening: Module, Layer {
        private let table = Embedding(4, 8, maxNorm: 1)
        func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input }
    }

    @Test("A table that is changed by looking things up is refused, not trained with other bits")
    func shorteningTable() throws {
        let error = #expect(throws: TrainingError.self) { try TinyJob.trainer(job: job { Shortening() }) }
        #expect(error?.description.contains("Embedding with maxNorm") == true)
    }
}
