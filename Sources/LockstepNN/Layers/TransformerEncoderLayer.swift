public import LockstepTensor

/// Self-attention, then a network of two linear layers, each added to its input and normalized.
///
/// y = norm₁(x + dropout(attention(x))), z = norm₂(y + dropout(W₂ dropout(f(W₁ y)))); with `normFirst` each part's input is normalized
/// instead of the sum. Input and output are [t, n, d], or [n, t, d] with `batchFirst`, or [t, d]. Its parts are `self_attn`, `linear1`,
/// `linear2`, `norm1` and `norm2`, drawn in this order; after `manualSeed` the weights are PyTorch's, bit for bit.
///
/// Source: `torch.nn.TransformerEncoderLayer`.
public final class TransformerEncoderLayer: Module, Layer, CustomReflectable {
    /// What is applied between the linear layers.
    public enum Nonlinearity: Sendable {
        /// max(x, 0).
        case relu
        /// x Φ(x).
        case gelu
    }

    private let attention: MultiheadAttention
    private let linear1: Linear
    private let linear2: Linear
    private let norm1: LayerNorm
    private let norm2: LayerNorm
    private let dropout: Double
    private let nonlinearity: Nonlinearity
    private let normFirst: Bool

    /// A layer over samples of `size` numbers, with `feedForward` numbers between its linear layers.
    public init(
        _ size: Int, heads: Int, feedForward: Int = 2048, dropout: Double = 0.1, nonlinearity: Nonlinearity = .relu,
        eps: Double = 1e-5, batchFirst: Bool = false, normFirst: Bool = false, bias: Bool = true
    ) {
        attention = MultiheadAttention(size, heads: heads, dropout: dropout, bias: bias, batchFirst: batchFirst)
        linear1 = Linear(size, feedForward, bias: bias)
        linear2 = Linear(feedForward, size, bias: bias)
        norm1 = LayerNorm(size, eps: eps, bias: bias)
        norm2 = LayerNorm(size, eps: eps, bias: bias)
        (self.dropout, self.nonlinearity, self.normFirst) = (dropout, nonlinearity, normFirst)
    }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { self(input, mask: nil) }

    /// The output with a mask, padding and causality as `MultiheadAttention` takes them.
    public func callAsFunction(
        _ input: Tensor<Float>, mask: AttentionMask<Float>?, padding: Tensor<Bool>? = nil, isCausal: Bool = false
    ) -> Tensor<Float> {
        func attend(_ x: Tensor<Float>) -> Tensor<Float> {
            dropped(attention(x, x, x, padding: padding, mask: mask, isCausal: isCausal))
        }
        if normFirst {
            let middle = input + attend(norm1(input))
            return middle + feedForward(norm2(middle))
        }
        let middle = norm1(input + attend(input))
        return norm2(middle + feedForward(middle))
    }

    private func feedForward(_ x: Tensor<Float>) -> Tensor<Float> {
        let inner = nonlinearity == .relu ? linear1(x, activation: .relu) : linear1(x).gelu()
        return dropped(linear2(dropped(inner)))
    }

    private func dropped(_ x: Tensor<Float>) -> Tensor<Float> { isTraining ? x.dropout(dropout) : x }

    /// The parts under the names that PyTorch gives them.
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "self_attn": attention as Any, "linear1": linear1, "linear2": linear2, "norm1": norm1, "norm2": norm2,
            ])
    }
}
