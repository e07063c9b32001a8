import LockstepTensor
import Testing

/// Flips, rolls, copies, splits, diagonals, and sorting; figures are those of PyTorch 2.15.
@Suite struct MovementTests {
    static let x = Tensor<Int64>([0, 1, 2, 3, 4, 5], shape: [2, 3])

    @Test func flipsAndRolls() {
        let x = Self.x
        #expect(x.flipped(axes: [0, 1]) == Tensor([5, 4, 3, 2, 1, 0], shape: [2, 3]))
        #expect(x.flipped(axes: [-1]) == Tensor([2, 1, 0, 5, 4, 3], shape: [2, 3]))
        #expect(x.flipped(axes: []) == x && x.t.flipped(axes: [0]).t == x.flipped(axes: [1]))
        #expect(Tensor<Bool>.zeros([2, 0]).flipped(axes: [0, 1]).shape == [2, 0])
        #expect(x.rolled(by: 1, axis: 1) == Tensor([2, 0, 1, 5, 3, 4], shape: [2, 3]))
        #expect(x.rolled(by: -10, axis: 1) == x.rolled(by: 2, axis: -1))
        #expect(x.rolled(by: 1) == Tensor([5, 0, 1, 2, 3, 4], shape: [2, 3]))
        #expect(x.rolled(by: [1, 1], axes: [0, 1]) == Tensor([5, 3, 4, 2, 0, 1], shape: [2, 3]))
        #expect(Tensor<Int64>(3).rolled(by: 2).item() == 3 && Tensor<Float>.zeros([0]).rolled(by: 1).shape == [0])
    }

    @Test func copies() {
        let x = Self.x
        #expect(x.repeated([1, 2]) == Tensor([0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5], shape: [2, 6]))
        #expect(x[0].repeated([2, 1]) == Tensor([0, 1, 2, 0, 1, 2], shape: [2, 3]))
        #expect(x.repeated([0, 1]).shape == [0, 3] && Tensor<Float>(1).repeated([2, 2]) == .ones([2, 2]))
        #expect(x.t.tiled([2]) == x.t.repeated([1, 2]) && x[0].tiled([2, 2]).shape == [2, 6])
        #expect(Tensor<Float>.zeros([1, 2, 3, 4]).movedAxis(from: 0, to: -1).shape == [2, 3, 4, 1])
        #expect(Tensor<Float>.zeros([1, 2, 3, 4]).movedAxes(from: [0, -1], to: [1, 0]).shape == [4, 1, 2, 3])
    }

    @Test func splits() {
        let x = Tensor<Int64>.arange(10).reshaped(to: [2, 5])
        #expect(x.split(2, axis: 1).map(\.shape) == [[2, 2], [2, 2], [2, 1]])
        #expect(x.split([1, 4], axis: -1)[1] == x[.all, 1...])
        #expect(x.chunked(3, axis: 1).map(\.shape) == [[2, 2], [2, 2], [2, 1]])
        #expect(x.chunked(4, axis: 1).count == 3, "as many parts as the size of the first gives")
        #expect(x.unbound() == [x[0], x[1]] && x.unbound(axis: 1)[3] == Tensor([3, 8]))
        #expect(x.selected(axis: 1, index: -1) == Tensor([4, 9]))
        #expect(Tensor<Float>.zeros([0, 2]).split(0).map(\.shape) == [[0, 2]])
        #expect(Tensor<Float>.zeros([0, 2]).unbound().isEmpty)
    }

    @Test func diagonals() {
        let x = Self.x
        #expect(x.diagonal() == Tensor([0, 4]) && x.diagonal(offset: 1) == Tensor([1, 5]))
        #expect(x.diagonal(offset: -1) == Tensor([3]) && x.diagonal(offset: 5).shape == [0])
        #expect(Tensor<Float>.zeros([2, 3, 4]).diagonal(axes: 0, -1).shape == [3, 2])
        #expect(Tensor<Float>([1, 2]).diag(-1) == Tensor([0, 0, 0, 1, 0, 0, 0, 2, 0], shape: [3, 3]))
        #expect(x.diag(2) == Tensor([2]) && x.trace().item() == 4)
        #expect(x.tril() == Tensor([0, 0, 0, 3, 4, 0], shape: [2, 3]))
        #expect(x.triu(diagonal: 1) == Tensor([0, 1, 2, 0, 0, 5], shape: [2, 3]))
        #expect(x.tril(diagonal: -5) == .zeros([2, 3]) && x.triu(diagonal: -5) == x && x.tril(diagonal: 9) == x)
        #expect(Tensor<Bool>.full([2, 2, 2], true).triu().sum().item() == 6)
    }

    @Test func sorting() {
        let x = Tensor<Int64>([3, 1, 2, -4, 9, 0], shape: [2, 3])
        #expect(x.sorted().values == Tensor([1, 2, 3, -4, 0, 9], shape: [2, 3]))
        #expect(x.sorted().indices == Tensor([1, 2, 0, 0, 2, 1], shape: [2, 3]))
        #expect(x.argsort(axis: 0, descending: true) == Tensor([0, 1, 0, 1, 0, 1], shape: [2, 3]))
        #expect(x.t.sorted(axis: 0).values == x.sorted().values.t)
        #expect(Tensor([true, false, true]).sorted().indices == Tensor([1, 0, 2]))
        let odd = Tensor<Float>([2, .nan, -1, .infinity])
        #expect(odd.argsort() == Tensor([2, 0, 3, 1]) && odd.argsort(descending: true) == Tensor([1, 3, 0, 2]))
        #expect(odd.topk(2).indices == Tensor([1, 3]) && odd.topk(1, largest: false).values == Tensor([-1]))
        #expect(Tensor<Float>(2).sorted().indices.item() == 0 && Tensor<Float>.zeros([0]).sorted().values.shape == [0])
    }

    /// Long enough to be merged from many runs; equal elements must keep their order.
    @Test(arguments: [16, 17, 100, 5000]) func sortingIsStable(_ count: Int) {
        let keys = (0..<count).map { Int32(($0 * 7919 + 13) % 10) }
        for descending in [false, true] {
            let expected = keys.indices.sorted { a, b in
                keys[a] == keys[b] ? a < b : (keys[a] < keys[b]) != descending
            }
            #expect(Tensor(keys).argsort(descending: descending).scalars == expected.map { Int64($0) })
            let first = Tensor(keys).topk(12, largest: descending)
            #expect(first.indices.scalars == expected.prefix(12).map { Int64($0) })
            #expect(first.values.scalars == expected.prefix(12).map { keys[$0] })
        }
    }

    @Test func joiningLeavesOutEmptyVectors() {
        let empty = Tensor<Int64>.zeros([0])
        #expect(concatenated([empty, Self.x, empty], axis: 1) == Self.x)
        #expect(concatenated([empty, empty]).shape == [0])
    }
}
