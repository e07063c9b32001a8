import LockstepTensor
import Testing

/// Creation, views, slices, joining and printing.
@Suite struct ShapeTests {
    static let x = Tensor<Float>([0, 1, 2, 3, 4, 5], shape: [2, 3])

    @Test func creation() {
        #expect(Tensor<Float>.zeros([2]) == Tensor([0, 0]))
        #expect(Tensor<Int64>.ones([2, 1]) == Tensor([1, 1], shape: [2, 1]))
        #expect(Tensor<Bool>.zeros([1]) == Tensor([false]))
        #expect(Tensor.full([2], Float(3)) == Tensor([3, 3]))
        #expect(Tensor.zerosLike(Self.x) == .zeros([2, 3]) && Tensor.onesLike(Self.x) == .ones([2, 3]))
        #expect(Tensor<Float>.arange(0, 1, step: 0.3) == Tensor([0, 0.3, 0.6, 0.9]))
        #expect(Tensor<Float>.arange(3) == Tensor([0, 1, 2]))
        #expect(Tensor<Int64>.arange(5, -1, step: -2) == Tensor([5, 3, 1]))
        #expect(Tensor<Float>.arange(2, 2).shape == [0])
        #expect(Tensor<Float>.linspace(-1, 2, steps: 5) == Tensor([-1, -0.25, 0.5, 1.25, 2]))
        #expect(Tensor<Float>.linspace(0, 1, steps: 4) == Tensor([0, 0.33333334, 0.6666666, 1]))
        #expect(Tensor<Float>.linspace(3, 4, steps: 1) == Tensor([3]))
        #expect(Tensor<Float>.linspace(3, 4, steps: 0).shape == [0])
        #expect(Tensor<Float>(7).item() == 7 && Tensor<Float>(7).shape == [])
    }

    @Test func views() {
        let x = Self.x
        #expect(x.reshaped(to: [3, -1]) == Tensor([0, 1, 2, 3, 4, 5], shape: [3, 2]))
        #expect(x.t == Tensor([0, 3, 1, 4, 2, 5], shape: [3, 2]))
        #expect(x.t.reshaped(to: [6]) == Tensor([0, 3, 1, 4, 2, 5]))
        #expect(x.transposed(-1, 0) == x.t)
        #expect(x.unsqueezed(axis: 0).shape == [1, 2, 3])
        #expect(x.unsqueezed(axis: 1).shape == [2, 1, 3])
        #expect(x.unsqueezed(axis: -1).shape == [2, 3, 1])
        #expect(x.unsqueezed(axis: 1).squeezed(axis: 1) == x && x.squeezed(axis: 0) == x)
        #expect(x.reshaped(to: [1, 2, 1, 3]).squeezed() == x)
        #expect(x[0].expanded(to: [2, -1]) == Tensor([0, 1, 2, 0, 1, 2], shape: [2, 3]))
        #expect(Tensor<Float>([1]).expanded(to: [0]).shape == [0])
        #expect(x.flattened() == Tensor([0, 1, 2, 3, 4, 5]))
        #expect(Tensor<Float>.zeros([2, 3, 4]).flattened(from: 1).shape == [2, 12])
        #expect(Tensor<Float>.zeros([2, 3, 4]).flattened(from: 0, through: 1).shape == [6, 4])
        #expect(Tensor<Float>(1).flattened().shape == [1])
        #expect(Tensor<Float>.zeros([0, 3]).reshaped(to: [3, 0]).shape == [3, 0])
        #expect(Tensor<Float>(5).t.item() == 5 && Tensor<Float>(5).transposed(0, -1).item() == 5)
    }

    @Test func slices() {
        let x = Self.x
        #expect(x[1] == Tensor([3, 4, 5]))
        #expect(x[-1, -2].item() == 4)
        #expect(x[0..<1] == Tensor([0, 1, 2], shape: [1, 3]))
        #expect(x[.all, 1] == Tensor([1, 4]))
        #expect(x[.all, 1...] == Tensor([1, 2, 4, 5], shape: [2, 2]))
        #expect(x[.all, ..<2] == Tensor([0, 1, 3, 4], shape: [2, 2]))
        #expect(x[.all, 0...1] == x[.all, ..<2] && x[.all, ...1] == x[.all, ..<2])
        #expect(x[.all, -2 ... -1] == x[.all, 1...])
        #expect(x[0..<99].shape == [2, 3] && x[5..<7].shape == [0, 3])
        #expect(x.t[1..., 0] == Tensor([1, 2]))
        #expect(x.narrowed(axis: -1, start: -2, count: 1) == Tensor([1, 4], shape: [2, 1]))
        #expect(Tensor<Int64>([4, 5, 6])[1].item() == 5)
    }

    @Test func joining() {
        let x = Self.x
        #expect(concatenated([x, x[0..<1]]) == Tensor([0, 1, 2, 3, 4, 5, 0, 1, 2], shape: [3, 3]))
        #expect(concatenated([x, x.t[0..<2, 0..<1]], axis: 1) == Tensor([0, 1, 2, 0, 3, 4, 5, 1], shape: [2, 4]))
        #expect(stacked([x[0], x[1]]) == x)
        #expect(stacked([x[0], x[1]], axis: -1) == x.t)
    }
}
