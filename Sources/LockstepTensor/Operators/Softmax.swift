import CLockstepKernels

extension Tensor where Scalar: FloatingScalar {
    /// yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ) along an axis; the largest element is subtracted first, so nothing overflows.
    ///
    /// Gradient: yᵢ (gᵢ − Σⱼ gⱼ yⱼ).
    ///
    /// Source: `torch.nn.functional.softmax`.
    @_specialize(where Scalar == Float)
    public func softmax(axis: Int) -> Tensor { softmax(axis: axis, logarithm: false) }

    /// yᵢ = xᵢ − log Σⱼ exp(xⱼ) along an axis; precise where the logarithm of `softmax` would be −∞.
    ///
    /// Gradient: gᵢ − exp(yᵢ) Σⱼ gⱼ.
    ///
    /// Source: `torch.nn.functional.log_softmax`.
    @_specialize(where Scalar == Float)
    public func logSoftmax(axis: Int) -> Tensor { softmax(axis: axis, logarithm: true) }

    private func softmax(axis: Int, logarithm: Bool) -> Tensor {
        let place = layout.resolve(axis: axis)
        if rank == 0 { return reshaped(to: [1]).softmax(axis: 0, logarithm: logarithm).reshaped(to: []) }
        let rows = movingToEnd(place).contiguous()
        var result = Tensor(uninitialized: rows.shape)
        let columns = shape[place]
        withExtendedLifetime(rows.storage) {
            lk_softmax(
                Scalar.kernelType, logarithm, columns == 0 ? 0 : count / columns, columns, rows.pointer,
                result.storage.pointer)
        }
        if let node = rows.node, records(node) {
            result.node = SoftmaxNode(input: node, result, logarithm: logarithm)
        }
        if place == rank - 1 { return result }
        return result.movingFromEnd(place).named(logarithm ? .logSoftmax : .softmax)
    }
}

/// Softmax, or its logarithm, along the last axis.
final class SoftmaxNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var result: Tensor<Scalar>?
    private let logarithm: Bool

    init(input: Node, _ result: Tensor<Scalar>, logarithm: Bool) {
        self.result = result
        self.logarithm = logarithm
        super.init(inputs: [input])
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let result = saved(result)
        let columns = result.shape[result.rank - 1]
        let dense = gradient.contiguous()
        let part = Tensor<Scalar>(uninitialized: result.shape)
        withExtendedLifetime((result.storage, dense.storage)) {
            lk_softmax_gradient(
                Scalar.kernelType, logarithm, columns == 0 ? 0 : result.count / columns, columns, result.pointer,
                dense.pointer, part.storage.pointer)
        }
        send(part, to: 0)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let result = asOutput(saved(result))
        if logarithm {
            send(gradient - result.exp() * gradient.sum(axis: -1, keepAxis: true), to: 0)
        } else {
            send(result * (gradient - (gradient * result).sum(axis: -1, keepAxis: true)), to: 0)
        }
    }

    override var operationName: String { logarithm ? "LogSoftmaxBackward0" : "SoftmaxBackward0" }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { result = nil }
}
