extension Tensor {
    /// This tensor with the parts of `source` put at places along an axis: yᵢ = sourceₖ for i = indicesₖ. Of several for one place the
    /// last stays.
    ///
    /// `source` has this tensor's shape except along `axis`, where it is as long as `indices`, a vector. Gradients: 0 where a part was
    /// put, g elsewhere; and g there, for `source`. Stops where the shapes do not fit or an index is out of range.
    ///
    /// Source: `torch.index_copy`.
    public func indexCopying(_ source: Tensor, axis: Int, indices: Tensor<Int64>) -> Tensor {
        scattering(source, axis: axis, indices: places(indices, axis, like: source, "index_copy"))
    }

    /// This tensor with one value at places along an axis. Gradient: 0 there, g elsewhere.
    ///
    /// Stops where an index is out of range. Source: `torch.index_fill`.
    public func indexFilling(_ value: Scalar, axis: Int, indices: Tensor<Int64>) -> Tensor {
        let axis = layout.resolve(axis: axis)
        if rank == 0 { return indexCopying(Tensor(value), axis: axis, indices: indices) }
        var shape = shape
        shape[axis] = indices.count
        return indexCopying(.full(shape, value), axis: axis, indices: indices)
    }

    /// The elements in row-major order at the places that `indices` names, in the shape of `indices`; negative ones from the end.
    ///
    /// Gradient: added up where the elements came from. Stops where an index is out of range. Source: `torch.take`.
    public func taken(_ indices: Tensor<Int64>) -> Tensor { flattened()[indices] }

    /// The elements at places along an axis that `indices` names, as `gathered`, with the other axes of both broadcast; negative indices
    /// count from the end.
    ///
    /// What `argsort` and `argmax(keepAxis: true)` give can be used as it is. Gradient: added up where the elements came from.
    ///
    /// Source: `torch.take_along_dim`.
    public func takenAlong(axis: Int, indices: Tensor<Int64>) -> Tensor {
        guard rank == indices.rank else {
            fatalError(
                "torch.take_along_dim(): input and indices should have the same number of dimensions, but got \(rank) dimensions "
                    + "for input, and \(indices.rank) dimensions for indices")
        }
        let axis = layout.resolve(axis: axis)
        if rank == 0 { return gathered(axis: 0, indices: indices) }
        let indices = indices.replacing(with: indices + Int64(shape[axis]), where: indices .< 0)
        var (own, theirs) = (shape, indices.shape)
        (own[axis], theirs[axis]) = (1, 1)
        var common = Layout.broadcast(own, theirs)
        common[axis] = shape[axis]
        let stretched = expanded(to: common)
        common[axis] = indices.shape[axis]
        return stretched.gathered(axis: axis, indices: indices.expanded(to: common))
    }

    /// This tensor with `values` put at the places that the vectors or arrays in `indices` name, one for each of the first axes: for a matrix
    /// y[indices₀ₖ, indices₁ₖ] = valuesₖ. Negative indices count from the end; of several values for one place the last stays.
    ///
    /// The indices are broadcast to a common shape s, and `values` to s and the axes that are left. Gradients: 0 where a value was
    /// put, g elsewhere; and g there, for `values`. Stops where the shapes do not fit or an index is out of range.
    ///
    /// Source: `torch.index_put`.
    public func indexPutting(_ values: Tensor, at indices: [Tensor<Int64>]) -> Tensor {
        let (rows, places, picked) = flatRows(indices, values.shape)
        return rows.scattering(values.expanded(to: picked).reshaped(to: places.shape), axis: 0, indices: places)
            .reshaped(to: shape)
    }

    /// The elements at the places that the vectors or arrays in `indices` name, one for each of the first axes: `x[rows, columns]` in
    /// PyTorch. Negative indices count from the end, and the indices are broadcast to a common shape.
    ///
    /// Gradient: added up where the elements came from. Stops where the shapes do not fit or an index is out of range.
    ///
    /// Source: `torch.Tensor.__getitem__` with several tensors.
    public func picked(at indices: [Tensor<Int64>]) -> Tensor {
        let (rows, places, picked) = flatRows(indices, nil)
        return rows.gathered(axis: 0, indices: places).reshaped(to: picked)
    }

