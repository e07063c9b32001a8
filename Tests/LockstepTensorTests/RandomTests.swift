import FixtureReader
import Foundation
import LockstepTensor
import Testing

/// PyTorch's numbers, made by scripts/fixtures/make_random.py.
private let fixture = Result { try Fixture("random.txt", in: .module) }

/// The parts of a record's name between slashes.
private func parts(_ name: String) -> [String] { name.split(separator: "/").map(String.init) }

@Suite struct RandomUniformTests {
    @Test func numbersInTheUnitIntervalAreThoseOfPyTorchBitForBit() throws {
        let fixture = try fixture.get()
        for seed: UInt64 in [0, 1, 43052, (1 << 32) + 5, Generator.defaultSeed] {
            manualSeed(seed)
            #expect(Tensor<Float>.rand([8]).scalars == fixture.floats("rand/\(seed)"))
            #expect(Tensor<Double>.rand([8]).scalars == fixture.doubles("rand64/\(seed)"), "goes on after the floats")
        }
        manualSeed(43052)
        #expect(Tensor<Float>.rand([1500]).scalars == fixture.floats("rand/1500"))
    }

    @Test func numbersOfAnyIntervalAreThoseOfPyTorchBitForBit() throws {
        let fixture = try fixture.get()
        let names = fixture.names.filter { $0.hasPrefix("uniform/") }
        #expect(names.count == 3)
        for name in names {
            let (low, high) = try (#require(Double(parts(name)[1])), #require(Double(parts(name)[2])))
            manualSeed(7)
            #expect(Tensor.uniform([300], from: Float(low), to: Float(high)).scalars == fixture.floats(name))
            let doubles = Tensor.uniform([100], from: low, to: high).scalars
            #expect(doubles == fixture.doubles("uniform64/\(parts(name)[1])/\(parts(name)[2])"))
        }
    }

    @Test func numbersNeverReachTheUpperEnd() {
        var generator = Generator(seed: 1)
        // Between 1 and its successor, rounding alone would give the upper end about every other time.
        for _ in 0..<100 { #expect(generator.uniform(from: 1, to: Float(1).nextUp) == 1) }
    }

    @Test func wholeNumbersAreThoseOfPyTorch() throws {
        let fixture = try fixture.get()
        let names = fixture.names.filter { $0.hasPrefix("randint/") }
        #expect(names.count == 6)
        for name in names {
            let (low, high) = try (#require(Int64(parts(name)[1])), #require(Int64(parts(name)[2])))
            manualSeed(3)
            #expect(Tensor<Int64>.randint(low..<high, [10]).scalars == fixture.integers(name))
        }
    }

    @Test(arguments: [0, 1, 2, 10, 1000]) func permutationsAreThoseOfPyTorch(count: Int) throws {
        manualSeed(43052)
        #expect(Tensor<Int64>.randperm(count).scalars == (try fixture.get().integers("randperm/\(count)")))
    }
}

@Suite struct RandomNormalTests {
    /// The largest difference that the 32-bit approximations of PyTorch's vector path can make.
    private func expectClose(_ ours: [Float], _ theirs: [Float], within tolerance: Float = 1e-6) {
        #expect(ours.count == theirs.count)
        for (one, other) in zip(ours, theirs) { #expect(abs(one - other) <= tolerance * max(1, abs(other))) }
    }

    @Test func fewNumbersAreDrawnInPairsOfDoubles() throws {
        let fixture = try fixture.get()
        manualSeed(7)
        #expect(Tensor<Float>.randn([5]).scalars == fixture.floats("randn/5"))
        #expect(Tensor<Float>.randn([3]).scalars == fixture.floats("randn/3"), "the first is the second half of a pair")
        #expect(Tensor<Float>.rand([2]).scalars == fixture.floats("rand/after"))
        manualSeed(12)
        #expect(Tensor<Float>.normal([9], mean: 3, standardDeviation: 0.5).scalars == fixture.floats("normal/9"))
    }

    @Test(arguments: [15, 16, 32, 37]) func fromSixteenOnBlocksAreDrawn(count: Int) throws {
        let fixture = try fixture.get()
        manualSeed(11)
        expectClose(Tensor<Float>.randn([count]).scalars, fixture.floats("randn/seed11/\(count)"))
        let ours = Tensor<Double>.randn([count]).scalars
        for (one, other) in zip(ours, fixture.doubles("randn64/seed11/\(count)")) {
            #expect(abs(one - other) <= 1e-15 * max(1, abs(other)))
        }
        #expect(ours.count == count)
    }

    @Test func meanAndStandardDeviationAreTheCallers() throws {
        manualSeed(12)
        _ = Tensor<Float>.normal([9], mean: 3, standardDeviation: 0.5)
        let ours = Tensor<Float>.normal([40], mean: 3, standardDeviation: 0.5).scalars
        expectClose(ours, try fixture.get().floats("normal/40"))
    }
}

@Suite struct RandomStateTests {
    private func bytes(_ name: String) throws -> [UInt8] { try fixture.get().integers(name).map(UInt8.init) }

    @Test func theStateIsPyTorchsByteForByte() throws {
        var generator = Generator(seed: 99)
        #expect(generator.state == (try bytes("state/fresh")))
        for _ in 0..<624 { _ = generator.next32() }
        #expect(generator.state == (try bytes("state/624")))
        _ = generator.normal()
        #expect(generator.state == (try bytes("state/spare")))
    }

    @Test func aGeneratorGoesOnFromPyTorchsState() throws {
        var generator = try Generator(state: bytes("state/spare"))
        let numbers = (0..<2).map { _ in Float(generator.normal()) }
        #expect(numbers == (try fixture.get().floats("state/next")))
        #expect(generator.seed == 99)
    }

    @Test(arguments: [0, 1, 623, 624, 625]) func aRestoredGeneratorGoesOnAsTheOriginal(draws: Int) throws {
        var original = Generator(seed: 5)
        for _ in 0..<draws { _ = original.next32() }
        var restored = try Generator(state: original.state)
        #expect(restored == original)
        for _ in 0..<700 { #expect(restored.next32() == original.next32()) }
    }

    @Test func bytesThatAreNoStateAreRefused() throws {
        let good = Generator(seed: 5).state
        #expect(throws: GeneratorStateError.self) { try Generator(state: []) }
        #expect(throws: GeneratorStateError.self) { try Generator(state: good.dropLast()) }
        for (place, value) in [(8, 0), (8, 77), (9, 200), (12, 0), (16, 1), (23, 255)] as [(Int, UInt8)] {
            var bad = good
            bad[place] = value
            #expect(throws: GeneratorStateError.self, "byte \(place)") { try Generator(state: bad) }
        }
    }
}

@Suite struct RandomDefaultGeneratorTests {
    @Test func theSameSeedGivesTheSameNumbersAgain() {
        manualSeed(1)
        let first = Tensor<Float>.rand([4]).scalars
        manualSeed(1)
        #expect(Tensor<Float>.rand([4]).scalars == first)
    }

    @Test func anotherThreadDoesNotDisturbThisOne() {
        manualSeed(1)
        let both = Tensor<Float>.rand([2]).scalars
        manualSeed(1)
        let first = Tensor<Float>.rand([1]).scalars
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            manualSeed(1)
            _ = Tensor<Float>.rand([100])
            done.signal()
        }
        #expect(done.wait(timeout: .now() + 60) == .success)
        #expect(first + Tensor<Float>.rand([1]).scalars == both)
    }

    @Test func itsPlaceCanBeSavedAndRestored() {
        let saved = withDefaultGenerator { $0 }
        let first = Tensor<Float>.randn([20]).scalars
        withDefaultGenerator { $0 = saved }
        #expect(Tensor<Float>.randn([20]).scalars == first)
    }

    @Test func emptyTensorsDrawNothing() {
        manualSeed(1)
        let before = withDefaultGenerator { $0 }
        #expect(Tensor<Float>.rand([0]).scalars.isEmpty)
        #expect(Tensor<Float>.randn([3, 0]).scalars.isEmpty)
        #expect(withDefaultGenerator { $0 } == before)
    }

    @Test func wrongArgumentsStopWithPyTorchsMessage() async throws {
        func expect(_ message: String, _ result: ExitTest.Result?) throws {
            let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
            #expect(output.contains(message))
        }
        try expect(
            "uniform_ expects to return a [from, to) range, but found from=1.0 > to=0.0",
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = Tensor<Float>.uniform([1], from: 1, to: 0)
            })
        try expect(
            "normal expects std >= 0.0, but found std -1.0",
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = Tensor<Float>.normal([1], mean: 0, standardDeviation: -1)
            })
        try expect(
            "random_ expects 'from' to be less than 'to', but got from=3 >= to=3",
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = Tensor<Int64>.randint(3..<3, [1])
            })
        try expect(
            "n must be non-negative, got -1",
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = Tensor<Int64>.randperm(-1)
            })
    }
}
