import LockstepTensor
import Testing

@Suite struct GradientsTests {
    private let x = Tensor<Float>([1, 2], shape: [2], requiresGrad: true)

    @Test func gradientsAreReturnedAndAddedToNoLeaf() {
        let w = Parameter(Tensor([3, 4]))
        let y = (x * w.value).square().sum()
        let gradients = grad(of: y, withRespectTo: [x, w.value])
        #expect(gradients == [Tensor([18, 64]), Tensor([6, 32])])
        #expect(x.gradient == nil && w.gradient == nil)
    }

    @Test func resultsOnTheWayHaveGradientsToo() {
        let y = x * 3
        let z = y.square()
        let gradients = grad(of: z.sum(), withRespectTo: [x, y, z])
        #expect(gradients == [Tensor([18, 36]), Tensor([6, 12]), Tensor([1, 1])])
    }

    @Test func givenGradientIsUsed() {
        #expect(grad(of: x * 3, withRespectTo: x, gradient: Tensor([10, 100])) == Tensor([30, 300]))
    }

    @Test func severalOutputsAreDifferentiatedTogether() {
        let y = x.square()
        let z = y.sum() * 3
        // y with its own gradient, and z, which y leads to: 2x (1, 10) + 6x.
        let gradients = grad(
            of: [y, z], withRespectTo: [x], gradients: [Tensor([1, 10]), nil], retainGraph: true)
        #expect(gradients == [Tensor([8, 52])])
        #expect(grad(of: [z, y.sum()], withRespectTo: [y, x]) == [Tensor([4, 4]), Tensor([8, 16])])
        // The same output twice counts twice.
        let w = x.sum()
        #expect(grad(of: [w, w], withRespectTo: [x]) == [Tensor([2, 2])])
        #expect(x.gradient == nil)
    }

    @Test func severalOutputsHaveSecondDerivatives() {
        let slopes = grad(of: [x.pow(3).sum(), x.square().sum()], withRespectTo: [x], createGraph: true)
        #expect(slopes == [Tensor([5, 16])])
        #expect(grad(of: slopes[0].sum(), withRespectTo: x) == Tensor([8, 14]))  // 6x + 2
    }

    @Test func backwardOfSeveralTensorsAddsToLeaves() {
        let y = x.square()
        backward([y, y.sum()], gradients: [Tensor([1, 0]), nil])
        #expect(x.gradient == Tensor([4, 4]))
    }

