import LockstepTensor
import Testing

/// Steps, masks, index tensors, and assigning to what they pick.
@Suite struct IndexingTests {
    static let x = Tensor<Float>([0, 1, 2, 3, 4, 5], shape: [2, 3])

    @Test func stepsAndNewAxes() {
        let x = Self.x
        #expect(x[.all, .slice(by: 2)] == Tensor([0, 2, 3, 5], shape: [2, 2]))
        #expect(x[0, .slice(1, nil, by: 2)] == Tensor([1]) && x[0, .slice(-2, -1)] == Tensor([1]))
        #expect(x[0, .slice(nil, 3, by: 5)] == Tensor([0]) && x[0, .slice(5, by: 2)].shape == [0])
        #expect(x[.all, .newAxis].shape == [2, 1, 3] && x[.ellipsis, 0] == x[.all, 0])
        #expect(x[.newAxis, .ellipsis, .newAxis].shape == [1, 2, 3, 1] && x[.ellipsis, 1, 2].item() == 5)
        #expect(x.t[.slice(by: 2), 1] == Tensor([3, 5]))
    }

    @Test func assignment() {
        var x = Self.x
        x[.all, 1] = 9
        x[0, .slice(by: 2)] = Tensor([7, 8])
        #expect(x == Tensor([7, 9, 8, 3, 9, 5], shape: [2, 3]))
        x[x .> 8] = 0
        #expect(x == Tensor([7, 0, 8, 3, 0, 5], shape: [2, 3]))
        x[x .== 0] = Tensor([1, 2])
        #expect(x == Tensor([7, 1, 8, 3, 2, 5], shape: [2, 3]))
        x[Tensor([false, true])] = Tensor([4, 5, 6])
        #expect(x == Tensor([7, 1, 8, 4, 5, 6], shape: [2, 3]))
        x[Tensor([true, false])] = -1
        x[1] -= 4
        #expect(x == Tensor([-1, -1, -1, 0, 1, 2], shape: [2, 3]))
        #expect(Self.x == Tensor([0, 1, 2, 3, 4, 5], shape: [2, 3]), "a copy is not changed")
        var flags = Tensor<Bool>.zeros([3])
        flags[1...] = true
        #expect(flags == Tensor([false, true, true]))
    }

    @Test func assignmentIsDifferentiable() {
        let (x, y) = (Tensor<Float>.ones([2, 2]).requiringGrad(), Tensor<Float>.full([2], 3).requiringGrad())
        var z = x * 2
        z[0] = y
        z[z .== 2] = 5
        z[.all, 1] *= 10
        #expect(z == Tensor([3, 30, 5, 50], shape: [2, 2]))
        z.sum().backward()
        #expect(x.gradient == .zeros([2, 2]) && y.gradient == Tensor([1, 10]))
        var leaf = x
        noGrad { leaf[0] = 7 }
        #expect(leaf.isLeaf && leaf.requiresGrad && leaf == Tensor([7, 7, 1, 1], shape: [2, 2]))
    }

    @Test func masks() {
        let x = Self.x
        #expect(x[x .> 2] == Tensor([3, 4, 5]) && x[Tensor([true, false])] == x[0..<1])
        #expect(x.selected(where: Tensor([true, false, true])) == Tensor([0, 2, 3, 5]))
        #expect(Tensor<Float>(2).selected(where: .full([2], true)) == Tensor([2, 2]))
        #expect(x[x .> 9].shape == [0] && Tensor<Float>(2)[Tensor(true)] == Tensor([2]))
        #expect((x .> 3).nonzero() == Tensor([1, 1, 1, 2], shape: [2, 2]))
    }

    @Test func gathering() {
        let x = Self.x
        #expect(x.gathered(axis: 1, indices: Tensor([2, 0], shape: [2, 1])) == Tensor([2, 3], shape: [2, 1]))
        #expect(x.gathered(axis: 0, indices: Tensor([1, 0], shape: [1, 2])) == Tensor([3, 1], shape: [1, 2]))
        #expect(
            x.t.gathered(axis: -1, indices: Tensor([1, 1, 0], shape: [3, 1])) == Tensor([3, 4, 2], shape: [3, 1]))
        #expect(x.selected(axis: 1, indices: Tensor([2, 2, 0])) == Tensor([2, 2, 0, 5, 5, 3], shape: [2, 3]))
        #expect(x[Tensor<Int64>([-1, 0, 1, 1], shape: [2, 2])].shape == [2, 2, 3])
        #expect(x[Tensor<Int64>([-1, 0])] == x.flipped(axes: [0]))
        #expect(x.gathered(axis: 0, indices: .zeros([0])).shape == [0])
        #expect(Tensor<Float>(7).gathered(axis: 0, indices: Tensor([0, 0])) == Tensor([7, 7]))
        #expect(Tensor([true, false]).selected(axis: 0, indices: Tensor([1, 1, 0])) == Tensor([false, false, true]))
    }

    @Test func scattering() {
        let zeros = Tensor<Float>.zeros([2, 3])
        let indices = Tensor<Int64>([2, 2, 0, 1], shape: [2, 2])
        let source = Tensor<Float>([1, 2, 3, 4, 5, 6], shape: [2, 3])
        #expect(zeros.scatterAdding(source, axis: 1, indices: indices) == Tensor([0, 0, 3, 4, 5, 0], shape: [2, 3]))
        #expect(zeros.scattering(source, axis: 1, indices: indices) == Tensor([0, 0, 2, 4, 5, 0], shape: [2, 3]))
        #expect(
            zeros.t.scatterAdding(source.t, axis: 0, indices: indices.t).t
                == zeros.scatterAdding(source, axis: 1, indices: indices))
        #expect(Tensor<UInt8>([250]).scatterAdding(Tensor([10]), axis: 0, indices: Tensor([0])) == Tensor([4]))
        #expect(Tensor<Float>(1).scatterAdding(Tensor([2]), axis: 0, indices: Tensor(0)).item() == 3)
    }
}
