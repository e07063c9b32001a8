import CLockstepKernels

extension Tensor {
    /// The elements of a tensor of another type, converted as PyTorch converts them: towards zero to integers, non-zero to true.
    ///
    /// Integers out of the range of the new type have no defined result. Not recorded, unless both types are floating-point.
    ///
    /// Source: `torch.Tensor.to`.
    public init<Other>(converting other: Tensor<Other>) {
        self.init(uninitialized: other.shape)
        let dense = other.contiguous()
        withExtendedLifetime(dense.storage) {
            lk_convert(
                Other.dtype.element, dense.pointer, Scalar.dtype.element, Scalar.dtype == .bool, count, storage.pointer)
        }
    }
}

extension Tensor {
    /// The elements converted to another type; see `init(converting:)`. `x.to(Double.self)` is PyTorch's `x.to(torch.float64)`.
    ///
    /// Source: `torch.Tensor.to`.
    public func to<Other: TensorScalar>(_ type: Other.Type) -> Tensor<Other> { Tensor<Other>(converting: self) }

    /// This tensor as a result of its own. Copying the memory waits until one of the two is changed.
    ///
    /// Source: `torch.clone`.
    public func clone() -> Tensor { self }
}

extension Tensor where Scalar: FloatingScalar {
    /// The elements converted to another floating-point type; see `init(converting:)`. Gradient: g, converted back.
    ///
    /// Source: `torch.Tensor.to`.
    public func to<Other: FloatingScalar>(_ type: Other.Type) -> Tensor<Other> { Tensor<Other>(converting: self) }

    /// This tensor as a result of its own, no leaf, so that it can be changed in place where this one cannot.
    ///
    /// Copying the memory waits until one of the two is changed. Gradient: g.
    ///
    /// Source: `torch.clone`.
    public func clone() -> Tensor {
        guard let node, records(node) else { return self }
        return Tensor(storage: storage, layout: layout, node: CloneNode<Scalar>(inputs: [node]))
    }
    /// The elements of a tensor of another floating-point type, rounded where the new one is narrower.
    ///
    /// Gradient: g, converted back.
    ///
    /// Source: `torch.Tensor.to`.
    public init<Other: FloatingScalar>(converting other: Tensor<Other>) {
        func unrecorded<Source: TensorScalar, Target: TensorScalar>(
            _ source: Tensor<Source>, to: Target.Type
        ) -> Tensor<Target> { Tensor<Target>(converting: source) }
        self = unrecorded(other, to: Scalar.self)
        if let input = other.node, records(input) { node = ConvertNode<Scalar, Other>(input: input) }
    }
}

/// A conversion from another floating-point type, whose gradient has that type.
final class ConvertNode<Scalar: FloatingScalar, Other: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    init(input: Node) { super.init(inputs: [input]) }

    @_specialize(kind:partial,where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        // Sound because the input of this conversion is a `Tensor<Other>`.
        destination(0).map { unsafeDowncast($0, to: GraphNode<Other>.self) }?.accumulate(
            Tensor<Other>(converting: gradient))
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) { backward(gradient) }
}

final class CloneNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) { send(gradient, to: 0) }
    override func recordedBackward(_ gradient: Tensor<Scalar>) { backward(gradient) }
}
