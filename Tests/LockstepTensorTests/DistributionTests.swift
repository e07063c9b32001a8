import FixtureReader
import LockstepTensor
import Testing

/// PyTorch's draws, made by scripts/fixtures/make_distributions.py.
private let fixture = Result { try Fixture("distributions.txt", in: .module) }

@Suite struct DistributionTests {
    @Test(arguments: [0.0, 0.3, 0.5, 1.0]) func bernoulliDrawsAreThoseOfPyTorch(p: Double) throws {
        manualSeed(5)
        let draws = Tensor<Float>.bernoulli([50], p).scalars.map { Int64($0) }
        #expect(draws == (try fixture.get().integers("bernoulli/\(p)")))
        #expect(Tensor<Float>.rand([2]).scalars == (try fixture.get().floats("bernoulli/\(p)/after")))
    }

    @Test func eachElementMayHaveItsOwnProbability() throws {
        manualSeed(6)
        let floats = Tensor<Float>.rand([5, 8]).bernoulli()
        #expect(floats.shape == [5, 8])
        #expect(floats.scalars.map { Int64($0) } == (try fixture.get().integers("bernoulli/each")))
        let doubles = Tensor<Double>.rand([40]).bernoulli().scalars.map { Int64($0) }
        #expect(doubles == (try fixture.get().integers("bernoulli64/each")))
    }

    @Test(arguments: [0.1, 0.5, 0.7]) func dropoutMasksAreThoseOfPyTorch(p: Double) throws {
        manualSeed(8)
        let mask = Tensor<Float>.bernoulli([60], 1 - p).scalars
        let dropped = mask.enumerated().map { $1 / Float(1 - p) * Float($0 + 1) }
        #expect(dropped == (try fixture.get().floats("dropout/\(p)")))
    }

    @Test(arguments: [1.0, 2.5]) func exponentialNumbersAreThoseOfPyTorch(rate: Double) throws {
        manualSeed(9)
        for (one, other) in zip(
            Tensor<Float>.exponential([40], rate: rate).scalars, try fixture.get().floats("exponential/\(rate)"))
        {
            #expect(abs(one - other) <= 1e-6 * other)
        }
        for (one, other) in zip(
            Tensor<Double>.exponential([20], rate: rate).scalars, try fixture.get().doubles("exponential64/\(rate)"))
        {
            #expect(abs(one - other) <= 1e-14 * other)
        }
    }

    @Test func categoriesAreThoseOfPyTorch() throws {
        let weights = Tensor<Float>(
            [1, 2, 3, 4, 0, 0.1, 0, 0.5, 0.2, 0.2, 0, 0, 1e6, 1, 3], shape: [3, 5])
        let cases: [(name: String, weights: Tensor<Float>, count: Int, replacement: Bool)] = [
            ("with", weights, 30, true), ("without", weights, 3, false), ("one", weights, 1, false),
            ("one", weights, 1, true), ("vector", weights[0], 20, true),
            ("permutation", Tensor((1...30).map(Float.init)), 30, false),
        ]
        for (name, weights, count, replacement) in cases {
            manualSeed(10)
            let drawn = weights.multinomial(count, replacement: replacement)
            #expect(drawn.shape == weights.shape.dropLast() + [count])
            #expect(drawn.scalars == (try fixture.get().integers("multinomial/\(name)")), "\(name)")
            #expect(Tensor<Float>.rand([1]).scalars == (try fixture.get().floats("multinomial/\(name)/after")))
        }
    }

    @Test func wholeNumbersOfTheFullRangeAreThoseOfPyTorch() throws {
        var generator = Generator(seed: 11)
        let numbers = (0..<6).map { _ in generator.nonNegativeInteger() }
        #expect(numbers == (try fixture.get().integers("random/i64")))
    }

    @Test func wrongArgumentsStopWithPyTorchsMessage() async throws {
        func expect(_ message: String, _ result: ExitTest.Result?) throws {
            let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
            #expect(output.contains(message), "\(output)")
        }
        try expect(
            "bernoulli_ expects p to be in [0, 1], but got p=1.5",
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = Tensor<Float>.bernoulli([1], 1.5)
            })
        try expect(
            "exponential_ expects lambda > 0.0, but found lambda=0.0",
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = Tensor<Float>.exponential([1], rate: 0)
            })
        try expect(
            "probability tensor contains either `inf`, `nan` or element < 0",
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = Tensor<Float>([1, -1]).multinomial(1)
            })
        try expect(
            "invalid multinomial distribution (sum of probabilities <= 0)",
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = Tensor<Float>([0, 0]).multinomial(1)
            })
        try expect(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement",
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = Tensor<Float>([1, 1]).multinomial(3)
            })
    }
}
