import LockstepNN
import LockstepTensor

/// Linear layers of the given widths with ReLU between them.
func mlp(_ widths: Int...) -> Sequential {
    var layers: [any Layer] = []
    for (inputs, outputs) in zip(widths, widths.dropFirst()) {
        if !layers.isEmpty { layers.append(ReLU()) }
        layers.append(Linear(inputs, outputs))
    }
    return Sequential(layers)
}

/// The network of PyTorch's MNIST example, without its dropout.
final class ConvolutionalNet: Module, Layer {
    let conv1 = Conv2d(1, 32, kernel: 3)
    let conv2 = Conv2d(32, 64, kernel: 3)
    let fc1 = Linear(9216, 128)
    let fc2 = Linear(128, 10)

    func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        let features = maxPool2d(conv2(conv1(input, activation: .relu), activation: .relu), kernel: 2)
        return fc2(fc1(features.flattened(from: 1), activation: .relu))
    }
}

/// An LSTM over the rows of an image, whose last output is judged.
final class RecurrentNet: Module, Layer {
    let lstm = LSTM(28, 128, batchFirst: true)
    let output = Linear(128, 10)

    func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { output(lstm(input).output[0..., -1]) }
}

/// One layer of a transformer: causal self-attention and a network four times as wide.
final class Block: Module, Layer {
    let norm1: LayerNorm
    let norm2: LayerNorm
    let qkv: Linear
    let projection: Linear
    let mlp: Sequential
    private let heads: Int

    init(_ width: Int, heads: Int) {
        norm1 = LayerNorm(width)
        norm2 = LayerNorm(width)
        qkv = Linear(width, 3 * width)
        projection = Linear(width, width)
        mlp = Sequential(Linear(width, 4 * width), GELU(), Linear(4 * width, width))
        self.heads = heads
    }

    func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        let (batch, length, width) = (input.shape[0], input.shape[1], input.shape[2])
        let parts = qkv(norm1(input)).split(width, axis: 2).map {
            $0.reshaped(to: [batch, length, heads, width / heads]).transposed(1, 2)
        }
        let attended = scaledDotProductAttention(parts[0], parts[1], parts[2], isCausal: true)
        let stream = input + projection(attended.transposed(1, 2).reshaped(to: [batch, length, width]))
        return stream + mlp(norm2(stream))
    }
}

/// A small decoder-only transformer over characters: scores [n · t, vocabulary] for tokens [n, t].
final class Transformer: Module {
    let tokens: Embedding
    let positions: Embedding
    let blocks: Sequential
    let norm: LayerNorm
    let head: Linear

    init(vocabulary: Int = 65, width: Int = 128, heads: Int = 4, layers: Int = 4, context: Int = 64) {
        tokens = Embedding(vocabulary, width)
        positions = Embedding(context, width)
        blocks = Sequential((0..<layers).map { _ in Block(width, heads: heads) })
        norm = LayerNorm(width)
        head = Linear(width, vocabulary, bias: false)
    }

    func callAsFunction(_ input: Tensor<Int64>) -> Tensor<Float> {
        let stream = tokens(input) + positions(.arange(Int64(input.shape[1])))
        return head(norm(blocks(stream))).flattened(from: 0, through: 1)
    }
}
