import LockstepTensor

/// What an encoder's and a decoder's layer have in common: self-attention, and a network of two linear layers.
public class TransformerLayer: Module, CustomReflectable {
    /// What is applied between the linear layers.
    public enum Nonlinearity: Sendable {
        /// max(x, 0).
        case relu
        /// x Φ(x).
        case gelu
    }

    /// What a layer is made with.
    struct Settings {
        let size: Int
        let heads: Int
        let feedForward: Int
        let dropout: Double
        let nonlinearity: Nonlinearity
        let eps: Double
        let batchFirst: Bool
        let normFirst: Bool
        let bias: Bool

        func makeAttention() -> MultiheadAttention {
            MultiheadAttention(size, heads: heads, dropout: dropout, bias: bias, batchFirst: batchFirst)
        }
        func makeNorm() -> LayerNorm { LayerNorm(size, eps: eps, bias: bias) }
    }

    let settings: Settings
    let attention: MultiheadAttention
    /// A decoder's attention to the encoder's output.
    let crossAttention: MultiheadAttention?
    let linear1: Linear
    let linear2: Linear
    let norms: [LayerNorm]

    init(_ settings: Settings, isDecoder: Bool) {
        self.settings = settings
        attention = settings.makeAttention()
        crossAttention = isDecoder ? settings.makeAttention() : nil
        linear1 = Linear(settings.size, settings.feedForward, bias: settings.bias)
        linear2 = Linear(settings.feedForward, settings.size, bias: settings.bias)
        norms = (0..<(isDecoder ? 3 : 2)).map { _ in settings.makeNorm() }
    }

    /// x plus what `part` makes of it, normalized before or after.
    func residual(_ x: Tensor<Float>, _ norm: LayerNorm, _ part: (Tensor<Float>) -> Tensor<Float>) -> Tensor<Float> {
        settings.normFirst ? x + dropped(part(norm(x))) : norm(x + dropped(part(x)))
    }

    final func feedForward(_ x: Tensor<Float>) -> Tensor<Float> {
        let inner = linear1(x, activation: settings.nonlinearity == .relu ? .relu : .gelu)
        return linear2(dropped(inner))
    }

    private func dropped(_ x: Tensor<Float>) -> Tensor<Float> { isTraining ? x.dropout(settings.dropout) : x }

    /// The parts under the names that PyTorch gives them.
    public final var customMirror: Mirror {
        var children: [(label: String?, value: Any)] = [("self_attn", attention)]
        if let crossAttention { children.append(("multihead_attn", crossAttention)) }
        children += [("linear1", linear1), ("linear2", linear2)]
        for (place, norm) in norms.enumerated() { children.append(("norm\(place + 1)", norm)) }
        return Mirror(self, children: children)
    }
}

/// `count` layers with the weights of a given one, as PyTorch copies it. No random number is drawn.
func copies<Layer: TransformerLayer>(_ count: Int, of layer: Layer, _ make: () -> Layer) -> [Layer] {
    let generator = withDefaultGenerator { $0 }
    defer { withDefaultGenerator { $0 = generator } }
    return (0..<count).map { _ in
        let copy = make()
        for (new, old) in zip(copy.parameters, layer.parameters) { new.value = noGrad { old.value } }
        return copy
    }
}
