import FixtureReader
import LockstepNN
import LockstepTensor
import Testing

/// PyTorch's modules, made by scripts/fixtures/make_modules.py.
private let fixture = Result { try Fixture("modules.txt", in: .module) }

/// One layer with PyTorch's figures: its state after the seed, and what it makes of inputs that were drawn after another seed.
private struct Case: Sendable, CustomTestStringConvertible {
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

private let cases = [
    Case("bilinear", [[5, 3], [5, 4]], { Bilinear(3, 4, 2) }) { [$0($1[0], $1[1])] },
    Case("conv1d", [2, 4, 7]) { Conv1d(4, 6, kernel: 3, stride: 2, padding: 1, groups: 2) },
    Case("conv2d", [2, 2, 6, 5]) {
        Conv2d(
            2, 3, kernel: Size2D(3, 2), stride: Size2D(2, 1), padding: .by(Size2D(1, 0)), dilation: Size2D(1, 2))
    },
    Case("conv2d_plain", [2, 3, 3, 3]) { Conv2d(3, 4, kernel: 1, bias: false) },
    Case("conv2d_same", [2, 5, 5]) { Conv2d(2, 2, kernel: 4, padding: .same) },
    Case("conv_transpose2d", [2, 4, 3, 4]) {
        ConvTranspose2d(4, 6, kernel: 3, stride: 2, padding: 1, outputPadding: 1, groups: 2)
    },
    Case("pools", [2, 2, 8, 9]) {
        Sequential(
            MaxPool2d(2), AvgPool2d(3, stride: 1, padding: 1), AdaptiveAvgPool2d(Size2D(3, 2)), AdaptiveMaxPool2d(2))
    },
    Case("pools1d", [2, 3, 11]) { Sequential(MaxPool1d(3, stride: 2, padding: 1), AvgPool1d(2)) },
    Case("batch_norm1d", [5, 3]) { BatchNorm1d(3) },
    Case("batch_norm1d_sequence", [4, 3, 6]) { BatchNorm1d(3, momentum: nil) },
    Case("batch_norm2d", [4, 3, 2, 3]) { BatchNorm2d(3, eps: 1e-3, momentum: 0.3) },
    Case("batch_norm2d_plain", [3, 2, 2, 2]) { BatchNorm2d(2, affine: false, tracksStatistics: false) },
    Case("layer_norm", [5, 3, 4]) { LayerNorm([3, 4]) },
    Case("layer_norm_no_bias", [3, 20]) { LayerNorm(20, bias: false) },
    Case("rms_norm", [3, 20]) { RMSNorm(20) },
    Case("group_norm", [3, 6, 4]) { GroupNorm(2, 6) },
    Case("rnn", [[5, 2, 3]], { RNN(3, 4, layers: 2) }) { layer, x in
        let (output, hidden) = layer(x[0])
        return [output, hidden]
    },
    Case("rnn_relu", [[2, 5, 3]], { RNN(3, 4, nonlinearity: .relu, bias: false, batchFirst: true) }) { layer, x in
        let (output, hidden) = layer(x[0])
        return [output, hidden]
    },
    Case("gru", [[4, 2, 3], [4, 2, 5]], { GRU(3, 5, layers: 2, bidirectional: true) }) { layer, x in
        let (output, hidden) = layer(x[0], hidden: x[1])
        return [output, hidden]
    },
    Case("gru_plain", [[2, 5, 3]], { GRU(3, 4, bias: false, batchFirst: true) }) { layer, x in
        let (output, hidden) = layer(x[0])
        return [output, hidden]
    },
    Case(
        "lstm", [[2, 4, 3], [4, 2, 5], [4, 2, 5]], { LSTM(3, 5, layers: 2, batchFirst: true, bidirectional: true) }
    ) { layer, x in
        let (output, state) = layer(x[0], state: (x[1], x[2]))
        return [output, state.hidden, state.cell]
    },
    Case("lstm_plain", [[6, 3]], { LSTM(3, 17) }) { layer, x in
        let (output, state) = layer(x[0])
        return [output, state.hidden, state.cell]
    },
    Case("attention", [[4, 3, 6], [5, 3, 6], [5, 3, 6]], { MultiheadAttention(6, heads: 2) }) { layer, x in
        let (output, weights) = layer.withWeights(x[0], x[1], x[2])
        return [output, weights]
    },
    Case(
        "attention_sizes", [[2, 3, 6], [2, 4, 4], [2, 4, 5]],
        { MultiheadAttention(6, heads: 3, bias: false, keySize: 4, valueSize: 5, batchFirst: true) }
    ) { layer, x in
        let (output, weights) = layer.withWeights(x[0], x[1], x[2])
        return [output, weights]
    },
    Case("attention_masked", [[2, 4, 6]], { MultiheadAttention(6, heads: 2, batchFirst: true) }) { layer, x in
        let padding = Tensor([false, false, false, true, false, true, false, false], shape: [2, 4])
        let (output, weights) = layer.withWeights(
            x[0], x[0], x[0], padding: padding, mask: .allowing(allowing(upTo: 4)))
        return [output, weights]
    },
    Case("encoder", [4, 3, 6]) { TransformerEncoderLayer(6, heads: 2, feedForward: 8, dropout: 0) },
    Case(
        "encoder_norm_first", [[2, 4, 6]],
        {
            TransformerEncoderLayer(
                6, heads: 3, feedForward: 8, dropout: 0, nonlinearity: .gelu, batchFirst: true, normFirst: true)
        }
    ) { [$0($1[0], mask: nil, isCausal: true)] },
    Case("activations", [4, 3, 6]) {
        Sequential(
            LeakyReLU(), PReLU(3), ELU(), GELU(), SiLU(), Mish(), Softplus(), Softsign(), Tanhshrink(), Hardswish(),
            SELU(), LogSigmoid(), Hardsigmoid(), Softmax(axis: -1))
    },
    Case("activations_2", [4, 3, 6]) {
        Sequential(
            ReLU6(), Hardtanh(-1...1.5), GELU(approximate: .tanh), GLU(), Threshold(0.1, value: -1), LogSoftmax(axis: 1)
        )
    },
    Case("loss_l1", [[4, 3], [4, 3]], { L1Loss() }) { [$0($1[0], $1[1])] },
    Case("loss_huber", [[4, 3], [4, 3]], { HuberLoss(delta: 0.7) }) { [$0($1[0], $1[1])] },
    Case("loss_smooth_l1", [[4, 3], [4, 3]], { SmoothL1Loss(reduction: .sum, beta: 0.5) }) { [$0($1[0], $1[1])] },
    Case("loss_kl_div", [[4, 3], [4, 3]], { KLDivLoss(reduction: .batchMean, logTarget: true) }) {
        [$0($1[0], $1[1])]
    },
    Case("loss_bce_with_logits", [[4, 3], [4, 3]], { BCEWithLogitsLoss() }) { [$0($1[0], $1[1])] },
    Case("loss_cross_entropy", [[5, 3]], { CrossEntropyLoss(labelSmoothing: 0.2) }) { [$0($1[0], classes)] },
    Case("loss_nll", [[5, 3]], { NLLLoss() }) { [$0($1[0], classes)] },
]

private func expectClose(
    _ ours: Tensor<Float>?, _ theirs: [Float], _ comment: Comment, location: SourceLocation = #_sourceLocation
) {
    let ours = ours?.scalars ?? [Float](repeating: 0, count: theirs.count)
    #expect(ours.count == theirs.count, comment, sourceLocation: location)
    for (one, other) in zip(ours, theirs) where abs(one - other) > 2e-6 * max(1, abs(other)) {
        Issue.record("\(comment): \(one), expected \(other)", sourceLocation: location)
        return
    }
}

@Suite struct ModuleFigureTests {
    @Test(arguments: cases) private func stateOutputsAndGradientsArePyTorchs(_ each: Case) throws {
        let fixture = try fixture.get()
        manualSeed(43052)
        let (module, run) = each.make()
        let state = module.stateDictionary()
        #expect(Int64(state.count) == fixture.integers("\(each.name)/count")[0])
        for (key, tensor) in state {
            #expect(tensor.to(Float.self).scalars == fixture.floats("\(each.name)/state/\(key)"), "\(key)")
        }
        manualSeed(1)
        let inputs = each.shapes.map { Tensor<Float>.uniform($0, from: -2, to: 2).requiringGrad() }
        let outputs = run(inputs)
        var loss = Tensor<Float>(0)
        for (place, output) in outputs.enumerated() {
            expectClose(output, fixture.floats("\(each.name)/output/\(place)"), "output \(place)")
            loss = loss + (output * .uniform(output.shape, from: -1, to: 1)).sum()
        }
        loss.backward()
        for (place, input) in inputs.enumerated() {
            expectClose(input.gradient, fixture.floats("\(each.name)/input/\(place)"), "gradient of input \(place)")
        }
        for (key, parameter) in module.namedParameters() {
            expectClose(
                parameter.gradient, fixture.floats("\(each.name)/gradient/\(key)"), "gradient of \(key)")
        }
        for (key, buffer) in module.namedBuffers() {
            expectClose(buffer.tensor.to(Float.self), fixture.floats("\(each.name)/after/\(key)"), "\(key) after")
        }
        module.eval()
        for (place, output) in run(inputs).enumerated() {
            expectClose(output, fixture.floats("\(each.name)/eval/\(place)"), "evaluated output \(place)")
        }
    }

    @Test(arguments: [("embedding", [3, 4]), ("embedding_frequency", [8])])
    func tablesAreLookedUpAsInPyTorch(name: String, shape: [Int]) throws {
        let fixture = try fixture.get()
        manualSeed(43052)
        let isPadded = name == "embedding"
        let layer =
            isPadded ? Embedding(7, 5, paddingIndex: 2) : Embedding(3, 2, scaledByFrequency: true)
        expectClose(layer.weight.value, fixture.floats("\(name)/state/weight"), "weight")
        layer.weight.value = Tensor(fixture.floats("\(name)/state/weight"), shape: layer.weight.shape)
        manualSeed(1)
        let output = layer(.randint(0..<(isPadded ? 7 : 3), shape))
        expectClose(output, fixture.floats("\(name)/output/0"), "output")
        (output * .uniform(output.shape, from: -1, to: 1)).sum().backward()
        expectClose(layer.weight.gradient, fixture.floats("\(name)/gradient/weight"), "gradient")
    }

    @Test func dropoutTakesThePlacesThatPyTorchTakes() throws {
        manualSeed(3)
        let output = Dropout(0.3)(.ones([200]))
        #expect(output.scalars == (try fixture.get().floats("dropout")))
    }
}
