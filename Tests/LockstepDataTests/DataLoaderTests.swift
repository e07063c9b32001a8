import LockstepData
import LockstepTensor
import Testing

/// The batches of `torch.utils.data.DataLoader` of PyTorch 2.15.
@Suite struct DataLoaderTests {
    private let numbers: TensorDataset

    init() throws {
        numbers = try TensorDataset(inputs: .arange(7).reshaped(to: [7, 1]), targets: .arange(7))
    }

    @Test func epochsAfterASeedArePyTorchs() {
        manualSeed(5)
        let shuffled = DataLoader(numbers, batchSize: 3, shuffle: true)
        let plain = DataLoader(numbers, batchSize: 3)
        #expect(shuffled.map(\.targets.scalars) == [[0, 3, 6], [2, 1, 4], [5]])
        #expect(plain.map(\.targets.scalars) == [[0, 1, 2], [3, 4, 5], [6]])
        #expect(shuffled.map(\.targets.scalars) == [[1, 3, 4], [6, 5, 0], [2]])
        // That the generator stands where PyTorch's does.
        #expect(Tensor<Float>.rand([1]).item() == 0.6064285635948181)
    }

    @Test func aGeneratorOfItsOwnGivesPyTorchsOrdersToo() {
        let loader = DataLoader(
            numbers, batchSize: 3, shuffle: true, dropLast: true, generator: Generator(seed: 9))
        #expect(loader.count == 2)
        #expect(loader.map(\.targets.scalars) == [[5, 6, 4], [3, 0, 2]])
        #expect(loader.map(\.targets.scalars) == [[1, 4, 3], [0, 5, 2]])
    }

    @Test(arguments: [1, 2, 3, 7, 8]) func everySampleIsInOneBatch(batchSize: Int) {
        let loader = DataLoader(numbers, batchSize: batchSize, shuffle: true)
        let batches = Array(loader)
        #expect(batches.count == loader.count && loader.count == (7 + batchSize - 1) / batchSize)
        #expect(batches.flatMap(\.targets.scalars).sorted() == Array(0..<7))
        for batch in batches { #expect(batch.inputs.scalars == batch.targets.scalars.map(Float.init)) }
        #expect(DataLoader(numbers, batchSize: batchSize, dropLast: true).count == 7 / batchSize)
        #expect(DataLoader(numbers, batchSize: batchSize, dropLast: true).allSatisfy { $0.targets.count == batchSize })
    }

    @Test func indicesAreThoseOfTheBatches() throws {
        manualSeed(5)
        let indices = DataLoader(numbers, batchSize: 3, shuffle: true).batchIndices()
        #expect(indices == [[0, 3, 6], [2, 1, 4], [5]])
        #expect(try numbers.batch(at: indices[1]).targets.scalars == [2, 1, 4])
    }

    @Test func theDefaultIsOneSampleInOrder() {
        #expect(DataLoader(numbers).map(\.targets.scalars) == (0..<7).map { [$0] })
    }

    @Test func whatCannotGoOnStops() async {
        await #expect(processExitsWith: .failure) {
            _ = DataLoader(try TensorDataset(inputs: .zeros([2, 1]), targets: .zeros([2])), batchSize: 0)
        }
        await #expect(processExitsWith: .failure) {
            for _ in DataLoader(Unreadable(), batchSize: 2) {}
        }
        // Its indices are to be had all the same, and what reading throws with them.
        let indices = DataLoader(Unreadable(), batchSize: 2).batchIndices()
        #expect(indices == [[0, 1], [2]])
        #expect(throws: Unreadable.Lost.self) { try Unreadable().batch(at: indices[0]) }
    }
}

/// Samples that are no longer there.
private struct Unreadable: Dataset {
    struct Lost: Error {}

    let count = 3
    let fingerprint = ""

    func batch(at indices: some Collection<Int>) throws -> LabeledBatch { throw Lost() }
}
