import Foundation
import Lockstep

/// Points on the three arms of a spiral, a class each, with a little noise.
func spirals(_ count: Int, seed: UInt64) throws -> TensorDataset {
    manualSeed(seed)
    let noise = Tensor<Float>.rand([count]).scalars
    let points = (0..<count).flatMap { i in
        let (arm, radius) = (i % 3, Float(i) / Float(count))
        let angle = Float(arm) * 2.1 + radius * 5 + noise[i] * 0.3
        return [radius * cos(angle), radius * sin(angle)]
    }
    return try TensorDataset(
        inputs: Tensor(points, shape: [count, 2]), targets: Tensor((0..<count).map { Int64($0 % 3) }, shape: [count]))
}

final class Classifier: Module, Layer {
    let hidden = Linear(2, 64)
    let output = Linear(64, 3)

    func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { output(hidden(input).relu()) }
}

TrainingJob.classification(
    name: "spirals", model: { Classifier() },
    data: { (training: try spirals(3000, seed: 1), test: try spirals(600, seed: 2)) }
).main()
