public import LockstepTensor

/// Self-attention, then a network of two linear layers, each added to its input and normalized.
///
/// y = norm₁(x + dropout(attention(x))), z = norm₂(y + dropout(W₂ dropout(f(W₁ y)))); with `normFirst` each part's input is normalized
/// instead of the sum. Input and output are [t, n, d], or [n, t, d] with `batchFirst`, or [t, d]. Its parts are `self_attn`, `linear1`,
/// `linear2`, `norm1` and `norm2`, drawn in this order; after `manualSeed` the weights are PyTorch's, bit for bit.
///
/// Source: `torch.nn.TransformerEncoderLayer`.
public final class TransformerEncoderLayer: TransformerLayer, Layer {
    /// A layer over samples of `size` numbers, with `feedForward` numbers between its linear layers. The defaults are PyTorch's.
    public convenience init(
        _ size: Int, heads: Int, feedForward: Int = 2048, dropout: Double = 0.1, nonlinearity: Nonlinearity = .relu,
        eps: Double = 1e-5, batchFirst: Bool = false, normFirst: Bool = false, bias: Bool = true
    ) {
        self.init(
            Settings(
                size: size, heads: heads, feedForward: feedForward, dropout: dropout, nonlinearity: nonlinearity,
                eps: eps, batchFirst: batchFirst, normFirst: normFirst, bias: bias))
    }

    init(_ settings: Settings) { super.init(settings, isDecoder: false) }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { self(input, mask: nil) }

    /// The output with a mask, padding and causality as `MultiheadAttention` takes them.
    public func callAsFunction(
        _ input: Tensor<Float>, mask: AttentionMask<Float>?, padding: Tensor<Bool>? = nil, isCausal: Bool = false
    ) -> Tensor<Float> {
        let middle = residual(input, norms[0]) { x in
            attention(x, x, x, padding: padding, mask: mask, isCausal: isCausal)
        }
        return residual(middle, norms[1], feedForward)
    }
}

/// A stack of encoder layers, and a normalization of the last one's output where one is given.
///
/// Its parts are `layers.0`, … and `norm`. Source: `torch.nn.TransformerEncoder`.
public final class TransformerEncoder: Module, Layer {
    private let layers: [TransformerEncoderLayer]
    private let norm: LayerNorm?

    /// `count` copies of a layer, which start from its weights as in PyTorch; the layer itself is not in the stack.
    public init(_ layer: TransformerEncoderLayer, layers count: Int, norm: LayerNorm? = nil) {
        layers = copies(count, of: layer) { TransformerEncoderLayer(layer.settings) }
        self.norm = norm
    }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { self(input, mask: nil) }

    /// The output with a mask, padding and causality as `MultiheadAttention` takes them, the same for each layer.
    public func callAsFunction(
        _ input: Tensor<Float>, mask: AttentionMask<Float>?, padding: Tensor<Bool>? = nil, isCausal: Bool = false
    ) -> Tensor<Float> {
        let output = layers.reduce(input) { $1($0, mask: mask, padding: padding, isCausal: isCausal) }
        return norm.map { $0(output) } ?? output
    }
}