    /// The tensor with its first axes, those of `indices`, as one; the places that are named, for each element of the others; and the shape
    /// of what is there.
    fileprivate func flatRows(
        _ indices: [Tensor<Int64>], _ values: [Int]?
    ) -> (rows: Tensor, places: Tensor<Int64>, picked: [Int]) {
        guard !indices.isEmpty, indices.count <= rank else {
            fatalError("too many indices for tensor of dimension \(rank) (got \(indices.count))")
        }
        let common = indices.map(\.shape).reduce([]) { Layout.broadcast($0, $1) }
        var flat = Tensor<Int64>.zeros(common)
        for (axis, index) in indices.enumerated() {
            let size = Int64(shape[axis])
            let place = index.replacing(with: index + size, where: index .< 0)
            place.withUnsafeElements { elements in
                if let wrong = elements.firstIndex(where: { $0 < 0 || $0 >= size }) {
                    let given = index.scalars[wrong]
                    fatalError("index \(given) is out of bounds for dimension \(axis) with size \(size)")
                }
            }
            flat = flat * size + place
        }
        let rest = Array(shape[indices.count...])
        let width = rest.reduce(1, *)
        let rows = reshaped(to: [shape[..<indices.count].reduce(1, *), width])
        let places = flat.reshaped(to: [flat.count, 1]).expanded(to: [flat.count, width])
        return (rows, places, common + rest)
    }

    /// The places for each element of `source`, whose shape is checked.
    fileprivate func places(
        _ indices: Tensor<Int64>, _ axis: Int, like source: Tensor, _ name: String
    ) -> Tensor<Int64> {
        let axis = layout.resolve(axis: axis)
        guard indices.rank <= 1 else {
            fatalError("\(name)(): Index should have dimension 1 or 0 (got \(indices.rank))")
        }
        if rank == 0 {
            guard indices.count == 1, source.count == 1 else {
                fatalError(
                    "\(name)(): a scalar takes one index and one element, got \(indices.shape) and \(source.shape)")
            }
            return indices.reshaped(to: source.shape)
        }
        var expected = shape
        expected[axis] = indices.count
        guard source.shape == expected else {
            fatalError("\(name)(): expected a source of size \(expected), got \(source.shape)")
        }
        var along = [Int](repeating: 1, count: rank)
        along[axis] = indices.count
        return indices.reshaped(to: along).expanded(to: expected)
    }
}

extension Tensor where Scalar: Numeric {
    /// This tensor with the parts of `source` added at places along an axis: yᵢ += sourceₖ for i = indicesₖ, one after another, so that
    /// the sums have the same bits every time.
    ///
    /// `source` has this tensor's shape except along `axis`, where it is as long as `indices`, a vector. Gradients: g; and g at the
    /// places, for `source`. Stops where the shapes do not fit or an index is out of range.
    ///
    /// Source: `torch.index_add` (its `alpha` is a factor of `source`).
    public func indexAdding(_ source: Tensor, axis: Int, indices: Tensor<Int64>) -> Tensor {
        scatterAdding(source, axis: axis, indices: places(indices, axis, like: source, "index_add"))
    }
}

extension Tensor {
    /// Each part along an axis as often in a row as `count` says: 1, 1, 2, 2 of 1, 2.
    ///
    /// Gradient: summed over the copies. Stops for a negative count. Source: `torch.repeat_interleave`.
    public func repeatedInterleaving(_ count: Int, axis: Int) -> Tensor {
        guard count >= 0 else { fatalError("repeats can not be negative") }
        let axis = layout.resolve(axis: axis)
        var (stretched, merged) = (shape, shape)
        stretched.insert(count, at: axis + 1)
        merged[axis] *= count
        return unsqueezed(axis: axis + 1).expanded(to: stretched).reshaped(to: merged)
    }

    /// Each part along an axis as often in a row as its element of `counts` says. Gradient: summed over the copies.
    ///
    /// Stops for a negative count, or where there are not as many counts as parts. Source: `torch.repeat_interleave`.
    public func repeatedInterleaving(_ counts: Tensor<Int64>, axis: Int) -> Tensor {
        let axis = layout.resolve(axis: axis)
        guard counts.shape == [shape[axis]] else {
            fatalError("repeats must have the same size as input along dim, but got \(counts.shape) and \(shape)")
        }
        let counts = counts.scalars
        if counts.contains(where: { $0 < 0 }) { fatalError("repeats can not be negative") }
        let places = zip(0..., counts).flatMap { [Int64](repeating: $0, count: Int($1)) }
        return selected(axis: axis, indices: Tensor<Int64>(places))
    }
}
