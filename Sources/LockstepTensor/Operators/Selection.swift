import CLockstepKernels

extension Tensor {
    /// `other` where the mask is true and this tensor elsewhere, all three broadcast to a common shape.
    ///
    /// Gradients: g where an element came from, 0 elsewhere. Stops where the shapes do not fit.
    ///
    /// Source: `torch.where(mask, other, self)`.
    public func replacing(with other: Tensor, where mask: Tensor<Bool>) -> Tensor {
        let shape = Layout.broadcast(Layout.broadcast(mask.shape, other.shape), self.shape)
        var result = Tensor(uninitialized: shape)
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
        result.node = Tensor.record([node, other.node]) {
            ReplaceRecord(shapes: [self.shape, other.shape], mask: mask)
        }
        return result
    }

    /// `value` where the mask is true and this tensor elsewhere. Gradient: g where the mask is false, 0 elsewhere.
    ///
    /// Source: `torch.Tensor.masked_fill`.
    public func replacing(with value: Scalar, where mask: Tensor<Bool>) -> Tensor {
        replacing(with: Tensor(value), where: mask).named(.maskedFill)
    }
}

struct ReplaceRecord: JoinRecord {
    let shapes: [[Int]]
    let mask: Tensor<Bool>
    static var savesTensors: Bool { true }
    func undo<Scalar: FloatingScalar>(_ gradient: Tensor<Scalar>, for place: Int) -> Tensor<Scalar> {
        gradient.replacing(with: 0, where: place == 0 ? mask : !mask).summed(to: shapes[place])
    }
}
