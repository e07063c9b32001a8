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
        let rows: [[Float]] = []
        #expect(Tensor(rows).shape == [0])
        #expect(Tensor<Float>([]).shape == [0])
        #expect(Tensor<Float>([[], []]).shape == [2, 0])
        #expect(Tensor<Float>([[[], []]]).shape == [1, 2, 0])
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
