import FixtureReader
import LockstepNN
import LockstepOptim
import LockstepTensor
import Testing

/// Fifty steps as scripts/fixtures/make_training.py does them in PyTorch, written as its user would write them.
@Suite struct TrainingAgainstPyTorchTests {
    private func train(_ name: String, _ makeOptimizer: (ParameterBuffer) -> any Optimizer) throws {
        let fixture = try Fixture("training.txt", in: .module)

        manualSeed(43052)
        let model = Sequential(Linear(784, 32), ReLU(), Linear(32, 10))
        manualSeed(7)
        let inputs = Tensor<Float>.rand([64, 784])
        let targets = Tensor<Int64>.randint(0..<10, [64])

        // The first weights are PyTorch's, bit for bit.
        let parameters = model.flattened()
        let first = parameters.values.scalars
        #expect(Array(first.prefix(16)) == fixture.floats("\(name)/first"))
        let bits = first.enumerated().map { Int64(Int32(bitPattern: $1.bitPattern)) &* Int64($0 % 1009 + 1) }
        #expect([bits.reduce(0, &+)] == fixture.integers("\(name)/bits"))

        let optimizer = makeOptimizer(parameters)
        let criterion = CrossEntropyLoss()
        var losses: [Float] = []
        for _ in 0..<50 {
            optimizer.zeroGrad()
            let loss = criterion(model(inputs), targets)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        }

        let theirLosses = fixture.floats("\(name)/losses")
        #expect(losses.count == theirLosses.count)
        let lossDifference = zip(losses, theirLosses).map { abs($0 - $1) / $1 }.max() ?? .infinity
        #expect(lossDifference <= 1e-4, "the losses are \(losses)")
        let ours = parameters.values.scalars
        let theirs = try Fixture.floats("training-\(name).f32", in: .module)
        #expect(ours.count == theirs.count)
        let difference = zip(ours, theirs).map { ($0 - $1) * ($0 - $1) }.reduce(0, +).squareRoot()
        let norm = theirs.map { $0 * $0 }.reduce(0, +).squareRoot()
        #expect(difference <= 1e-4 * norm, "relative difference of the weights \(difference / norm)")
        let largest = zip(ours, theirs).map { abs($0 - $1) }.max() ?? .infinity
        let scale = theirs.map { abs($0) }.max() ?? 0
        #expect(largest <= 1e-4 * scale, "largest difference of a weight \(largest) of \(scale)")
    }

    @Test func momentumTakesTheSameWay() throws { try train("sgd") { SGD($0, lr: 0.02, momentum: 0.9) } }

    @Test func adamTakesTheSameWay() throws { try train("adam") { Adam($0, lr: 1e-3) } }
}
