import LockstepTensor
import Testing

@Suite struct CheckpointTests {
    private let x = Tensor<Float>([1, 2], shape: [2], requiresGrad: true)

    @Test func gradientsAreThoseWithoutACheckpoint() {
        let w = Parameter(Tensor([3, 4]))
        let captured = x.exp()
        func body(_ input: Tensor<Float>) -> Tensor<Float> { (input * w.value + captured).tanh() * w.value }
        func gradients(_ apply: (Tensor<Float>) -> Tensor<Float>) -> [Tensor<Float>?] {
            (x.gradient, w.gradient) = (nil, nil)
            let y = apply(x * 0.1)
            (y + x.square()).sum().backward(retainGraph: true)
            return [x.gradient, w.gradient]
        }
        let plain = gradients(body)
        #expect(gradients { checkpoint($0, body) } == plain)
        #expect(gradients { checkpoint($0) { checkpoint($0, body) } } == plain)
        #expect(plain[0] != nil && plain[1] != nil)
    }

    @Test func bodyRunsAgainInBackwardWithTheSameRandomNumbers() {
        let runs = Box<[Tensor<Float>]>([])
        manualSeed(1)
        let y = checkpoint(x) { input in
            let mask = Tensor<Float>.rand([2])
            runs.value.append(mask)
            return input * mask
        }
        let after = Tensor<Float>.rand([1])
        y.sum().backward()
        #expect(runs.value.count == 2 && runs.value[0] == runs.value[1])
        #expect(x.gradient == runs.value[0])
        let next = Tensor<Float>.rand([1])
        manualSeed(1)
        _ = Tensor<Float>.rand([2])
        let (third, fourth) = (Tensor<Float>.rand([1]), Tensor<Float>.rand([1]))
        #expect(after == third && next == fourth)
    }

    @Test func parameterIsReportedCompleteOnceAllOfItHasArrived() {
        let w = Parameter(Tensor([3, 4]))
        let buffer = ParameterBuffer([("w", w)])
        let reported = Box<[Tensor<Float>]>([])
        buffer.gradientIsComplete = { _ in reported.value.append(buffer.gradients) }
        let first = checkpoint(w.value) { $0.square() }
        (checkpoint(first) { $0 * w.value } + w.value).sum().backward()
        // w³ + w
        #expect(reported.value == [Tensor([28, 49])])
    }

    @Test func bodyMayPassOnItsInputOrAnotherTensor() {
        let other = x * 3
        checkpoint(x) { $0 }.sum().backward()
        checkpoint(x) { _ in other }.sum().backward(retainGraph: true)
        #expect(x.gradient == Tensor([4, 4]))
    }

    @Test func severalInputsSomeWithoutGradient() {
        let y = checkpoint([x, Tensor([10, 20]), x]) { $0[0] * $0[1] + $0[2] }
        y.sum().backward()
        #expect(x.gradient == Tensor([11, 21]))
    }

    @Test func nothingIsRecordedForConstantsAndInsideOfNoGrad() {
        #expect(!checkpoint(x.detached()) { $0 * 2 }.requiresGrad)
        #expect(!noGrad { checkpoint(x) { $0 * 2 } }.requiresGrad)
    }

    @Test func gradientsCanBeAskedForThroughACheckpoint() {
        let y = checkpoint(x) { $0.square() }
        let gradients = grad(of: y.sum(), withRespectTo: [x, y])
        #expect(gradients == [Tensor([2, 4]), Tensor([1, 1])])
        #expect(x.gradient == nil)
    }

    @Test func valuesOfTheBodyAreNotKept() {
        let x = Tensor<Float>(converting: Tensor<Float>.rand([1000])).requiringGrad()
        var y = x
        for _ in 0..<1000 { y = checkpoint(y) { $0.exp().log().exp().log() } }
        y.sum().backward()
        #expect(x.gradient?.isClose(to: .ones([1000]), tolerance: 1e-2) == true)
    }
}
