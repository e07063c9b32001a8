extension Tensor {
    /// Parts of `size` along an axis, the last one smaller where it does not come out even. Views; gradients: each part's.
    ///
    /// Source: `torch.split`.
    @_specialize(where Scalar == Float)
    public func split(_ size: Int, axis: Int = 0) -> [Tensor] {
        let axis = splitAxis("split", axis)
        guard size >= 0 else { fatalError("split expects split_size be non-negative, but got split_size=\(size)") }
        guard size > 0 || shape[axis] == 0 else {
            fatalError("split_size can only be 0 if dimension size is 0, but got dimension size of \(shape[axis])")
        }
        if shape[axis] == 0 { return [self] }
        return stride(from: 0, to: shape[axis], by: size).map {
            narrowed(axis: axis, start: $0, count: Swift.min(size, shape[axis] - $0))
        }
    }

    /// Parts of the given sizes along an axis. Views; gradients: each part's.
    ///
    /// Stops where the sizes do not add up to that of the axis.
    ///
    /// Source: `torch.split`.
    @_specialize(where Scalar == Float)
    public func split(_ sizes: [Int], axis: Int = 0) -> [Tensor] {
        let axis = splitAxis("split_with_sizes", axis)
        guard sizes.reduce(0, +) == shape[axis], sizes.allSatisfy({ $0 >= 0 }) else {
            fatalError(
                "split_with_sizes expects split_sizes to sum exactly to \(shape[axis]) (input tensor's size at dimension "
                    + "\(axis)), but got split_sizes=\(sizes)")
        }
        var start = 0
        return sizes.map { size in
            defer { start += size }
            return narrowed(axis: axis, start: start, count: size)
        }
    }

    /// At most `count` parts of equal size along an axis, the last one smaller where it does not come out even. Views;
    /// gradients: each part's.
    ///
    /// Source: `torch.chunk`.
    public func chunked(_ count: Int, axis: Int = 0) -> [Tensor] {
        let axis = splitAxis("chunk", axis)
        guard count > 0 else { fatalError("chunk expects `chunks` to be greater than 0, got: \(count)") }
        if shape[axis] == 0 { return [Tensor](repeating: self, count: count) }
        return split((shape[axis] + count - 1) / count, axis: axis)
    }

    /// The elements along an axis one by one, without that axis. Views; gradients: each part's.
    ///
    /// Source: `torch.unbind`.
    public func unbound(axis: Int = 0) -> [Tensor] {
        guard rank > 0 else { fatalError("Dimension specified as \(axis) but tensor has no dimensions") }
        let axis = layout.resolve(axis: axis)
        return (0..<shape[axis]).map { selected(axis: axis, index: $0) }
    }

    private func splitAxis(_ name: String, _ axis: Int) -> Int {
        let place = layout.resolve(axis: axis)
        guard rank > 0 else { fatalError("\(name) expects at least a 1-dimensional tensor") }
        return place
    }
}
