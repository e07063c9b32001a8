internal import LockstepNN
internal import LockstepTensor

/// A decoder-only transformer over characters: the model `gpt`.
///
/// The network, its first weights and the names of its parameters are nanoGPT's, which are GPT-2's: token and position
/// embeddings (`transformer.wte`, `transformer.wpe`), blocks `transformer.h.0`, … of causal self-attention (`attn.c_attn`, `attn.c_proj`) and a
/// feed-forward network four times as wide with GELU (`mlp.c_fc`, `mlp.c_proj`), each behind a layer normalization (`ln_1`, `ln_2`), a last
/// one (`transformer.ln_f`), and a head `lm_head` that shares its weight with `transformer.wte`.
///
/// Weights start normal with standard deviation 0.02, those of the projections back into the stream (`c_proj`) with 0.02 / √(2 layers),
/// biases as zeros. After `manualSeed` they are nanoGPT's for the same seed, to some 1e-6.
///
/// Source: https://github.com/karpathy/nanoGPT/blob/master/model.py; A. Radford et al., "Language models are unsupervised multitask
/// learners", 2019.
final class GPT: Module, TokenModel, CustomReflectable {
    private let tokens: Embedding
    private let positions: Embedding
    private let drop: Dropout
    private let blocks: [Block]
    private let norm: LayerNorm
    private let head: SharedHead

    init(vocabulary: Int, _ settings: ModelSpecification.Transformer) {
        let width = settings.width
        tokens = Embedding(vocabulary, width)
        positions = Embedding(settings.context, width)
        drop = Dropout(settings.dropout)
        blocks = (0..<settings.layers).map { _ in Block(settings) }
        norm = LayerNorm(width)
        // The head is made, and draws its weight, before it takes the embedding's: so the draws are nanoGPT's.
        _ = Linear(width, vocabulary, bias: false)
        head = SharedHead(tokens.weight)
        super.init()
        func draw(_ parameter: Parameter, _ deviation: Double) {
            parameter.value = .normal(parameter.shape, mean: 0, standardDeviation: deviation)
        }
        draw(tokens.weight, 0.02)
        draw(positions.weight, 0.02)
        let linear = blocks.flatMap {
            [$0.attention.input, $0.attention.output, $0.feedForward.input, $0.feedForward.output]
        }
        for layer in linear {
            draw(layer.weight, 0.02)
            layer.bias?.value = .zeros([layer.outFeatures])
        }
        draw(head.weight, 0.02)
        let deviation = 0.02 / (2 * Double(settings.layers)).squareRoot()
        for block in blocks {
            draw(block.attention.output.weight, deviation)
            draw(block.feedForward.output.weight, deviation)
        }
    }

    func callAsFunction(_ input: Tensor<Int64>) -> Tensor<Float> {
        let places = Tensor<Int64>.arange(Int64(input.shape[1]))
        var stream = drop(tokens(input) + positions(places))
        for block in blocks { stream = block(stream) }
        return head(norm(stream))
    }

    /// The parts under nanoGPT's names.
    var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "transformer.wte": tokens as Any, "transformer.wpe": positions, "transformer.drop": drop,
                "transformer.h": blocks, "transformer.ln_f": norm, "lm_head": head,
            ])
    }
}

/// A layer without a bias whose weight is another's.
private final class SharedHead: Module, Layer {
    let weight: Parameter

    init(_ weight: Parameter) { self.weight = weight }

    func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { linear(input, weight.value) }
}

/// Attention and a feed-forward network, each added to the stream.
private final class Block: Module, Layer, CustomReflectable {
    let norm1: LayerNorm
    let attention: CausalSelfAttention
    let norm2: LayerNorm
    let feedForward: FeedForward

    init(_ settings: ModelSpecification.Transformer) {
        norm1 = LayerNorm(settings.width)
        attention = CausalSelfAttention(settings)
        norm2 = LayerNorm(settings.width)
        feedForward = FeedForward(settings)
    }

    func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        let stream = input + attention(norm1(input))
        return stream + feedForward(norm2(stream))
    }

    var customMirror: Mirror {
        Mirror(self, children: ["ln_1": norm1 as Any, "attn": attention, "ln_2": norm2, "mlp": feedForward])
    }
}

/// Each place looks at itself and at those before it.
private final class CausalSelfAttention: Module, Layer, CustomReflectable {
    let input: Linear
    let output: Linear
    private let dropout: Dropout
    private let heads: Int

    init(_ settings: ModelSpecification.Transformer) {
        input = Linear(settings.width, 3 * settings.width)
        output = Linear(settings.width, settings.width)
        dropout = Dropout(settings.dropout)
        heads = settings.heads
    }

    func callAsFunction(_ stream: Tensor<Float>) -> Tensor<Float> {
        let (count, length, width) = (stream.shape[0], stream.shape[1], stream.shape[2])
        let parts = input(stream).split(width, axis: 2).map {
            $0.reshaped(to: [count, length, heads, width / heads]).transposed(1, 2)
        }
        let attended = scaledDotProductAttention(
            parts[0], parts[1], parts[2], dropout: isTraining ? dropout.probability : 0, isCausal: true)
        return dropout(output(attended.transposed(1, 2).reshaped(to: [count, length, width])))
    }

    var customMirror: Mirror {
        Mirror(self, children: ["c_attn": input as Any, "c_proj": output, "resid_dropout": dropout])
    }
}

/// Two layers with GELU between them.
private final class FeedForward: Module, Layer, CustomReflectable {
    let input: Linear
    let output: Linear
    private let dropout: Dropout

    init(_ settings: ModelSpecification.Transformer) {
        input = Linear(settings.width, 4 * settings.width)
        output = Linear(4 * settings.width, settings.width)
        dropout = Dropout(settings.dropout)
    }

    func callAsFunction(_ stream: Tensor<Float>) -> Tensor<Float> { dropout(output(input(stream).gelu())) }

    var customMirror: Mirror {
        Mirror(self, children: ["c_fc": input as Any, "c_proj": output, "dropout": dropout])
    }
}
