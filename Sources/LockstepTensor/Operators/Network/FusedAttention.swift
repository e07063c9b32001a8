import CLockstepKernels

/// Attention without mask and dropout in one operator, for query, key and value of [n, heads, …, …] with the same heads; nil for other
/// shapes.
///
/// The result lies in memory as [n, l, heads, v], so that the heads can be joined without a copy.
func fusedAttention<Scalar: FloatingScalar>(
    _ query: Tensor<Scalar>, _ key: Tensor<Scalar>, _ value: Tensor<Scalar>, isCausal: Bool, scale: Double?,
    groupsHeads: Bool
) -> Tensor<Scalar>? {
    guard query.rank == 4, key.rank == 4, value.rank == 4, query.shape[..<2] == key.shape[..<2],
        key.shape[..<3] == value.shape[..<3], query.shape[3] == key.shape[3], key.shape[2] > 0
    else { return nil }
    let run = AttentionRun(
        query: query.detached().withDenseRows, key: key.detached().withDenseRows, value: value.detached().withDenseRows,
        isCausal: isCausal, scale: scale ?? 1 / Double(query.shape[3]).squareRoot())
    var result = run.output()
    if records([query.node, key.node, value.node]) {
        result.node = AttentionNode(inputs: [query.node, key.node, value.node], run)
    }
    return result
}

/// The operands of an attention, and the weights of the keys.
private struct AttentionRun<Scalar: FloatingScalar>: @unchecked Sendable {
    // Sendable because the weights are written in the initializer alone.
    let query: Tensor<Scalar>
    let key: Tensor<Scalar>
    let value: Tensor<Scalar>
    let isCausal: Bool
    let scale: Double
    /// [n, heads, l, m]
    let weights: Tensor<Scalar>

    private var queries: Int { query.shape[2] }
    private var keys: Int { key.shape[2] }

    init(query: Tensor<Scalar>, key: Tensor<Scalar>, value: Tensor<Scalar>, isCausal: Bool, scale: Double) {
        (self.query, self.key, self.value) = (query, key, value)
        (self.isCausal, self.scale) = (isCausal, scale)
        weights = Tensor(uninitialized: [query.shape[0], query.shape[1], query.shape[2], key.shape[2]])
        forEachHead { head in
            let scores = weights.storage.pointer + head.offset(in: weights)
            BLAS.multiply(
                MatrixOperand(query, at: head.offset(in: query)),
                MatrixOperand(key, at: head.offset(in: key)).transposed, into: scores, adding: false)
            lk_attention_weights(Scalar.kernelType, queries, keys, isCausal, scale, scores)
        }
    }

    /// The sums of the values, each times its weight.
    func output() -> Tensor<Scalar> {
        let result = Tensor<Scalar>.headsInside(query.shape[0], query.shape[1], queries, value.shape[3])
        forEachHead { head in
            multiply(
                MatrixOperand(weights, at: head.offset(in: weights)), MatrixOperand(value, at: head.offset(in: value)),
                into: result, head)
        }
        return result
    }

    /// The gradients of query, key and value from that of the result.
    func gradients(_ gradient: Tensor<Scalar>) -> (query: Tensor<Scalar>, key: Tensor<Scalar>, value: Tensor<Scalar>) {
        let (count, heads) = (query.shape[0], query.shape[1])
        let gradient = gradient.withDenseRows
        let ofQuery = Tensor<Scalar>.headsInside(count, heads, queries, query.shape[3])
        let ofKey = Tensor<Scalar>.headsInside(count, heads, keys, key.shape[3])
        let ofValue = Tensor<Scalar>.headsInside(count, heads, keys, value.shape[3])
        let ofScores = Tensor<Scalar>(uninitialized: [queries, keys])
        forEachHead { head in
            let g = MatrixOperand(gradient, at: head.offset(in: gradient))
            let weight = MatrixOperand(weights, at: head.offset(in: weights))
            multiply(weight.transposed, g, into: ofValue, head)
            let scores = ofScores.storage.pointer
            BLAS.multiply(
                g, MatrixOperand(value, at: head.offset(in: value)).transposed, into: scores, adding: false)
            lk_attention_weights_gradient(
                Scalar.kernelType, queries, keys, isCausal, scale, weight.pointer, scores)
            multiply(
                MatrixOperand(ofScores), MatrixOperand(key, at: head.offset(in: key)), into: ofQuery, head)
            multiply(
                MatrixOperand(ofScores).transposed, MatrixOperand(query, at: head.offset(in: query)), into: ofKey, head)
        }
        return (ofQuery, ofKey, ofValue)
    }

    private func multiply(
        _ a: MatrixOperand<Scalar>, _ b: MatrixOperand<Scalar>, into result: Tensor<Scalar>, _ head: Head
    ) {
        BLAS.multiply(
            a, b, into: result.storage.pointer + head.offset(in: result), adding: false,
            rowStride: result.layout.strides[2])
    }

    /// One head of one sample.
    private struct Head {
        let sample: Int
        let head: Int
        /// Where its matrix begins.
        func offset(in tensor: Tensor<Scalar>) -> Int {
            sample * tensor.layout.strides[0] + head * tensor.layout.strides[1]
        }
    }

    private func forEachHead(_ body: (Head) -> Void) {
        for sample in 0..<query.shape[0] {
            for head in 0..<query.shape[1] { body(Head(sample: sample, head: head)) }
        }
    }
}

extension Tensor where Scalar: FloatingScalar {
    /// The tensor, copied where its last axis has gaps or the rows overlap.
    fileprivate var withDenseRows: Tensor {
        let (row, element) = (layout.strides[2], layout.strides[3])
        return element == 1 && row >= shape[3] ? self : contiguous()
    }

    /// Memory for [n, heads, rows, columns] that lies as [n, rows, heads, columns].
    fileprivate static func headsInside(_ count: Int, _ heads: Int, _ rows: Int, _ columns: Int) -> Tensor {
        Tensor(uninitialized: [count, rows, heads, columns]).transposed(1, 2)
    }
}

final class AttentionNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var run: AttentionRun<Scalar>?

    fileprivate init(inputs: [Node?], _ run: AttentionRun<Scalar>) {
        self.run = run
        super.init(inputs: inputs)
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let parts = saved(run).gradients(gradient)
        send(parts.query, to: 0)
        send(parts.key, to: 1)
        send(parts.value, to: 2)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let run = saved(run)
        let (query, key, value) = (asInput(0, run.query), asInput(1, run.key), asInput(2, run.value))
        // The weights once more, as functions of query and key.
        let weights = attentionWeights(
            query, key, value, mask: nil, isCausal: run.isCausal, scale: run.scale
        ).weights
        let ofWeights = gradient.matmul(value.transposed(-1, -2))
        let ofScores = weights * (ofWeights - (ofWeights * weights).sum(axis: -1, keepAxis: true)) * Scalar(run.scale)
        send(ofScores.matmul(key), to: 0)
        send(ofScores.transposed(-1, -2).matmul(query), to: 1)
        send(weights.transposed(-1, -2).matmul(gradient), to: 2)
    }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { run = nil }
}
