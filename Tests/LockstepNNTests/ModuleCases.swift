import LockstepNN
import LockstepTensor
import Testing

/// One layer with PyTorch's figures: its state after the seed, and what it makes of inputs that were drawn after another seed.
struct ModuleCase: Sendable, CustomTestStringConvertible {
    let name: String
    let shapes: [[Int]]
    /// Makes the layer, and what runs it.
    let make: @Sendable () -> (module: Module, run: ([Tensor<Float>]) -> [Tensor<Float>])

    var testDescription: String { name }

    init<M: Module>(
        _ name: String, _ shapes: [[Int]], _ make: @escaping @Sendable () -> M,
        run: @escaping @Sendable (M, [Tensor<Float>]) -> [Tensor<Float>]
    ) {
        (self.name, self.shapes) = (name, shapes)
        self.make = {
            let module = make()
            return (module, { run(module, $0) })
        }
    }

    init(_ name: String, _ shape: [Int], _ make: @escaping @Sendable () -> some Layer) {
        self.init(name, [shape], make) { [$0($1[0])] }
    }
}

private func allowing(upTo size: Int) -> Tensor<Bool> {
    Tensor<Int64>.arange(Int64(size)) .<= Tensor<Int64>.arange(Int64(size)).unsqueezed(axis: 1)
}

private let classes = Tensor<Int64>([2, 0, 1, -100, 1])

/// The cases of scripts/fixtures/make_modules.py, but those of tables, which take indices.
let moduleCases: [ModuleCase] = layerCases + stackCases + lossCases

