public import LockstepTensor

/// An encoder and a decoder that attends to its output, each a stack of layers with a normalization at its end.
///
/// Source [s, n, d] and target [t, n, d], or [n, s, d] and [n, t, d] with `batchFirst`; the output is as the target. Its parts are
/// `encoder` and `decoder`. All weights of two axes are drawn by `xavierUniform` after those of the layers; after `manualSeed` they are
/// PyTorch's, bit for bit.
///
/// Source: `torch.nn.Transformer`; A. Vaswani et al., "Attention is all you need", 2017.
public final class Transformer: Module {
    private let encoder: TransformerEncoder
    private let decoder: TransformerDecoder

    /// A model over samples of `size` numbers; the rest as `TransformerEncoderLayer` takes it. The defaults are PyTorch's and the paper's.
    public init(
        _ size: Int = 512, heads: Int = 8, encoderLayers: Int = 6, decoderLayers: Int = 6, feedForward: Int = 2048,
        dropout: Double = 0.1, nonlinearity: TransformerLayer.Nonlinearity = .relu, eps: Double = 1e-5,
        batchFirst: Bool = false, normFirst: Bool = false, bias: Bool = true
    ) {
        let settings = TransformerLayer.Settings(
            size: size, heads: heads, feedForward: feedForward, dropout: dropout, nonlinearity: nonlinearity, eps: eps,
            batchFirst: batchFirst, normFirst: normFirst, bias: bias)
        encoder = TransformerEncoder(
            TransformerEncoderLayer(settings), layers: encoderLayers, norm: settings.makeNorm())
        decoder = TransformerDecoder(
            TransformerDecoderLayer(settings), layers: decoderLayers, norm: settings.makeNorm())
        super.init()
        for parameter in parameters where parameter.shape.count > 1 { parameter.value = xavierUniform(parameter.shape) }
    }

    /// The decoder's output for `target` with the encoder's for `source`; masks, paddings and causality as `MultiheadAttention` takes them.
    ///
    /// As in PyTorch, padding of the source is to be given again as `memoryPadding`, for the decoder's attention to it.
    public func callAsFunction(
        _ source: Tensor<Float>, _ target: Tensor<Float>, sourceMask: AttentionMask<Float>? = nil,
        targetMask: AttentionMask<Float>? = nil, memoryMask: AttentionMask<Float>? = nil,
        sourcePadding: Tensor<Bool>? = nil, targetPadding: Tensor<Bool>? = nil, memoryPadding: Tensor<Bool>? = nil,
        sourceIsCausal: Bool = false, targetIsCausal: Bool = false, memoryIsCausal: Bool = false
    ) -> Tensor<Float> {
        let memory = encoder(source, mask: sourceMask, padding: sourcePadding, isCausal: sourceIsCausal)
        return decoder(
            target, memory: memory, mask: targetMask, memoryMask: memoryMask, padding: targetPadding,
            memoryPadding: memoryPadding, isCausal: targetIsCausal, memoryIsCausal: memoryIsCausal)
    }
}
