public import LockstepTensor

/// Attention by several heads, each of which looks at projections of its own: concat(head₁, …) Wᵒ with
/// headᵢ = softmax(QWᵢ(KUᵢ)ᵀ / √d) VXᵢ.
///
/// Query, key and value are [l, n, e], [m, n, k] and [m, n, v], or [n, l, e] and so on with `batchFirst`, or [l, e] and so on for one sample; the
/// output has the query's shape. `in_proj_weight` [3e, e] and `in_proj_bias` [3e] hold the projections of query, key and value (three
/// weights of their own, `q_proj_weight` …, where key or value have other sizes), `out_proj` the last one.
///
/// The projections' weights are first drawn by `xavierUniform`, after `out_proj`'s, which are drawn as those of `Linear`; biases
/// start as zeros. After `manualSeed` they are PyTorch's, bit for bit.
///
/// Source: `torch.nn.MultiheadAttention`; A. Vaswani et al., "Attention is all you need", 2017.
public final class MultiheadAttention: Module, CustomReflectable {
    private enum Projections {
        case joint(Parameter)
        case separate(query: Parameter, key: Parameter, value: Parameter)
    }

    /// The size of a query and of an output, e.
    public let embeddingSize: Int
    /// The number of heads.
    public let heads: Int
    /// Whether the batch is the first axis.
    public let batchFirst: Bool
    private let dropout: Double
    private let projections: Projections
    private let inputBias: Parameter?
    private let output: Linear
    /// A key and a value for every sample, after its own; learnt.
    private let extra: (key: Parameter, value: Parameter)?
    private let addsZeros: Bool

    /// Attention by `heads` heads over queries of `embeddingSize` numbers, and keys and values of as many unless given.
    ///
    /// With `addsBias` one more key and value, `bias_k` and `bias_v` [1, 1, e], are learnt and stand behind those of every sample; with
    /// `addsZeros` a key and a value of zeros do, so that a query may attend to nothing. Stops where the number of heads does not
    /// divide the size.
    public init(
        _ embeddingSize: Int, heads: Int, dropout: Double = 0, bias: Bool = true, addsBias: Bool = false,
        addsZeros: Bool = false, keySize: Int? = nil, valueSize: Int? = nil, batchFirst: Bool = false
    ) {
        guard embeddingSize > 0, heads > 0 else {
            fatalError(
                "embed_dim and num_heads must be greater than 0, got embed_dim=\(embeddingSize) and num_heads=\(heads) instead"
            )
        }
        guard embeddingSize % heads == 0 else { fatalError("embed_dim must be divisible by num_heads") }
        (self.embeddingSize, self.heads, self.batchFirst, self.dropout) = (embeddingSize, heads, batchFirst, dropout)
        let (key, value) = (keySize ?? embeddingSize, valueSize ?? embeddingSize)
        output = Linear(embeddingSize, embeddingSize, bias: bias)
        if key == embeddingSize, value == embeddingSize {
            projections = .joint(Parameter(xavierUniform([3 * embeddingSize, embeddingSize])))
        } else {
            projections = .separate(
                query: Parameter(xavierUniform([embeddingSize, embeddingSize])),
                key: Parameter(xavierUniform([embeddingSize, key])),
                value: Parameter(xavierUniform([embeddingSize, value])))
        }
        self.addsZeros = addsZeros
        inputBias = bias ? Parameter(.zeros([3 * embeddingSize])) : nil
        extra =
            addsBias
            ? (Parameter(xavierNormal([1, 1, embeddingSize])), Parameter(xavierNormal([1, 1, embeddingSize]))) : nil
        if let bias = output.bias { bias.value = .zeros([embeddingSize]) }
    }

    /// The output, [l, n, e] as the query; see `withWeights` for what each query looked at.
    ///
    /// `padding` [n, m] is true for keys that nobody may look at, as in PyTorch. `mask` broadcasts to [n, heads, l, m]; in a
    /// `.allowing` one true means that a query may look, the opposite of PyTorch's. With `isCausal` query i sees keys 0 through i.
    public func callAsFunction(
        _ query: Tensor<Float>, _ key: Tensor<Float>, _ value: Tensor<Float>, padding: Tensor<Bool>? = nil,
        mask: AttentionMask<Float>? = nil, isCausal: Bool = false
    ) -> Tensor<Float> {
        attend(query, key, value, padding: padding, mask: mask, isCausal: isCausal).output
    }

    /// The output, and the weights of the keys for each query, [n, heads, l, m] ([heads, l, m] for one sample), dropout included.
    public func withWeights(
        _ query: Tensor<Float>, _ key: Tensor<Float>, _ value: Tensor<Float>, padding: Tensor<Bool>? = nil,
        mask: AttentionMask<Float>? = nil, isCausal: Bool = false
    ) -> (output: Tensor<Float>, weights: Tensor<Float>) {
        attend(query, key, value, padding: padding, mask: mask, isCausal: isCausal)
    }

