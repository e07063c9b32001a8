/// What each query attends to: softmax(s · Q Kᵀ + mask) V.
///
/// `query` is [n…, l, e], `key` [n…, m, e] and `value` [n…, m, v]; the result [n…, l, v]. The axes before the last two are broadcast; with
/// `groupsHeads` each of the keys' and values' heads (axis −3) serves as many of the queries' heads in a row. The scale s is
/// 1 / √e unless given. With `isCausal` query i attends to keys 0 through i alone. A query that may attend to nothing gets zeros.
///
/// Gradients: those of the products and of the softmax. Stops where the shapes do not fit.
///
/// Source: `torch.nn.functional.scaled_dot_product_attention`; A. Vaswani et al., "Attention is all you need", 2017.
@_specialize(where Scalar == Float)
public func scaledDotProductAttention<Scalar: FloatingScalar>(
    _ query: Tensor<Scalar>, _ key: Tensor<Scalar>, _ value: Tensor<Scalar>, mask: AttentionMask<Scalar>? = nil,
    dropout: Double = 0, isCausal: Bool = false, scale: Double? = nil, groupsHeads: Bool = false
) -> Tensor<Scalar> {
    if mask == nil, dropout == 0,
        let result = fusedAttention(query, key, value, isCausal: isCausal, scale: scale)
    {
        return result
    }
    let (weights, value) = attentionWeights(
        query, key, value, mask: mask, isCausal: isCausal, scale: scale, groupsHeads: groupsHeads)
    return weights.dropout(dropout).matmul(value)
}

/// Which keys a query may attend to.
public enum AttentionMask<Scalar: FloatingScalar>: Sendable {
    /// Those where the mask is true. Broadcasts to [n…, l, m].
    case allowing(Tensor<Bool>)
    /// All, with a number added to the logarithm of each one's weight. Broadcasts to [n…, l, m].
    case adding(Tensor<Scalar>)
}

/// The weights of the keys for each query, [n…, l, m], and the values that fit them: `scaledDotProductAttention` without its last
/// product.
package func attentionWeights<Scalar: FloatingScalar>(
    _ query: Tensor<Scalar>, _ key: Tensor<Scalar>, _ value: Tensor<Scalar>, mask: AttentionMask<Scalar>?,
    isCausal: Bool, scale: Double? = nil, groupsHeads: Bool = false
) -> (weights: Tensor<Scalar>, value: Tensor<Scalar>) {
    guard query.rank >= 2, key.rank >= 2, value.rank >= 2 else {
        fatalError(
            "scaledDotProductAttention: query, key and value must have at least 2 axes, got \(query.shape), \(key.shape) and "
                + "\(value.shape)")
    }
    if isCausal, mask != nil {
        fatalError("scaledDotProductAttention: Explicit attn_mask should not be set when is_causal=True")
    }
    var (key, value) = (key, value)
    if groupsHeads {
        key = key.repeatingHeads(like: query)
        value = value.repeatingHeads(like: query)
    }
    let width = query.shape[query.rank - 1]
    let factor = Scalar(scale ?? 1 / Double(width).squareRoot())
    var scores = (query * factor).matmul(key.transposed(-1, -2))
    let (queries, keys) = (scores.shape[scores.rank - 2], scores.shape[scores.rank - 1])
    if isCausal {
        let places = Tensor<Int64>.arange(Int64(keys))
        let own = Tensor<Int64>.arange(Int64(queries)).unsqueezed(axis: 1)
        return (scores.replacing(with: -.infinity, where: places .> own).softmax(axis: -1), value)
    }
    switch mask {
    case nil: return (scores.softmax(axis: -1), value)
    case .allowing(let allowed): scores = scores.replacing(with: -.infinity, where: !allowed)
    case .adding(let added): scores = scores + added
    }
    if keys == 0 { return (scores, value) }
    // The softmax of nothing but −∞ is NaN, and so would be its gradient.
    let barred = noGrad { scores.detached().max(axis: -1, keepAxis: true).values .== -.infinity }
    if barred.countTrue == 0 { return (scores.softmax(axis: -1), value) }
    return (scores.replacing(with: 0, where: barred).softmax(axis: -1).replacing(with: 0, where: barred), value)
}

extension Tensor where Scalar: FloatingScalar {
    /// The heads (axis −3), each as often in a row as it takes to be as many as those of `query`.
    fileprivate func repeatingHeads(like query: Tensor) -> Tensor {
        guard rank > 2, query.rank > 2 else { return self }
        let (heads, wanted) = (shape[rank - 3], query.shape[query.rank - 3])
        if heads == wanted { return self }
        guard heads > 0, wanted % heads == 0 else {
            fatalError(
                "scaledDotProductAttention: the number of heads in query (\(wanted)) must be divisible by that in key and value "
                    + "(\(heads))")
        }
        var stretched = shape
        stretched.insert(wanted / heads, at: rank - 2)
        var merged = shape
        merged[rank - 3] = wanted
        return unsqueezed(axis: rank - 2).expanded(to: stretched).reshaped(to: merged)
    }
}

extension Tensor {
    /// Whether two tensors are the same elements in the same memory, made by the same operation.
    package func isSame(as other: Tensor) -> Bool {
        storage === other.storage && layout == other.layout && node === other.node
    }
}
