import LockstepTensor
import Testing

/// Tensors from lists of lists.
@Suite struct NestedTests {
    @Test func aListOfRowsIsAMatrix() {
        let matrix = Tensor<Float>([[1, 2, 3], [4, 5, 6]])
        #expect(matrix == Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3]))
        #expect(Tensor<Int64>([[1], [2], [3]]).shape == [3, 1])
        #expect(Tensor<Bool>([[true, false]]).scalars == [true, false])
    }

    @Test func aListOfMatricesHasThreeAxes() {
        let tensor = Tensor<Float>([[[1, 2], [3, 4]], [[5, 6], [7, 8]], [[9, 10], [11, 12]]])
        #expect(tensor == Tensor((1...12).map { Float($0) }, shape: [3, 2, 2]))
        #expect(Tensor<Float>([[[1, 2]]]).shape == [1, 1, 2])
    }

    /// The shapes that PyTorch gives lists that are empty.
    @Test func emptyListsHaveAShape() {
        let lists: [([[Float]], shape: [Int])] = [([], [0]), ([[]], [1, 0]), ([[], []], [2, 0])]
        for (rows, shape) in lists { #expect(Tensor(rows).shape == shape) }
        let matrices: [[[Float]]] = [[[], []]]
        #expect(Tensor(matrices).shape == [1, 2, 0])
        #expect(Tensor<Float>([]).shape == [0])
    }

    /// What is read from a file becomes a tensor of the type that is wanted.
    @Test func aTensorOfAnyTypeIsConverted() {
        let number = AnyTensor.float64(Tensor([1.5, -2.5]))
        #expect(number.to(Double.self) == Tensor([1.5, -2.5]))
        #expect(number.to(Float.self) == Tensor([1.5, -2.5]))
        #expect(number.to(Int64.self) == Tensor([1, -2]))
        #expect(AnyTensor.bool(Tensor([true, false])).to(Float.self) == Tensor([1, 0]))
        #expect("\(number)" == "tensor([ 1.5000, -2.5000], dtype=torch.float64)")
        #expect("\(AnyTensor.uint8(Tensor([7])))" == "tensor([7], dtype=torch.uint8)")
    }

    static let stops: [Stop] = [
        Stop("expected sequence of length 2 at dim 1 (got 3)") { _ = Tensor<Float>([[1, 2], [3, 4, 5]]) },
        Stop("expected sequence of length 2 at dim 1 (got 0)") { _ = Tensor<Float>([[1, 2], []]) },
        Stop("expected sequence of length 1 at dim 1 (got 2)") { _ = Tensor<Float>([[[1]], [[1], [2]]]) },
        Stop("expected sequence of length 2 at dim 2 (got 1)") { _ = Tensor<Float>([[[1, 2]], [[3]]]) },
        Stop("expected sequence of length 2 at dim 2 (got 1)") { _ = Tensor<Float>([[[1, 2], [3]]]) },
    ]

    @Test(arguments: 0..<stops.count) func raggedListsStop(_ index: Int) async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            [index] in NestedTests.stops[index].run()
        }
        #expect(said(NestedTests.stops[index].message, result))
    }
}