    @Test func anotherNumberOfGradientsStops() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let x = Tensor<Float>([1], shape: [1], requiresGrad: true)
            _ = grad(of: [x.sum(), x.sum()], withRespectTo: [x], gradients: [nil])
        }
        #expect(said("got 2 tensors and 1 gradients", result))
        let second = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let x = Tensor<Float>([1], shape: [1], requiresGrad: true)
            _ = grad(of: [x.sum(), Tensor(1)], withRespectTo: [x])
        }
        #expect(said("element 1 of tensors does not require grad and does not have a grad_fn", second))
    }

    @Test func resultForItselfHasAGradientOfOne() {
        let y = (x * 2).sum()
        #expect(grad(of: y, withRespectTo: y) == Tensor(1))
    }

    @Test func unusedInputHasZerosIfAskedFor() {
        let other = Tensor<Float>([5], shape: [1], requiresGrad: true)
        #expect(grad(of: x.sum(), withRespectTo: other, materializeGrads: true) == Tensor([0]))
    }

    @Test func whatNobodyAskedForIsNotComputed() {
        let other = Tensor<Float>([5, 6], shape: [2], requiresGrad: true)
        let y = customFunction("Never", [other], forward: { $0[0] }) { _, _, _ in fatalError("was computed") }
        #expect(grad(of: (x * y).sum(), withRespectTo: x) == Tensor([5, 6]))
    }

    @Test func laterBackwardIsAsIfThereHadBeenNone() {
        let y = x.square()
        let z = y.sum()
        _ = grad(of: z, withRespectTo: y, retainGraph: true)
        _ = grad(of: z, withRespectTo: x, retainGraph: true)
        z.backward()
        #expect(x.gradient == Tensor([2, 4]))
    }

    @Test func hookSeesTheWholeGradientAndMayReplaceIt() {
        let seen = Box<[Tensor<Float>]>([])
        let y = x * 2
        y.registerHook {
            seen.value.append($0); return nil
        }
        let handle = y.registerHook { $0 * 10 }
        (y + y.square()).sum().backward(retainGraph: true)
        // dy = 1 + 2y = [5, 9]
        #expect(seen.value == [Tensor([5, 9])] && x.gradient == Tensor([100, 180]))
        handle.remove()
        handle.remove()
        x.gradient = nil
        let gradients = grad(of: y.sum(), withRespectTo: [x, y])
        #expect(gradients == [Tensor([2, 2]), Tensor([1, 1])])
        #expect(seen.value.count == 2)
    }

    @Test func hookOfALeafSeesWhatOnePassAdds() {
        let seen = Box<[Tensor<Float>]>([])
        let w = Parameter(Tensor([1, 1]))
        for leaf in [x, w.value] {
            leaf.registerHook {
                seen.value.append($0); return $0 * 2
            }
            for _ in 0..<2 { (leaf * 3 + leaf).sum().backward() }
        }
        #expect(seen.value == Array(repeating: Tensor([4, 4]), count: 4))
        #expect(x.gradient == Tensor([16, 16]) && w.gradient == Tensor([16, 16]))
    }

    @Test func hookOfAWeightWorksThroughAFusedLayer() {
        let w = Parameter(Tensor([1, 2], shape: [1, 2]))
        w.value.registerHook { $0 * 0.5 }
        linear(Tensor([4, 6], shape: [1, 2]), w.value).backward()
        #expect(w.gradient == Tensor([2, 3], shape: [1, 2]))
    }

    @Test func retainedGradientStaysOnTheWay() {
        let y = x * 2
        y.retainGradient()
        x.retainGradient()
        y.square().sum().backward()
        #expect(y.gradient == Tensor([4, 8]) && x.gradient == Tensor([8, 16]))
        y.gradient = nil
        #expect(y.gradient == nil)
    }

    @Test func customFunctionUsesItsOwnBackward() {
        let y = customFunction("Crooked", [x, x * 3], forward: { $0[0] + $0[1] }) { gradient, inputs, result in
            [gradient * 100, inputs[1] * result]
        }
        y.sum().backward()
        #expect(y.gradientFunctionName == "CrookedBackward")
        // 100 + 3 · (3x)(4x)
        #expect(x.gradient == Tensor([136, 244]))
    }

    @Test func customFunctionIsNotRecordedWhereNothingIs() {
        let y = customFunction("F", [x.detached()], forward: { $0[0] }) { gradient, _, _ in [gradient] }
        #expect(!y.requiresGrad)
    }

    @Test func anomalyDetectionChangesNoGradient() {
        let z = Tensor<Double>(converting: (x * x + x.exp()).reshaped(to: [1, 2])).sum()
        let plain = grad(of: z, withRespectTo: Tensor(converting: x), retainGraph: true, materializeGrads: true)
        #expect(plain == Tensor([0, 0]))
        detectAnomaly { z.backward(retainGraph: true) }
        let checked = x.gradient
        x.gradient = nil
        z.backward()
        #expect(x.gradient == checked && checked != nil)
    }

    static let stops = [
        Stop("One of the differentiated Tensors appears to not have been used in the graph.") {
            let a = Tensor<Float>([1], shape: [1], requiresGrad: true)
            _ = grad(of: a * 2, withRespectTo: Tensor<Float>([1], shape: [1], requiresGrad: true))
        },
        Stop("One of the differentiated Tensors does not require grad") {
            let a = Tensor<Float>([1], shape: [1], requiresGrad: true)
            _ = grad(of: a * 2, withRespectTo: Tensor([1]))
        },
        Stop("Trying to backward through the graph a second time") {
            let a = Tensor<Float>([1], shape: [1], requiresGrad: true)
            let b = a.exp()
            _ = grad(of: b, withRespectTo: a)
            _ = grad(of: b, withRespectTo: a)
        },
        Stop("Function 'SqrtBackward0' returned nan values in its 0th output.") {
            let a = Tensor<Float>([0], shape: [1], requiresGrad: true)
            detectAnomaly { (a.sqrt() * 0).backward() }
        },
        Stop("Function 'MulBackward0' returned nan values in its 1th output.") {
            let a = Tensor<Float>([1], shape: [1], requiresGrad: true)
            let b = Tensor<Float>([1], shape: [1], requiresGrad: true)
            detectAnomaly { ((a / 0) * b.log()).backward(gradient: Tensor([0]), createGraph: true) }
        },
        Stop("function HalfBackward returned an incorrect number of gradients (expected 1, got 2)") {
            let a = Tensor<Float>([1], shape: [1], requiresGrad: true)
            customFunction("Half", [a], forward: { $0[0] }) { gradient, _, _ in [gradient, nil] }.backward()
        },
        Stop("Function HalfBackward returned an invalid gradient at index 0 - got [2]") {
            let a = Tensor<Float>([1], shape: [1], requiresGrad: true)
            customFunction("Half", [a], forward: { $0[0] }) { _, _, _ in [Tensor([1, 2])] }.backward()
        },
        Stop("cannot register a hook on a tensor that doesn't require gradient") {
            Tensor<Float>([1]).registerHook { _ in nil }
        },
        Stop("can't retain_grad on Tensor that has requires_grad=False") { Tensor<Float>([1]).retainGradient() },
        Stop("hook has returned a tensor of shape [2], expected that of the gradient: [1]") {
            let a = Tensor<Float>([1], shape: [1], requiresGrad: true)
            a.registerHook { _ in Tensor([1, 2]) }
            a.exp().backward()
        },
    ]

    @Test(arguments: stops.indices) func programmersErrorStops(_ place: Int) async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            [place] in GradientsTests.stops[place].run()
        }
        #expect(said(GradientsTests.stops[place].message, result))
    }
}

/// A value that a closure can change.
final class Box<Value> {
    var value: Value
    init(_ value: Value) { self.value = value }
}