private let layerCases = [
    ModuleCase("bilinear", [[5, 3], [5, 4]], { Bilinear(3, 4, 2) }) { [$0($1[0], $1[1])] },
    ModuleCase("conv1d", [2, 4, 7]) { Conv1d(4, 6, kernel: 3, stride: 2, padding: 1, groups: 2) },
    ModuleCase("conv2d", [2, 2, 6, 5]) {
        Conv2d(
            2, 3, kernel: Size2D(3, 2), stride: Size2D(2, 1), padding: .by(Size2D(1, 0)), dilation: Size2D(1, 2))
    },
    ModuleCase("conv2d_plain", [2, 3, 3, 3]) { Conv2d(3, 4, kernel: 1, bias: false) },
    ModuleCase("conv2d_same", [2, 5, 5]) { Conv2d(2, 2, kernel: 4, padding: .same) },
    ModuleCase("conv_transpose2d", [2, 4, 3, 4]) {
        ConvTranspose2d(4, 6, kernel: 3, stride: 2, padding: 1, outputPadding: 1, groups: 2)
    },
    ModuleCase("pools", [2, 2, 8, 9]) {
        Sequential(
            MaxPool2d(2), AvgPool2d(3, stride: 1, padding: 1), AdaptiveAvgPool2d(Size2D(3, 2)), AdaptiveMaxPool2d(2))
    },
    ModuleCase("pools1d", [2, 3, 11]) { Sequential(MaxPool1d(3, stride: 2, padding: 1), AvgPool1d(2)) },
    ModuleCase("batch_norm1d", [5, 3]) { BatchNorm1d(3) },
    ModuleCase("batch_norm1d_sequence", [4, 3, 6]) { BatchNorm1d(3, momentum: nil) },
    ModuleCase("batch_norm2d", [4, 3, 2, 3]) { BatchNorm2d(3, eps: 1e-3, momentum: 0.3) },
    ModuleCase("batch_norm2d_plain", [3, 2, 2, 2]) { BatchNorm2d(2, affine: false, tracksStatistics: false) },
    ModuleCase("layer_norm", [5, 3, 4]) { LayerNorm([3, 4]) },
    ModuleCase("layer_norm_no_bias", [3, 20]) { LayerNorm(20, bias: false) },
    ModuleCase("rms_norm", [3, 20]) { RMSNorm(20) },
    ModuleCase("group_norm", [3, 6, 4]) { GroupNorm(2, 6) },
    ModuleCase("rnn", [[5, 2, 3]], { RNN(3, 4, layers: 2) }) { layer, x in
        let (output, hidden) = layer(x[0])
        return [output, hidden]
    },
    ModuleCase("rnn_relu", [[2, 5, 3]], { RNN(3, 4, nonlinearity: .relu, bias: false, batchFirst: true) }) { layer, x in
        let (output, hidden) = layer(x[0])
        return [output, hidden]
    },
    ModuleCase("gru", [[4, 2, 3], [4, 2, 5]], { GRU(3, 5, layers: 2, bidirectional: true) }) { layer, x in
        let (output, hidden) = layer(x[0], hidden: x[1])
        return [output, hidden]
    },
    ModuleCase("gru_plain", [[2, 5, 3]], { GRU(3, 4, bias: false, batchFirst: true) }) { layer, x in
        let (output, hidden) = layer(x[0])
        return [output, hidden]
    },
    ModuleCase(
        "lstm", [[2, 4, 3], [4, 2, 5], [4, 2, 5]], { LSTM(3, 5, layers: 2, batchFirst: true, bidirectional: true) }
    ) { layer, x in
        let (output, state) = layer(x[0], state: (x[1], x[2]))
        return [output, state.hidden, state.cell]
    },
    ModuleCase(
        "lstm_projected", [[4, 2, 3], [4, 2, 2], [4, 2, 5]],
        { LSTM(3, 5, layers: 2, bidirectional: true, projectionSize: 2) }
    ) { layer, x in
        let (output, state) = layer(x[0], state: (x[1], x[2]))
        return [output, state.hidden, state.cell]
    },
    ModuleCase("lstm_plain", [[6, 3]], { LSTM(3, 17) }) { layer, x in
        let (output, state) = layer(x[0])
        return [output, state.hidden, state.cell]
    },
    ModuleCase("attention", [[4, 3, 6], [5, 3, 6], [5, 3, 6]], { MultiheadAttention(6, heads: 2) }) { layer, x in
        let (output, weights) = layer.withWeights(x[0], x[1], x[2])
        return [output, weights]
    },
    ModuleCase(
        "attention_sizes", [[2, 3, 6], [2, 4, 4], [2, 4, 5]],
        { MultiheadAttention(6, heads: 3, bias: false, keySize: 4, valueSize: 5, batchFirst: true) }
    ) { layer, x in
        let (output, weights) = layer.withWeights(x[0], x[1], x[2])
        return [output, weights]
    },
    ModuleCase("attention_masked", [[2, 4, 6]], { MultiheadAttention(6, heads: 2, batchFirst: true) }) { layer, x in
        let padding = Tensor([false, false, false, true, false, true, false, false], shape: [2, 4])
        let (output, weights) = layer.withWeights(
            x[0], x[0], x[0], padding: padding, mask: .allowing(allowing(upTo: 4)))
        return [output, weights]
    },
    ModuleCase("encoder", [4, 3, 6]) { TransformerEncoderLayer(6, heads: 2, feedForward: 8, dropout: 0) },
    ModuleCase(
        "encoder_norm_first", [[2, 4, 6]],
        {
            TransformerEncoderLayer(
                6, heads: 3, feedForward: 8, dropout: 0, nonlinearity: .gelu, batchFirst: true, normFirst: true)
        }
    ) { [$0($1[0], mask: nil, isCausal: true)] },
    ModuleCase("activations", [4, 3, 6]) {
        Sequential(
            LeakyReLU(), PReLU(3), ELU(), GELU(), SiLU(), Mish(), Softplus(), Softsign(), Tanhshrink(), Hardswish(),
            SELU(), LogSigmoid(), Hardsigmoid(), Softmax(axis: -1))
    },
    ModuleCase("activations_2", [4, 3, 6]) {
        Sequential(
            ReLU6(), Hardtanh(-1...1.5), GELU(approximate: .tanh), GLU(), Threshold(0.1, value: -1), LogSoftmax(axis: 1)
        )
    },
    ModuleCase("loss_l1", [[4, 3], [4, 3]], { L1Loss() }) { [$0($1[0], $1[1])] },
    ModuleCase("loss_huber", [[4, 3], [4, 3]], { HuberLoss(delta: 0.7) }) { [$0($1[0], $1[1])] },
    ModuleCase("loss_smooth_l1", [[4, 3], [4, 3]], { SmoothL1Loss(reduction: .sum, beta: 0.5) }) { [$0($1[0], $1[1])] },
    ModuleCase("loss_kl_div", [[4, 3], [4, 3]], { KLDivLoss(reduction: .batchMean, logTarget: true) }) {
        [$0($1[0], $1[1])]
    },
    ModuleCase("loss_bce_with_logits", [[4, 3], [4, 3]], { BCEWithLogitsLoss() }) { [$0($1[0], $1[1])] },
    ModuleCase("loss_cross_entropy", [[5, 3]], { CrossEntropyLoss(labelSmoothing: 0.2) }) { [$0($1[0], classes)] },
    ModuleCase("loss_nll", [[5, 3]], { NLLLoss() }) { [$0($1[0], classes)] },
]

