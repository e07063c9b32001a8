import LockstepTensor
import Testing

@Suite struct AutogradTests {
    @Test func gradientsAddUpOverBackwardPasses() {
        let x = Tensor<Float>([1, 2, 3], shape: [3], requiresGrad: true)
        x.square().sum().backward()
        #expect(x.gradient == Tensor([2, 4, 6]))
        x.square().sum().backward()
        #expect(x.gradient == Tensor([4, 8, 12]))
        x.gradient = nil
        (x * 3).sum().backward()
        #expect(x.gradient == Tensor([3, 3, 3]))
    }

    @Test func valueUsedSeveralTimesGetsEveryPart() {
        let x = Tensor<Float>([2], shape: [1], requiresGrad: true)
        let y = x * x
        (y * y + y + x).sum().backward()
        // d/dx (x⁴ + x² + x) = 4x³ + 2x + 1
        #expect(x.gradient == Tensor([37]))
    }

    @Test func givenGradientIsUsed() {
        let x = Tensor<Float>([1, 2], shape: [2], requiresGrad: true)
        (x * 3).backward(gradient: Tensor([10, 100]))
        #expect(x.gradient == Tensor([30, 300]))
    }

    @Test func leafItselfGetsAGradientOfOne() {
        let x = Tensor<Float>([5], shape: [1], requiresGrad: true)
        x.backward()
        #expect(x.gradient == Tensor([1]))
    }

    @Test func nothingIsRecordedInsideNoGrad() {
        let x = Tensor<Float>([1, 2], shape: [2], requiresGrad: true)
        let y = noGrad { (x * 2).reshaped(to: [2, 1]) }
        #expect(!y.requiresGrad && x.requiresGrad && isGradEnabled)
        let z = noGrad { enableGrad { x * 2 } }
        #expect(z.requiresGrad)
    }

    @Test func noGradEndsWhenItsBodyThrows() {
        struct Failure: Error {}
        #expect(throws: Failure.self) { try noGrad { throw Failure() } }
        #expect(isGradEnabled)
    }

    @Test func noGradHoldsForItsThreadAlone() async {
        let elsewhere = await withCheckedContinuation { continuation in
            noGrad { runInThread { continuation.resume(returning: isGradEnabled) } }
        }
        #expect(elsewhere)
    }

    @Test func detachedValueStopsTheGradient() {
        let x = Tensor<Float>([3], shape: [1], requiresGrad: true)
        (x * x.detached()).backward()
        #expect(x.gradient == Tensor([3]))
    }

    @Test func constantInputsGetNoGradient() {
        let x = Tensor<Float>([3], shape: [1], requiresGrad: true)
        let c = Tensor<Float>([2])
        (x * c).backward()
        #expect(c.gradient == nil && x.gradient == c)
    }

    @Test func intermediateResultsKeepNoGradient() {
        let x = Tensor<Float>([3], shape: [1], requiresGrad: true)
        let y = x * 2
        y.backward()
        #expect(y.gradient == nil && !y.isLeaf && x.isLeaf)
    }

    @Test func retainedGraphCanBeUsedAgain() {
        let x = Tensor<Float>([2], shape: [1], requiresGrad: true)
        let y = x.exp().square()
        y.backward(retainGraph: true)
        let once = x.gradient!  // Backward has just put it there.
        y.backward()
        #expect(x.gradient == once + once)
    }

    @Test func operatorsThatSaveNothingCanBeGoneThroughTwice() {
        let x = Tensor<Float>([2], shape: [1], requiresGrad: true)
        let y = x + 1
        y.backward()
        y.backward()
        #expect(x.gradient == Tensor([2]))
    }

    @Test func handWrittenUpdateChangesTheLeafInPlace() {
        var w = Tensor<Float>([1, 2], shape: [2], requiresGrad: true)
        for _ in 0..<2 {
            (w * w).sum().backward()
            noGrad { w -= 0.25 * w.gradient! }  // Backward has just put it there.
            w.gradient = nil
        }
        #expect(w == Tensor([0.25, 0.5]))
        #expect(w.isLeaf && w.requiresGrad)
    }

    @Test func laterInPlaceChangeDoesNotSpoilWhatWasSaved() {
        let x = Tensor<Float>([1, 2, 3], shape: [3], requiresGrad: true)
        var y = x * 2
        let z = y * y
        noGrad { y *= 100 }
        z.sum().backward()
        #expect(x.gradient == Tensor([8, 16, 24]))
    }

    @Test func recordedInPlaceAdditionIsDifferentiated() {
        let x = Tensor<Float>([1, 2], shape: [2], requiresGrad: true)
        var sum = Tensor<Float>([0, 0])
        for _ in 0..<3 { sum += x * x }
        sum.sum().backward()
        #expect(x.gradient == Tensor([6, 12]))
    }

    @Test func gradientGoesThroughAConversion() {
        let x = Tensor<Float>([0.5, 2], shape: [2], requiresGrad: true)
        let loss = Tensor<Double>(converting: x * 3).square().sum()
        loss.backward()
        #expect(x.gradient == Tensor([9, 36]))
    }

    @Test(arguments: [true, false]) func graphOfAMillionNodesIsBuiltDifferentiatedAndFreed(backward: Bool) {
        let x = Tensor<Float>([1], shape: [1], requiresGrad: true)
        var y = x
        for _ in 0..<1_000_000 { y = y + x }
        if backward {
            y.backward()
            #expect(x.gradient == Tensor([1_000_001]))
        }
    }

    @Test func graphOfDoubleUsesIsFreedWithoutRecursion() {
        let x = Tensor<Float>([1], shape: [1], requiresGrad: true)
        var y = x
        for _ in 0..<300_000 { y = y * y }
        #expect(y == Tensor([1]))
    }
}
