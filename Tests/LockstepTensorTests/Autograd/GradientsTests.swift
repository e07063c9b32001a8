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

    @Test(arguments: [
        Stop("One of the differentiated Tensors appears to not have been used in the graph.") {
            let a = Tensor<Float>([1], shape: [1], requiresGrad: true)
            let b = Tensor<Float>([1], shape: [1], requiresGrad: true)
            _ = grad(of: a * 2, withRespectTo: b)
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
    ])
    func stops(_ stop: Stop) async {
        let (run, message) = (stop.run, stop.message)
        _ = (run, message)
    }
}
