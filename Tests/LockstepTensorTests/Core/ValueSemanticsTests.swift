import LockstepTensor
import Testing

/// Copies and views share memory, and no change of one can be seen in another.
@Suite struct ValueSemanticsTests {
    static let numbers = Tensor<Float>([0, 1, 2, 3, 4, 5], shape: [2, 3])

    @Test func copyDoesNotSeeAChange() {
        let original = Self.numbers
        var copy = original
        copy += 10
        #expect(original == Self.numbers)
        #expect(copy == Tensor([10, 11, 12, 13, 14, 15], shape: [2, 3]))
    }

    @Test func viewsDoNotSeeAChange() {
        var tensor = Self.numbers.copied()
        let (row, transposed, wide) = (tensor[0], tensor.t, tensor[0].expanded(to: [2, 3]))
        tensor.fill(7)
        #expect(row == Tensor([0, 1, 2]))
        #expect(transposed == Tensor([0, 3, 1, 4, 2, 5], shape: [3, 2]))
        #expect(wide == Tensor([0, 1, 2, 0, 1, 2], shape: [2, 3]))
        #expect(tensor == .full([2, 3], 7))
    }

    @Test func changingAViewLeavesTheWholeAlone() {
        let tensor = Self.numbers
        var row = tensor[1]
        row *= 2
        var transposed = tensor.t
        transposed -= 1
        #expect(tensor == Self.numbers)
        #expect(row == Tensor([6, 8, 10]))
        #expect(transposed == Tensor([-1, 2, 0, 3, 1, 4], shape: [3, 2]))
    }

    @Test func operandMayBeTheTensorItself() {
        var tensor = Self.numbers.copied()
        tensor += tensor
        #expect(tensor == Self.numbers * 2)
        tensor -= tensor.t.t
        #expect(tensor == .zeros([2, 3]))
    }

    @Test func soleOwnerIsChangedInPlace() {
        var tensor = Self.numbers.copied()
        let before = tensor.storage.pointer
        tensor += 1
        tensor[0, 0] = Tensor(9)
        tensor.withUnsafeMutableElements { $0[1] = 8 }
        #expect(tensor.storage.pointer == before)
        #expect(tensor == Tensor([9, 8, 3, 4, 5, 6], shape: [2, 3]))
    }

    @Test func viewsCopyNothing() {
        let tensor = Self.numbers
        let views = [
            tensor.reshaped(to: [3, 2]), tensor.t, tensor[1], tensor[.all, 1...], tensor.unsqueezed(axis: 0),
            tensor.expanded(to: [4, 2, 3]), tensor.flattened(), tensor.permuted([1, 0]),
            tensor.narrowed(axis: 1, start: 1, count: 1).squeezed(),
        ]
        #expect(views.allSatisfy { $0.storage === tensor.storage })
    }

    @Test func assignmentToAPart() {
        var tensor = Self.numbers
        tensor[.all, 0] = Tensor([7, 8])
        #expect(tensor == Tensor([7, 1, 2, 8, 4, 5], shape: [2, 3]))
        tensor[1] = Tensor(0)
        #expect(tensor == Tensor([7, 1, 2, 0, 0, 0], shape: [2, 3]))
        tensor[0..<1, ...1] = tensor[0..<1, 1...2]
        #expect(tensor == Tensor([1, 2, 2, 0, 0, 0], shape: [2, 3]))
        #expect(Self.numbers == Tensor([0, 1, 2, 3, 4, 5], shape: [2, 3]))
    }

    @Test func equalityLooksAtShapeAndElements() {
        #expect(Self.numbers != Self.numbers.flattened())
        #expect(Self.numbers == Self.numbers.t.contiguous().t)
        #expect(Tensor<Float>([.nan]) != Tensor<Float>([.nan]))
        #expect(Tensor<Int64>([1, 2]) == Tensor([1, 2]))
    }
}
