/// Where in a storage the elements of a tensor lie.
package struct Layout: Sendable, Equatable {
    /// Elements along each axis; empty for a scalar.
    package var shape: [Int]
    /// How far apart, in elements, neighbours along each axis lie; 0 along a broadcast axis.
    package var strides: [Int]
    /// The first element's place in the storage.
    package var offset: Int

    /// Rows after rows with no gap, the last axis fastest (C order, PyTorch's default).
    package init(contiguous shape: [Int], offset: Int = 0) {
        self.shape = shape
        self.strides = Layout.contiguousStrides(shape)
        self.offset = offset
    }

    package init(shape: [Int], strides: [Int], offset: Int) {
        self.shape = shape
        self.strides = strides
        self.offset = offset
    }

    /// How many elements there are: the product of the sizes, 1 for a scalar.
    package var count: Int { shape.reduce(1, *) }

    /// Whether the elements lie in order with no gap. An axis of size 1 may have any stride.
    package var isContiguous: Bool {
        var expected = 1
        for axis in shape.indices.reversed() where shape[axis] != 1 {
            if strides[axis] != expected { return count == 0 }
            expected *= shape[axis]
        }
        return true
    }

    package static func contiguousStrides(_ shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        for axis in shape.indices.reversed().dropFirst() {
            strides[axis] = strides[axis + 1] * Swift.max(shape[axis + 1], 1)
        }
        return strides
    }
}