    private func attend(
        _ query: Tensor<Float>, _ key: Tensor<Float>, _ value: Tensor<Float>, padding: Tensor<Bool>?,
        mask: AttentionMask<Float>?, isCausal: Bool
    ) -> (output: Tensor<Float>, weights: Tensor<Float>) {
        guard query.rank == 3 else {
            guard query.rank == 2, key.rank == 2, value.rank == 2 else {
                fatalError(
                    "query should be unbatched 2D or batched 3D tensor but received \(query.rank)-D query tensor")
            }
            let axis = batchFirst ? 0 : 1
            let (output, weights) = attend(
                query.unsqueezed(axis: axis), key.unsqueezed(axis: axis), value.unsqueezed(axis: axis),
                padding: padding?.unsqueezed(axis: 0), mask: mask, isCausal: isCausal)
            return (output.squeezed(axis: axis), weights.squeezed(axis: 0))
        }
        let (q, k, v) = project(query, key, value)
        let hasMore = extra != nil || addsZeros
        var mask = joined(mask, padding, isCausal, query, key, always: hasMore)
        if hasMore { mask = mask.map { widened($0, keys: key.shape[batchFirst ? 1 : 0]) } }
        let (weights, values) = attentionWeights(
            split(q), extended(k) { $0.key }, extended(v) { $0.value }, mask: mask, isCausal: isCausal && mask == nil)
        let dropped = isTraining ? weights.dropout(dropout) : weights
        // [n, heads, l, d] to the query's order of axes, heads side by side.
        let context = dropped.matmul(values).permuted(batchFirst ? [0, 2, 1, 3] : [2, 0, 1, 3])
        return (output(context.reshaped(to: query.shape)), dropped)
    }

    /// Query, key and value, projected.
    private func project(
        _ query: Tensor<Float>, _ key: Tensor<Float>, _ value: Tensor<Float>
    ) -> (Tensor<Float>, Tensor<Float>, Tensor<Float>) {
        let size = embeddingSize
        let bias = inputBias?.value
        func part(_ tensor: Tensor<Float>, _ place: Int) -> Tensor<Float> {
            tensor.narrowed(axis: 0, start: place * size, count: size)
        }
        switch projections {
        case .separate(let queryWeight, let keyWeight, let valueWeight):
            return (
                linear(query, queryWeight.value, bias.map { part($0, 0) }),
                linear(key, keyWeight.value, bias.map { part($0, 1) }),
                linear(value, valueWeight.value, bias.map { part($0, 2) })
            )
        case .joint(let parameter):
            let weight = parameter.value
            if query.isSame(as: key), key.isSame(as: value) {
                // Self-attention: one product for all three.
                let all = linear(query, weight, bias)
                func slice(_ place: Int) -> Tensor<Float> { all.narrowed(axis: -1, start: place * size, count: size) }
                return (slice(0), slice(1), slice(2))
            }
            return (
                linear(query, part(weight, 0), bias.map { part($0, 0) }),
                linear(key, part(weight, 1), bias.map { part($0, 1) }),
                linear(value, part(weight, 2), bias.map { part($0, 2) })
            )
        }
    }

    /// [l, n, e] or [n, l, e] to [n, heads, l, e / heads].
    private func split(_ tensor: Tensor<Float>) -> Tensor<Float> {
        let shape = tensor.shape
        return tensor.reshaped(to: [shape[0], shape[1], heads, embeddingSize / heads])
            .permuted(batchFirst ? [0, 2, 1, 3] : [1, 2, 0, 3])
    }

    /// The keys or values as `split` gives them, with what stands behind them.
    private func extended(
        _ tensor: Tensor<Float>, _ part: ((key: Parameter, value: Parameter)) -> Parameter
    ) -> Tensor<Float> {
        var all = tensor
        if let extra {
            let axis = batchFirst ? 1 : 0
            var shape = tensor.shape
            shape[axis] = 1
            all = concatenated([all, part(extra).value.expanded(to: shape)], axis: axis)
        }
        let heads = split(all)
        if !addsZeros { return heads }
        var shape = heads.shape
        shape[2] = 1
        return concatenated([heads, .zeros(shape)], axis: 2)
    }

    /// A mask that lets all look at what stands behind the keys.
    private func widened(_ mask: AttentionMask<Float>, keys: Int) -> AttentionMask<Float> {
        let more = (extra == nil ? 0 : 1) + (addsZeros ? 1 : 0)
        func widened<Scalar>(_ tensor: Tensor<Scalar>, _ value: Scalar) -> Tensor<Scalar> {
            tensor.expanded(to: tensor.shape.dropLast() + [keys]).padded([0, more], value: value)
        }
        return switch mask {
        case .allowing(let allowed): .allowing(widened(allowed, true))
        case .adding(let added): .adding(widened(added, 0))
        }
    }

    /// One mask that says all that the three say; nil where there is none, or causality alone unless `always`.
    private func joined(
        _ mask: AttentionMask<Float>?, _ padding: Tensor<Bool>?, _ isCausal: Bool, _ query: Tensor<Float>,
        _ key: Tensor<Float>, always: Bool
    ) -> AttentionMask<Float>? {
        if padding == nil, !isCausal || (mask == nil && !always) { return mask }
        var barred: [Tensor<Bool>] = []
        if let padding { barred.append(padding.unsqueezed(axis: 1).unsqueezed(axis: 1)) }
        if isCausal {
            let axis = batchFirst ? 1 : 0
            let places = Tensor<Int64>.arange(Int64(key.shape[axis]))
            barred.append(places .> Tensor<Int64>.arange(Int64(query.shape[axis])).unsqueezed(axis: 1))
        }
        var added = Tensor<Float>(0)
        switch mask {
        case .adding(let given)?: added = given
        case .allowing(let allowed)?: barred.append(!allowed)
        case nil: break
        }
        for each in barred { added = added.replacing(with: -.infinity, where: each) }
        return .adding(added)
    }

    /// The parameters under the names that PyTorch gives them.
    public var customMirror: Mirror {
        var children: [(label: String?, value: Any)] =
            switch projections {
            case .joint(let weight): [("in_proj_weight", weight)]
            case .separate(let query, let key, let value):
                [("q_proj_weight", query), ("k_proj_weight", key), ("v_proj_weight", value)]
            }
        children += [
            ("in_proj_bias", inputBias as Any), ("bias_k", extra?.key as Any), ("bias_v", extra?.value as Any),
            ("out_proj", output),
        ]
        return Mirror(self, children: children)
    }
}