private let padding = Tensor([false, false, false, true, false, true, false, false], shape: [2, 4])

private let stackCases = [
    ModuleCase(
        "attention_extras", [[4, 3, 6], [5, 3, 6], [5, 3, 6]],
        { MultiheadAttention(6, heads: 2, addsBias: true, addsZeros: true) }
    ) { layer, x in
        let (output, weights) = layer.withWeights(x[0], x[1], x[2])
        return [output, weights]
    },
    ModuleCase(
        "attention_extras_masked", [[2, 4, 6]],
        { MultiheadAttention(6, heads: 2, addsBias: true, addsZeros: true, batchFirst: true) }
    ) { layer, x in
        let (output, weights) = layer.withWeights(x[0], x[0], x[0], padding: padding, isCausal: true)
        return [output, weights]
    },
    ModuleCase("encoder_stack", [4, 3, 6]) {
        TransformerEncoder(
            TransformerEncoderLayer(6, heads: 2, feedForward: 8, dropout: 0), layers: 2, norm: LayerNorm(6))
    },
    ModuleCase(
        "decoder_layer", [[2, 4, 6], [2, 5, 6]],
        { TransformerDecoderLayer(6, heads: 2, feedForward: 8, dropout: 0, batchFirst: true) }
    ) { [$0($1[0], memory: $1[1], mask: .allowing(allowing(upTo: 4)))] },
    ModuleCase(
        "decoder_norm_first", [[4, 2, 6], [5, 2, 6]],
        {
            TransformerDecoder(
                TransformerDecoderLayer(
                    6, heads: 3, feedForward: 8, dropout: 0, nonlinearity: .gelu, normFirst: true), layers: 2)
        }
    ) { [$0($1[0], memory: $1[1])] },
    ModuleCase(
        "transformer", [[2, 4, 6], [2, 4, 6]],
        {
            Transformer(
                6, heads: 2, encoderLayers: 1, decoderLayers: 2, feedForward: 8, dropout: 0, batchFirst: true)
        }
    ) { [$0($1[0], $1[1], sourcePadding: padding, memoryPadding: padding, targetIsCausal: true)] },
    ModuleCase("rnn_cell", [[5, 3], [5, 4]], { RNNCell(3, 4) }) { [$0($1[0], hidden: $1[1])] },
    ModuleCase("rnn_cell_relu", [[3]], { RNNCell(3, 4, bias: false, nonlinearity: .relu) }) { [$0($1[0])] },
    ModuleCase("gru_cell", [[5, 3], [5, 4]], { GRUCell(3, 4) }) { [$0($1[0], hidden: $1[1])] },
    ModuleCase("lstm_cell", [[5, 3], [5, 4], [5, 4]], { LSTMCell(3, 4) }) { layer, x in
        let (hidden, cell) = layer(x[0], state: (x[1], x[2]))
        return [hidden, cell]
    },
    ModuleCase("conv_transpose1d", [2, 4, 5]) {
        ConvTranspose1d(4, 6, kernel: 3, stride: 2, padding: 1, outputPadding: 1, groups: 2)
    },
    ModuleCase("conv3d", [2, 2, 4, 5, 4]) {
        Conv3d(
            2, 3, kernel: Size3D(3, 2, 2), stride: Size3D(1, 2, 1), padding: Size3D(1, 0, 1),
            dilation: Size3D(1, 1, 2))
    },
    ModuleCase("batch_norm3d", [2, 3, 2, 2, 3]) { BatchNorm3d(3) },
    ModuleCase("instance_norms", [2, 3, 4, 3]) {
        Sequential(InstanceNorm2d(3, affine: true), Flatten(from: 2), InstanceNorm1d(3))
    },
    ModuleCase("resampling", [1, 2, 3, 4]) {
        Sequential(
            Upsample(scale: 2), PixelUnshuffle(2), Upsample(size: [5, 7], mode: .linear), PixelShuffle(2), Unfold(2),
            Fold(Size2D(10, 14), kernel: 2), Unflatten(axis: 1, sizes: [-1, 1]))
    },
    ModuleCase("pads", [1, 2, 3, 4]) {
        Sequential(
            Pad([1, 2, 0, 1]), Pad([2, 1, 1, 2], mode: .reflect), Pad([1, 1, 1, 1], mode: .replicate),
            Pad([0, 3, 2, 0], mode: .circular), Pad([-1, 0, 0, 0], value: 3))
    },
    ModuleCase("pools_more", [2, 3, 7]) { Sequential(AdaptiveAvgPool1d(5), AdaptiveMaxPool1d(2)) },
    ModuleCase("activations_3", [4, 3, 6]) {
        Sequential(CELU(alpha: 1.3), Softshrink(0.2), Hardshrink(0.1), Softmin(axis: -1))
    },
]

