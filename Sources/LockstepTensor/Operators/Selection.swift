import CLockstepKernels

extension Tensor {
    /// `other` where the mask is true and this tensor elsewhere, all three broadcast to a common shape.
    ///
    /// Gradients: g where an element came from, 0 elsewhere. Stops where the shapes do not fit.
    ///
    /// Source: `torch.where(mask, other, self)`.
    public func replacing(with other: Tensor, where mask: Tensor<Bool>) -> Tensor {
        let shape = Layout.broadcast(Layout.broadcast(mask.shape, other.shape), self.shape)
        let result = Tensor(uninitialized: shape)
        let loops = LoopNest(
            shape: shape,
            strides: [
                mask.layout.strides(broadcastTo: shape), other.layout.strides(broadcastTo: shape),
                layout.strides(broadcastTo: shape), result.layout.strides,
            ])
        withExtendedLifetime((storage, other.storage, mask.storage)) {
            loops.forEachPlane { offsets in
                lk_select(
                    MemoryLayout<Scalar>.stride, loops.rows, loops.columns,
                    mask.pointer + offsets[0], loops.rowStrides[0], loops.columnStrides[0],
                    other.pointer + offsets[1], loops.rowStrides[1], loops.columnStrides[1],
                    pointer + offsets[2], loops.rowStrides[2], loops.columnStrides[2],
                    result.storage.pointer + offsets[3])
            }
        }
        return result
    }

    /// `value` where the mask is true and this tensor elsewhere.
    ///
    /// Source: `torch.Tensor.masked_fill`.
    public func replacing(with value: Scalar, where mask: Tensor<Bool>) -> Tensor {
        replacing(with: Tensor(value), where: mask)
    }
}

extension Tensor where Scalar: FloatingScalar {
    /// `other` where the mask is true and this tensor elsewhere, all three broadcast to a common shape.
    ///
    /// Gradients: g where an element came from, 0 elsewhere. Stops where the shapes do not fit.
    ///
    /// Source: `torch.where(mask, other, self)`.
    public func replacing(with other: Tensor, where mask: Tensor<Bool>) -> Tensor {
        func unrecorded<Element: TensorScalar>(
            _ a: Tensor<Element>, _ b: Tensor<Element>
        ) -> Tensor<Element> { a.replacing(with: b, where: mask) }
        var result = unrecorded(self, other)
        if records(node, other.node) { result.node = ReplaceNode(self, other, mask) }
        return result
    }

    /// `value` where the mask is true and this tensor elsewhere. Gradient: g where the mask is false, 0 elsewhere.
    ///
    /// Source: `torch.Tensor.masked_fill`.
    public func replacing(with value: Scalar, where mask: Tensor<Bool>) -> Tensor {
        replacing(with: Tensor(value), where: mask)
    }
}

final class ReplaceNode<Scalar: FloatingScalar>: BinaryNode<Scalar>, @unchecked Sendable {
    private var mask: Tensor<Bool>?

    init(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>, _ mask: Tensor<Bool>) {
        self.mask = mask
        super.init(a, b)
    }

    override func backward(_ gradient: Tensor<Scalar>) {
        let mask = saved(mask)
        sendToA(gradient.replacing(with: 0, where: mask))
        sendToB(gradient.replacing(with: 0, where: !mask))
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) { backward(gradient) }

    override func releaseSaved() { mask = nil }
}
