// Views: the same elements, walked differently. None of them copies, except a reshape that no strides can express.

extension Tensor {
    /// The same elements in row-major order with another shape; one size may be -1 and is worked out from the others.
    ///
    /// A view where the layout allows it, a copy otherwise. Gradient: reshaped back. Stops where the number of elements differs.
    ///
    /// Source: `torch.reshape`.
    @_specialize(where Scalar == Float)
    public func reshaped(to shape: [Int]) -> Tensor {
        let shape = resolve(shape)
        if shape == self.shape { return self }
        // A view with gaps becomes a copy; its node goes with it, so the gradient finds its way.
        let dense = contiguous()
        return Tensor(
            storage: dense.storage, layout: Layout(contiguous: shape, offset: dense.layout.offset),
            node: record {
                ReshapeRecord(
                    shape: $0.shape, operationName: layout.isContiguous ? "ViewBackward0" : "UnsafeViewBackward0")
            })
    }

    /// One axis of all elements in row-major order.
    ///
    /// Source: `torch.flatten`.
    @_specialize(where Scalar == Float)
    public func flattened() -> Tensor { reshaped(to: [-1]) }

    /// The axes from `start` to `end`, both included, merged into one.
    ///
    /// Gradient: reshaped back.
    ///
    /// Source: `torch.flatten`.
    @_specialize(where Scalar == Float)
    public func flattened(from start: Int, through end: Int = -1) -> Tensor {
        let (first, last) = (layout.resolve(axis: start), layout.resolve(axis: end))
        guard first <= last else { fatalError("flatten() has invalid args: start_dim cannot come after end_dim") }
        if rank == 0 { return reshaped(to: [1]) }
        let merged = shape[first...last].reduce(1, *)
        return reshaped(to: Array(shape[..<first]) + [merged] + Array(shape[(last + 1)...]))
    }

    /// The tensor with two axes exchanged. Gradient: the axes exchanged back.
    ///
    /// Source: `torch.transpose`.
    @_specialize(where Scalar == Float)
    public func transposed(_ a: Int, _ b: Int) -> Tensor {
        let (first, second) = (layout.resolve(axis: a), layout.resolve(axis: b))
        if first == second { return self }
        var (shape, strides) = (layout.shape, layout.strides)
        shape.swapAt(first, second)
        strides.swapAt(first, second)
        return view(
            Layout(shape: shape, strides: strides, offset: layout.offset),
            record { _ in TransposeRecord(first: first, second: second) })
    }

    /// A matrix with rows and columns exchanged; a vector or a scalar as it is.
    ///
    /// Stops for more than two axes.
    public var t: Tensor {
        guard rank <= 2 else { fatalError("t() expects a tensor with <= 2 dimensions, but self is \(rank)D") }
        return rank < 2 ? self : transposed(0, 1).named(.t)
    }

    /// The tensor with its axes in another order. Gradient: the axes put back.
    ///
    /// Stops where `axes` does not name each axis once.
    ///
    /// Source: `torch.permute`.
    @_specialize(where Scalar == Float)
    public func permuted(_ axes: [Int]) -> Tensor {
        guard axes.count == rank else {
            fatalError(
                "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
                    + "ordering of dimensions i.e. input.dim() = \(rank) is not equal to len(dims) = \(axes.count)")
        }
        let axes = axes.map { layout.resolve(axis: $0) }
        guard Set(axes).count == rank else { fatalError("permute(): duplicate dims are not allowed.") }
        if axes == Array(axes.indices) { return self }
        return view(
            Layout(shape: axes.map { shape[$0] }, strides: axes.map { layout.strides[$0] }, offset: layout.offset),
            record { _ in PermuteRecord(axes: axes) })
    }

    /// The tensor without its axes of size 1. Gradient: reshaped back.
    ///
    /// Source: `torch.squeeze`.
    @_specialize(where Scalar == Float)
    public func squeezed() -> Tensor { dropping(Set(shape.indices.filter { shape[$0] == 1 }), "SqueezeBackward0") }

