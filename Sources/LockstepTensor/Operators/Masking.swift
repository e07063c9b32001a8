extension Tensor {
    /// The elements where the mask is true, in row-major order, as a vector; both are broadcast to a common shape first.
    ///
    /// Gradient: g where an element was selected, 0 elsewhere. Stops where the shapes do not fit.
    ///
    /// Source: `torch.masked_select`.
    public func selected(where mask: Tensor<Bool>) -> Tensor {
        let common = Layout.broadcast(shape, mask.shape)
        return expanded(to: common)[mask.expanded(to: common)]
    }

    /// The elements where the mask is true: `x[x .< 0]`.
    ///
    /// A mask with the axes of the tensor gives a vector; one with its first axes alone picks whole parts, such as rows. Gradient:
    /// g where an element was picked, 0 elsewhere. Assigning puts new elements, broadcast to the picked shape, there; gradients:
    /// 0 there and g elsewhere, and g there for the new elements. It stops for a leaf that requires a gradient, outside of
    /// `noGrad`.
    ///
    /// Stops where the mask's shape is not that of the tensor's first axes.
    public subscript(_ mask: Tensor<Bool>) -> Tensor {
        get {
            checkMask(mask)
            return reshaped(to: [mask.count] + shape[mask.rank...]).selected(axis: 0, indices: mask.truePlaces)
        }
        set {
            checkMask(mask)
            if newValue.count == 1 { return put(newValue.reshaped(to: []), where: mask) }
            checkNotLeaf()
            let before = node
            let (places, part) = (mask.truePlaces, Array(shape[mask.rank...]))
            let picked = [places.count] + part
            let sizes = zip(newValue.shape.reversed(), picked.reversed())
            guard newValue.rank <= picked.count, sizes.allSatisfy({ $0 == 1 || $0 == $1 }) else {
                fatalError(
                    "shape mismatch: value tensor of shape \(newValue.shape) cannot be broadcast to indexing result of shape "
                        + "\(picked)")
            }
            let indices = places.reshaped(to: [places.count] + part.map { _ in 1 }).expanded(to: picked)
            self = reshaped(to: [mask.count] + part)
                .scattering(newValue.expanded(to: picked), axis: 0, indices: indices).reshaped(to: shape)
            node = node ?? before
        }
    }

    /// Sets the elements where the mask is true to the value of a literal: `x[x .< 0] = 0`.
    ///
    /// For assigning alone; what is read is a tensor.
    @_disfavoredOverload
    public subscript(_ mask: Tensor<Bool>) -> ElementLiteral<Scalar> {
        @available(*, unavailable, message: "the elements picked are a tensor; item() gives the value of one")
        get { fatalError("not available") }
        set {
            checkMask(mask)
            put(Tensor(newValue.value), where: mask)
        }
    }

    /// The parts at the places along the first axis that `indices` names, negative ones from the end: `x[permutation]`.
    ///
    /// The result has the shape of `indices` instead of the first axis. Gradient: added up where the elements came from. Stops
    /// where an index is out of range.
    public subscript(_ indices: Tensor<Int64>) -> Tensor {
        guard rank > 0 else { fatalError("too many indices for tensor of dimension 0") }
        let size = Int64(shape[0])
        let places = Tensor<Int64>(shape: [indices.count]) { buffer in
            indices.withUnsafeElements { elements in
                for (place, index) in elements.enumerated() {
                    guard index >= -size, index < size else {
                        fatalError("index \(index) is out of bounds for dimension 0 with size \(size)")
                    }
                    buffer[place] = index < 0 ? index + size : index
                }
            }
        }
        return selected(axis: 0, indices: places).reshaped(to: indices.shape + shape.dropFirst())
    }

    /// The places of the elements that are not 0 (or are true), one row each, in row-major order: [count, rank].
    ///
    /// Source: `torch.nonzero`.
    public func nonzero() -> Tensor<Int64> {
        let places = Tensor<Bool>(converting: self).truePlaces
        let steps = Layout.contiguousStrides(shape)
        return Tensor<Int64>(shape: [places.count, rank]) { buffer in
            places.withUnsafeElements { elements in
                for (row, place) in elements.enumerated() {
                    for axis in steps.indices {
                        buffer[row * steps.count + axis] = Int64(Int(place) / steps[axis] % shape[axis])
                    }
                }
            }
        }
    }

    private mutating func put(_ value: Tensor, where mask: Tensor<Bool>) {
        checkNotLeaf()
        let before = node
        self = replacing(with: value, where: mask.reshaped(to: mask.shape + shape[mask.rank...].map { _ in 1 }))
        node = node ?? before
    }

    private func checkMask(_ mask: Tensor<Bool>) {
        guard mask.rank <= rank else { fatalError("too many indices for tensor of dimension \(rank)") }
        for axis in mask.shape.indices where mask.shape[axis] != shape[axis] {
            fatalError(
                "The shape of the mask \(mask.shape) at index \(axis) does not match the shape of the indexed tensor \(shape) "
                    + "at index \(axis)")
        }
    }
}

extension Tensor<Bool> {
    /// The places in row-major order of the elements that are true.
    fileprivate var truePlaces: Tensor<Int64> {
        withUnsafeElements { elements in
            Tensor<Int64>(shape: [countTrue]) { places in
                var next = 0
                for (place, isTrue) in elements.enumerated() where isTrue {
                    places[next] = Int64(place)
                    next += 1
                }
            }
        }
    }
}