private let signs = Tensor<Float>([1, -1, -1, 1])

private let lossCases = [
    ModuleCase("loss_cosine_embedding", [[4, 3], [4, 3]], { CosineEmbeddingLoss(margin: 0.1) }) {
        [$0($1[0], $1[1], target: signs)]
    },
    ModuleCase("loss_margin_ranking", [[4], [4]], { MarginRankingLoss(margin: 0.1) }) {
        [$0($1[0], $1[1], target: signs)]
    },
    ModuleCase("loss_hinge_embedding", [[4, 3]], { HingeEmbeddingLoss() }) {
        [$0($1[0], target: signs.unsqueezed(axis: 1).expanded(to: [4, 3]))]
    },
    ModuleCase("loss_soft_margin", [[4, 3]], { SoftMarginLoss() }) {
        [$0($1[0], target: signs.unsqueezed(axis: 1).expanded(to: [4, 3]))]
    },
    ModuleCase("loss_triplet", [[4, 3], [4, 3], [4, 3]], { TripletMarginLoss(swaps: true) }) {
        [$0(anchor: $1[0], positive: $1[1], negative: $1[2])]
    },
    ModuleCase("loss_poisson", [[4, 3], [4, 3]], { PoissonNLLLoss() }) { [$0($1[0], $1[1])] },
    ModuleCase("loss_gaussian", [[4, 3], [4, 3]], { GaussianNLLLoss(full: true) }) {
        [$0($1[0], $1[1], variance: .full([4, 1], 0.5))]
    },
    ModuleCase("similarities", [[4, 3], [4, 3]], { Identity() }) {
        [CosineSimilarity()($1[0], $1[1]), PairwiseDistance(p: 1)($1[0], $1[1])]
    },
]
