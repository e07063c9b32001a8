/// Where in a storage the elements of a tensor lie.
package struct Layout: Sendable, Equatable {
    /// Elements along each axis; empty for a scalar.
    package let shape: [Int]
    /// How far apart, in elements, neighbours along each axis lie; 0 along a broadcast axis.
    package let strides: [Int]
    /// The first element's place in the storage.
    package let offset: Int
    /// How many elements there are: the product of the sizes, 1 for a scalar.
    package let count: Int
    /// Whether the elements lie in row-major order with no gap. An axis of size 1 may have any stride.
    package let isContiguous: Bool

    /// Rows after rows with no gap, the last axis fastest (C order, PyTorch's default).
    package init(contiguous shape: [Int], offset: Int = 0) {
        if shape.contains(where: { $0 < 0 }) { fatalError("Dimension size must be non-negative, but got \(shape)") }
        self.shape = shape
        self.strides = Layout.contiguousStrides(shape)
        self.offset = offset
        self.count = shape.reduce(1, *)
        self.isContiguous = true
    }

    package init(shape: [Int], strides: [Int], offset: Int) {
        self.shape = shape
        self.strides = strides
        self.offset = offset
        self.count = shape.reduce(1, *)
        self.isContiguous = Layout.isContiguous(shape: shape, strides: strides)
    }

    package static func contiguousStrides(_ shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        for axis in shape.indices.reversed().dropFirst() {
            strides[axis] = strides[axis + 1] * Swift.max(shape[axis + 1], 1)
        }
        return strides
    }

    private static func isContiguous(shape: [Int], strides: [Int]) -> Bool {
        var expected = 1
        for axis in shape.indices.reversed() where shape[axis] != 1 {
            if shape[axis] == 0 { return true }
            if strides[axis] != expected { return shape.contains(0) }
            expected *= shape[axis]
        }
        return true
    }
}

extension Layout {
    /// The axis that `axis` names, where -1 is the last; stops with PyTorch's message where there is none.
    ///
    /// `rank` is that of the layout unless given; a scalar has axes 0 and -1, as in PyTorch.
    func resolve(axis: Int, rank: Int? = nil) -> Int {
        let rank = Swift.max(rank ?? shape.count, 1)
        guard axis >= -rank, axis < rank else {
            fatalError("Dimension out of range (expected to be in range of [\(-rank), \(rank - 1)], but got \(axis))")
        }
        return axis < 0 ? axis + rank : axis
    }

    /// The shape that two shapes are broadcast to: sizes are compared from the last axis, and a 1 stretches to the other size.
    static func broadcast(_ a: [Int], _ b: [Int]) -> [Int] {
        if a == b { return a }
        let rank = Swift.max(a.count, b.count)
        return (0..<rank).map { axis in
            let (inA, inB) = (axis - rank + a.count, axis - rank + b.count)
            let (sizeA, sizeB) = (inA < 0 ? 1 : a[inA], inB < 0 ? 1 : b[inB])
            guard sizeA == sizeB || sizeA == 1 || sizeB == 1 else {
                fatalError(
                    "The size of tensor a (\(sizeA)) must match the size of tensor b (\(sizeB)) "
                        + "at non-singleton dimension \(axis)")
            }
            return sizeA == 1 ? sizeB : sizeA
        }
    }

    /// The strides with which the elements are walked in the larger `shape`: 0 along axes that are stretched.
    func strides(broadcastTo target: [Int]) -> [Int] {
        if target == shape { return strides }
        let missing = target.count - shape.count
        return target.indices.map { axis in
            axis < missing || (shape[axis - missing] == 1 && target[axis] != 1) ? 0 : strides[axis - missing]
        }
    }
}
