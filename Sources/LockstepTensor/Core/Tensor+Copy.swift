import CLockstepKernels

extension Tensor {
    /// The same tensor with its elements in row-major order with no gaps: itself where they already are.
    ///
    /// Gradient: passed on.
    @_specialize(where Scalar == Float)
    public func contiguous() -> Tensor {
        if layout.isContiguous { return self }
        var result = copied()
        // The same values in another order of memory: backward goes on where it would for this tensor.
        if records(node) { result.node = node }
        return result
    }

    /// A copy in memory of its own, in row-major order; not recorded for backward.
    @_specialize(where Scalar == Float)
    package func copied() -> Tensor {
        var result = Tensor(uninitialized: shape)
        result.write(self, at: result.layout)
        return result
    }

    /// Copies the elements of `source` to where `region` says in this tensor's storage, which no other tensor may hold.
    mutating func write(_ source: Tensor, at region: Layout) {
        guard source.count > 0 else { return }
        let size = MemoryLayout<Scalar>.stride
        withExtendedLifetime((storage, source.storage)) {
            let target = storage.pointer + region.offset
            if source.layout.isContiguous, region.isContiguous {
                target.copy(from: source.pointer, count: source.count)
                return
            }
            let loops = LoopNest(shape: region.shape, strides: [source.layout.strides, region.strides])
            loops.forEachPlane { offsets in
                lk_copy(
                    size, loops.rows, loops.columns,
                    source.pointer + offsets[0], loops.rowStrides[0], loops.columnStrides[0],
                    target + offsets[1], loops.rowStrides[1], loops.columnStrides[1])
            }
        }
    }

    /// Sets every element to `value`, in place where nobody else holds the memory.
    ///
    /// What was there has no part in the result any more, so its gradient is 0. Stops for a leaf that requires a gradient,
    /// outside of `noGrad`.
    @_specialize(where Scalar == Float)
    public mutating func fill(_ value: Scalar) {
        checkNotLeaf()
        if records(node) { node = nil }
        if !layout.isContiguous || !isKnownUniquelyReferenced(&storage) {
            let node = node
            self = Tensor(uninitialized: shape)
            self.node = node
        }
        (storage.pointer + layout.offset).fill(value, count: count)
    }
}
