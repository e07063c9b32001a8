// The same elements in other places. Recorded through the views that they are made of.

extension Tensor {
    /// The tensor with the order of its elements along some axes reversed. A view. Gradient: flipped back.
    ///
    /// Source: `torch.flip`.
    public func flipped(axes: [Int]) -> Tensor {
        let axes = layout.resolve(axes: axes)
        if axes.isEmpty { return self }
        return view(layout.flipped(axes), record { _ in FlipRecord(axes: axes) })
    }

    /// The elements moved by `shift` places along an axis; those that leave at one end come in at the other.
    ///
    /// Gradient: moved back.
    ///
    /// Source: `torch.roll`.
    public func rolled(by shift: Int, axis: Int) -> Tensor {
        let axis = layout.resolve(axis: axis)
        guard rank > 0, shape[axis] > 0 else { return self }
        let size = shape[axis]
        let start = ((-shift % size) + size) % size
        if start == 0 { return self }
        return concatenated(
            [
                narrowed(axis: axis, start: start, count: size - start),
                narrowed(axis: axis, start: 0, count: start),
            ], axis: axis
        ).named(.roll)
    }

    /// The elements moved along several axes, by as many places as `shifts` says for each.
    ///
    /// Stops where there are not as many shifts as axes.
    ///
    /// Source: `torch.roll`.
    public func rolled(by shifts: [Int], axes: [Int]) -> Tensor {
        guard shifts.count == axes.count else {
            fatalError("shifts and dimensions must align. shifts: \(shifts.count), dims:\(axes.count)")
        }
        return zip(shifts, axes).reduce(self) { $0.rolled(by: $1.0, axis: $1.1) }
    }

    /// The elements moved by `shift` places in row-major order.
    ///
    /// Source: `torch.roll` without `dims`.
    public func rolled(by shift: Int) -> Tensor { flattened().rolled(by: shift, axis: 0).reshaped(to: shape) }

    /// The tensor as many times after itself along each axis as `counts` says; more counts than axes make new axes in front.
    ///
    /// Gradient: summed over the copies. Stops where there are fewer counts than axes.
    ///
    /// Source: `torch.Tensor.repeat`.
    public func repeated(_ counts: [Int]) -> Tensor {
        guard counts.count >= rank else {
            fatalError(
                "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor: got \(counts) "
                    + "for \(shape)")
        }
        let sizes = [Int](repeating: 1, count: counts.count - rank) + shape
        let pairs = zip(counts, sizes)
        if counts.contains(where: { $0 < 0 }) {
            fatalError("Trying to create tensor with negative dimension: \(pairs.map { $0 * $1 })")
        }
        return reshaped(to: sizes.flatMap { [1, $0] }).expanded(to: pairs.flatMap { [$0, $1] })
            .reshaped(to: pairs.map { $0 * $1 })
    }

    /// The tensor as many times after itself along the last axes as `counts` says; it has at least as many axes as before.
    ///
    /// Gradient: summed over the copies.
    ///
    /// Source: `torch.tile`.
    public func tiled(_ counts: [Int]) -> Tensor {
        repeated([Int](repeating: 1, count: Swift.max(rank - counts.count, 0)) + counts)
    }

    /// The tensor with one axis moved to another place; the others keep their order. A view. Gradient: moved back.
    ///
    /// Source: `torch.movedim`.
    public func movedAxis(from source: Int, to destination: Int) -> Tensor {
        movedAxes(from: [source], to: [destination])
    }

    /// The tensor with some axes moved to other places; the others keep their order. A view. Gradient: moved back.
    ///
    /// Stops where an axis or a place is named twice.
    ///
    /// Source: `torch.movedim`.
    public func movedAxes(from source: [Int], to destination: [Int]) -> Tensor {
        guard source.count == destination.count else {
            fatalError(
                "movedim: Invalid source or destination dims: source (\(source) dims) should contain the same number of dims as "
                    + "destination (\(destination) dims)")
        }
        let (from, to) = (source.map { layout.resolve(axis: $0) }, destination.map { layout.resolve(axis: $0) })
        guard Set(from).count == from.count else { fatalError("movedim: repeated dim in `source` (\(source))") }
        guard Set(to).count == to.count else { fatalError("movedim: repeated dim in `destination` (\(destination))") }
        if rank == 0 { return self }
        var others = shape.indices.filter { !from.contains($0) }.makeIterator()
        return permuted(
            shape.indices.map { place in
                // As many places as axes are left over.
                to.firstIndex(of: place).map { from[$0] } ?? others.next()!
            })
    }
}

extension Layout {
    /// The same elements from the other end along some axes.
    fileprivate func flipped(_ axes: [Int]) -> Layout {
        var (strides, offset) = (strides, offset)
        for axis in axes {
            offset += Swift.max(shape[axis] - 1, 0) * strides[axis]
            strides[axis].negate()
        }
        return Layout(shape: shape, strides: strides, offset: offset)
    }
}

struct FlipRecord: ViewRecord {
    let axes: [Int]
    func undo<Scalar: FloatingScalar>(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> { gradient.flipped(axes: axes) }
}
