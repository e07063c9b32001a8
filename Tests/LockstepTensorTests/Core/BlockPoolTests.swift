import LockstepTensor
import Testing

/// Each test has a process of its own, because the pool and its counts belong to the process.
@Suite struct BlockPoolTests {
    @Test func trainingStepInSteadyStateAsksNothingOfTheSystem() async {
        await #expect(processExitsWith: .success) {
            let weights = [[64, 32], [64], [10, 64], [10]].map { Parameter(.full($0, 0.01)) }
            let buffer = ParameterBuffer(weights.enumerated().map { ("\($0)", $1) })
            let (input, targets) = (Tensor<Float>.ones([128, 32]), Tensor<Int64>.full([128], 3))
            func step() {
                let hidden = linear(input, weights[0].value, weights[1].value, activation: .relu)
                let loss = crossEntropy(linear(hidden, weights[2].value, weights[3].value), targets: targets)
                loss.backward()
                let gradients = buffer.takeGradients()
                buffer.gradients = gradients * 0.5
                buffer.update { values, gradients in
                    for place in values.indices { values[place] -= 0.1 * gradients[place] }
                }
                buffer.zeroGrad()
            }
            for _ in 0..<3 { step() }
            let before = BlockPool.statistics
            for _ in 0..<20 { step() }
            let after = BlockPool.statistics
            #expect(after.systemAllocations == before.systemAllocations)
            #expect(after.reuses > before.reuses)
            #expect(after.bytesInUse == before.bytesInUse && after.bytesKept == before.bytesKept)
        }
    }

    @Test func freedBlockIsHandedOutAgain() async {
        await #expect(processExitsWith: .success) {
            let first = Tensor<Float>.zeros([1000]).storage.pointer
            #expect(Tensor<Double>.zeros([500]).storage.pointer == UnsafeMutableRawPointer(first))
        }
    }

    @Test func noMoreIsKeptThanTheLimit() async {
        await #expect(processExitsWith: .success) {
            BlockPool.limit = 1 << 20
            BlockPoolTests.makeAndFree(count: 10, of: 1 << 18)
            #expect(BlockPool.statistics.bytesKept <= 1 << 20)
            #expect(BlockPool.statistics.bytesKept > 0)
            BlockPool.trim()
            #expect(BlockPool.statistics.bytesKept == 0)
            #expect(BlockPool.statistics.bytesInUse == 0)
        }
    }

    @Test func blocksAreAlignedAndLargeEnough() async {
        await #expect(processExitsWith: .success) {
            for count in Array(0...300) + [1023, 1024, 1025, 99_999, 1 << 20, (1 << 20) + 1] {
                let tensor = Tensor<UInt8>.full([count], 7)
                #expect(UInt(bitPattern: tensor.storage.pointer) % 64 == 0)
                #expect(tensor.scalars == Array(repeating: 7, count: count))
                let size = BlockPool.statistics.bytesInUse
                #expect(size >= count && size <= max(64, count + count / 4 + 64))
            }
        }
    }

    /// Makes `count` tensors of `bytes` bytes at once and lets go of them.
    fileprivate static func makeAndFree(count: Int, of bytes: Int) {
        let tensors = (0..<count).map { _ in Tensor<UInt8>.zeros([bytes]) }
        #expect(tensors.count == count)
    }
}