    /// The tensor without one axis, if that has size 1; otherwise the tensor itself. Gradient: reshaped back.
    ///
    /// Source: `torch.squeeze`.
    @_specialize(where Scalar == Float)
    public func squeezed(axis: Int) -> Tensor {
        let place = layout.resolve(axis: axis)
        return rank > 0 && shape[place] == 1 ? dropping([place], "SqueezeBackward1") : self
    }

    /// The tensor with a new axis of size 1 before `axis`; -1 puts it last. Gradient: reshaped back.
    ///
    /// Source: `torch.unsqueeze`.
    @_specialize(where Scalar == Float)
    public func unsqueezed(axis: Int) -> Tensor {
        let place = layout.resolve(axis: axis, rank: rank + 1)
        var (shape, strides) = (layout.shape, layout.strides)
        shape.insert(1, at: place)
        strides.insert(1, at: place)
        return view(
            Layout(shape: shape, strides: strides, offset: layout.offset),
            record { ReshapeRecord(shape: $0.shape, operationName: "UnsqueezeBackward0") })
    }

    /// The tensor with axes of size 1 stretched, and new axes put in front, to a larger shape; -1 keeps a size.
    ///
    /// Gradient: summed over the stretched axes. Stops where a size other than 1 would change.
    ///
    /// Source: `torch.Tensor.expand`, `torch.broadcast_to`.
    @_specialize(where Scalar == Float)
    public func expanded(to target: [Int]) -> Tensor {
        let missing = target.count - rank
        guard missing >= 0 else {
            fatalError(
                "expand(\(shape), size=\(target)): the number of sizes provided (\(target.count)) must be greater or equal "
                    + "to the number of dimensions in the tensor (\(rank))")
        }
        let sizes = target.indices.map { axis -> Int in
            let size = axis < missing ? 1 : shape[axis - missing]
            if target[axis] == -1, axis >= missing { return size }
            guard target[axis] >= 0, size == 1 || size == target[axis] else {
                fatalError(
                    "The expanded size of the tensor (\(target[axis])) must match the existing size (\(size)) at "
                        + "non-singleton dimension \(axis).  Target sizes: \(target).  Tensor sizes: \(shape)")
            }
            return target[axis]
        }
        if sizes == shape { return self }
        return view(
            Layout(shape: sizes, strides: layout.strides(broadcastTo: sizes), offset: layout.offset),
            record { ExpandRecord(shape: $0.shape) })
    }

    /// The tensor stretched to the shape of another; see `expanded(to:)`.
    public func expanded<Other>(like other: Tensor<Other>) -> Tensor { expanded(to: other.shape) }

    private func dropping(_ axes: Set<Int>, _ name: String) -> Tensor {
        if axes.isEmpty { return self }
        let kept = shape.indices.filter { !axes.contains($0) }
        return view(
            Layout(shape: kept.map { shape[$0] }, strides: kept.map { layout.strides[$0] }, offset: layout.offset),
            record { ReshapeRecord(shape: $0.shape, operationName: name) })
    }

    /// `shape` with its -1 worked out.
    private func resolve(_ shape: [Int]) -> [Int] {
        let unknown = shape.indices.filter { shape[$0] == -1 }
        guard unknown.count <= 1 else { fatalError("only one dimension can be inferred") }
        if let place = shape.firstIndex(where: { $0 < -1 }) {
            fatalError("invalid shape dimension \(shape[place]) at index \(place) of shape \(shape)")
        }
        var sizes = shape
        if let place = unknown.first {
            sizes[place] = 1
            let known = sizes.reduce(1, *)
            guard known > 0 else {
                fatalError(
                    "cannot reshape tensor of 0 elements into shape \(shape) because the unspecified dimension size -1 can "
                        + "be any value and is ambiguous")
            }
            sizes[place] = count / known
        }
        guard sizes.reduce(1, *) == count else { fatalError("shape '\(shape)' is invalid for input of size \(count)") }
        return sizes
    }

    func view(_ layout: Layout, _ node: Node?) -> Tensor { Tensor(storage: storage, layout: layout, node: node) }
}
