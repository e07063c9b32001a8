public import LockstepTensor

/// Self-attention, attention to an encoder's output, then a network of two linear layers, each added to its input and normalized.
///
/// Source and shapes as `TransformerEncoderLayer`; `memory` is [s, n, d], or [n, s, d] with `batchFirst`, or [s, d]. Its parts are
/// `self_attn`, `multihead_attn`, `linear1`, `linear2`, `norm1`, `norm2` and `norm3`, drawn in this order; after `manualSeed` the weights
/// are PyTorch's, bit for bit.
///
/// Source: `torch.nn.TransformerDecoderLayer`.
public final class TransformerDecoderLayer: TransformerLayer {
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

    init(_ settings: Settings) { super.init(settings, isDecoder: true) }

    /// The output for `target`, with masks, paddings and causality as `MultiheadAttention` takes them: of the target for the attention
    /// to itself, of the memory for the attention to that.
    public func callAsFunction(
        _ target: Tensor<Float>, memory: Tensor<Float>, mask: AttentionMask<Float>? = nil,
        memoryMask: AttentionMask<Float>? = nil, padding: Tensor<Bool>? = nil, memoryPadding: Tensor<Bool>? = nil,
        isCausal: Bool = false, memoryIsCausal: Bool = false
    ) -> Tensor<Float> {
        guard let crossAttention else { fatalError("a decoder's layer is made with an attention to the memory") }
        let first = residual(target, norms[0]) { x in
            attention(x, x, x, padding: padding, mask: mask, isCausal: isCausal)
        }
        let second = residual(first, norms[1]) { x in
            crossAttention(
                x, memory, memory, padding: memoryPadding, mask: memoryMask, isCausal: memoryIsCausal)
        }
        return residual(second, norms[2], feedForward)
    }
}

/// A stack of decoder layers, and a normalization of the last one's output where one is given.
///
/// Its parts are `layers.0`, … and `norm`. Source: `torch.nn.TransformerDecoder`.
public final class TransformerDecoder: Module {
    private let layers: [TransformerDecoderLayer]
    private let norm: LayerNorm?

    /// `count` copies of a layer, which start from its weights as in PyTorch; the layer itself is not in the stack.
    public init(_ layer: TransformerDecoderLayer, layers count: Int, norm: LayerNorm? = nil) {
        layers = copies(count, of: layer) { TransformerDecoderLayer(layer.settings) }
        self.norm = norm
    }

    /// The output for `target`; the rest as each layer takes it.
    public func callAsFunction(
        _ target: Tensor<Float>, memory: Tensor<Float>, mask: AttentionMask<Float>? = nil,
        memoryMask: AttentionMask<Float>? = nil, padding: Tensor<Bool>? = nil, memoryPadding: Tensor<Bool>? = nil,
        isCausal: Bool = false, memoryIsCausal: Bool = false
    ) -> Tensor<Float> {
        let output = layers.reduce(target) { x, layer in
            layer(
                x, memory: memory, mask: mask, memoryMask: memoryMask, padding: padding, memoryPadding: memoryPadding,
                isCausal: isCausal, memoryIsCausal: memoryIsCausal)
        }
        return norm.map { $0(output) } ?? output
    }
}
