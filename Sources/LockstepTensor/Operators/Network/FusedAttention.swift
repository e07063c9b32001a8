import CLockstepKernels

/// Attention without mask and dropout in one operator, for query, key and value of [n, heads, …, …] with the same heads; nil for other
/// shapes.
///
/// The result lies in memory as [n, l, heads, v], so that the heads can be joined without a copy.
func fusedAttention<Scalar: FloatingScalar>(
    _ query: Tensor<Scalar>, _ key: Tensor<Scalar>, _ value: Tensor<Scalar>, isCausal: Bool, scale: Double?
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
    /// Queries in a row, and the keys that they may attend to.
    private let queryBlocks: [(queries: Range<Int>, keys: Range<Int>)]
    /// Keys in a row, and the queries that may attend to them.
    private let keyBlocks: [(keys: Range<Int>, queries: Range<Int>)]

    private var queries: Int { query.shape[2] }
    private var keys: Int { key.shape[2] }

    init(query: Tensor<Scalar>, key: Tensor<Scalar>, value: Tensor<Scalar>, isCausal: Bool, scale: Double) {
        (self.query, self.key, self.value) = (query, key, value)
        (self.isCausal, self.scale) = (isCausal, scale)
        weights = Tensor(uninitialized: [query.shape[0], query.shape[1], query.shape[2], key.shape[2]])
        let (queries, keys) = (query.shape[2], key.shape[2])
        if isCausal {
            // Rows and columns of whole tiles, and few products. What the mask hides is left out by these blocks, so that a NaN in a
            // hidden value reaches the queries of its own block alone.
            queryBlocks = stride(from: 0, to: queries, by: 32).map {
                ($0..<min($0 + 32, queries), 0..<min($0 + 32, keys))
            }
            keyBlocks = stride(from: 0, to: keys, by: 32).map { ($0..<min($0 + 32, keys), min($0, queries)..<queries) }
        } else {
            (queryBlocks, keyBlocks) = ([(0..<queries, 0..<keys)], [(0..<keys, 0..<queries)])
        }
        forEachHead { head in
            let scores = weights.storage.pointer + head.offset(in: weights)
            multiplyAllowed(head.matrix(query), head.matrix(key).transposed, into: scores)
            lk_attention_weights(Scalar.kernelType, queries, keys, isCausal, scale, scores)
        }
    }

    /// The sums of the values, each times its weight.
    func output() -> Tensor<Scalar> {
        let result = Tensor<Scalar>.headsInside(query.shape[0], query.shape[1], queries, value.shape[3])
        forEachHead { head in
            multiplyWeights(head.matrix(weights), head.matrix(value), into: result, head)
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
            let (g, weight) = (head.matrix(gradient), head.matrix(weights))
            multiplyTransposedWeights(weight, g, into: ofValue, head)
            let scores = ofScores.storage.pointer
            multiplyAllowed(g, head.matrix(value).transposed, into: scores)
            lk_attention_weights_gradient(
                Scalar.kernelType, queries, keys, isCausal, scale, weight.pointer, scores)
            multiplyWeights(MatrixOperand(ofScores), head.matrix(key), into: ofQuery, head)
            multiplyTransposedWeights(MatrixOperand(ofScores), head.matrix(query), into: ofKey, head)
        }
        return (ofQuery, ofKey, ofValue)
    }

    /// A · B, [l, m], where a query may attend to a key; whatever lies there elsewhere.
    private func multiplyAllowed(
        _ a: MatrixOperand<Scalar>, _ b: MatrixOperand<Scalar>, into scores: UnsafeMutablePointer<Scalar>
    ) {
        for (queries, keys) in queryBlocks {
            BLAS.multiply(
                a.part(rows: queries, columns: 0..<a.columns), b.part(rows: 0..<b.rows, columns: keys),
                into: scores + queries.lowerBound * self.keys, adding: false, rowStride: self.keys)
        }
    }

    /// W · B for what is 0 where a query may not attend to a key.
    private func multiplyWeights(
        _ weights: MatrixOperand<Scalar>, _ b: MatrixOperand<Scalar>, into result: Tensor<Scalar>, _ head: Head
    ) {
        let (output, stride) = (result.storage.pointer + head.offset(in: result), result.layout.strides[2])
        for (queries, keys) in queryBlocks {
            BLAS.multiply(
                weights.part(rows: queries, columns: keys), b.part(rows: keys, columns: 0..<b.columns),
                into: output + queries.lowerBound * stride, adding: false, rowStride: stride)
        }
    }

    /// Wᵀ · B for what is 0 where a query may not attend to a key.
    private func multiplyTransposedWeights(
        _ weights: MatrixOperand<Scalar>, _ b: MatrixOperand<Scalar>, into result: Tensor<Scalar>, _ head: Head
    ) {
        let (output, stride) = (result.storage.pointer + head.offset(in: result), result.layout.strides[2])
        for (keys, queries) in keyBlocks {
            // Cut where a sum of 256 terms of the whole product begins, so that the sums are the same. Without queries it is all zeros.
            let cut = min((queries.lowerBound + 255) / 256 * 256, queries.upperBound)
            for part in [queries.lowerBound..<cut, cut..<queries.upperBound] where !part.isEmpty || queries.isEmpty {
                BLAS.multiply(
                    weights.transposed.part(rows: keys, columns: part), b.part(rows: part, columns: 0..<b.columns),
                    into: output + keys.lowerBound * stride, adding: part.lowerBound > queries.lowerBound,
                    rowStride: stride)
            }
        }
    }

    /// One head of one sample.
    private struct Head {
        let sample: Int
        let head: Int
        /// Where its matrix begins.
        func offset(in tensor: Tensor<Scalar>) -> Int {
            sample * tensor.layout.strides[0] + head * tensor.layout.strides[1]
        }
        func matrix(_ tensor: Tensor<Scalar>) -> MatrixOperand<Scalar> { MatrixOperand(tensor, at: offset(in: tensor)) }
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
