import CLockstepKernels

// NaN counts as larger than any number.
extension Tensor {
    /// The elements along an axis in ascending or descending order, and the places where they were.
    ///
    /// Equal elements stay in the order that they had (PyTorch's `stable=True`). Gradient: g where an element came from.
    ///
    /// Source: `torch.sort`.
    public func sorted(axis: Int = -1, descending: Bool = false) -> (values: Tensor, indices: Tensor<Int64>) {
        let place = layout.resolve(axis: axis)
        if rank == 0 { return (self, Tensor<Int64>(0)) }
        let columns = shape[place]
        var rows = detached().movingToEnd(place).copied()
        let places = Tensor<Int64>(uninitialized: rows.shape)
        let (spare, spareIndices) = (Storage<Scalar>(uninitialized: columns), Storage<Int64>(uninitialized: columns))
        withExtendedLifetime((spare, spareIndices)) {
            lk_sort_rows(
                Scalar.dtype.element, descending, columns == 0 ? 0 : count / columns, columns, rows.storage.pointer,
                places.storage.pointer, spare.pointer, spareIndices.pointer)
        }
        rows = rows.movingFromEnd(place)
        let indices = places.movingFromEnd(place)
        rows.node = record {
            GatherRecord(operationName: "SortBackward0", shape: $0.shape, axis: place, indices: indices)
        }
        return (rows, indices)
    }

    /// The places of the elements along an axis in ascending or descending order; equal elements stay in the order they had.
    ///
    /// Source: `torch.argsort`.
    public func argsort(axis: Int = -1, descending: Bool = false) -> Tensor<Int64> {
        detached().sorted(axis: axis, descending: descending).indices
    }

    /// The `count` largest elements along an axis, the largest first, or the smallest, and their places.
    ///
    /// Gradient: g where an element came from. Stops where the axis is shorter.
    ///
    /// Source: `torch.topk`.
    public func topk(
        _ count: Int, axis: Int = -1, largest: Bool = true
    ) -> (values: Tensor, indices: Tensor<Int64>) {
        let place = layout.resolve(axis: axis)
        guard count >= (rank == 0 ? 1 : 0), count <= (rank == 0 ? 1 : shape[place]) else {
            fatalError("selected index k out of range: k = \(count), shape \(shape), dimension \(place)")
        }
        if count > 0, count <= 32, rank > 0 { return top(count, axis: place, largest: largest) }
        let (values, indices) = sorted(axis: place, descending: largest)
        if rank == 0 { return (values, indices) }
        return (
            values.narrowed(axis: place, start: 0, count: count), indices.narrowed(axis: place, start: 0, count: count)
        )
    }

    /// The `count` first elements of a sort, without sorting the others.
    private func top(_ count: Int, axis: Int, largest: Bool) -> (values: Tensor, indices: Tensor<Int64>) {
        let rows = detached().movingToEnd(axis).contiguous()
        let columns = shape[axis]
        var values = Tensor(uninitialized: rows.shape.dropLast() + [count])
        var indices = Tensor<Int64>(uninitialized: values.shape)
        withExtendedLifetime(rows.storage) {
            lk_top_rows(
                Scalar.dtype.element, largest, values.count / count, columns, count, rows.pointer,
                values.storage.pointer, indices.storage.pointer)
        }
        (values, indices) = (values.movingFromEnd(axis), indices.movingFromEnd(axis))
        values.node = record {
            GatherRecord(operationName: "TopkBackward0", shape: $0.shape, axis: axis, indices: indices)
        }
        return (values, indices)
    }
}
