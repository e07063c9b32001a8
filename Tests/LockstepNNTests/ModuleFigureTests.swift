import FixtureReader
import LockstepNN
import LockstepTensor
import Testing

/// PyTorch's modules, made by scripts/fixtures/make_modules.py.
private let fixture = Result { try Fixture("modules.txt", in: .module) }

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
    @Test(arguments: moduleCases) func stateOutputsAndGradientsArePyTorchs(_ each: ModuleCase) throws {
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

    @Test(arguments: [("embedding", [3, 4]), ("embedding_frequency", [8]), ("embedding_norm", [5])])
    func tablesAreLookedUpAsInPyTorch(name: String, shape: [Int]) throws {
        let fixture = try fixture.get()
        manualSeed(43052)
        let layer =
            switch name {
            case "embedding": Embedding(7, 5, paddingIndex: 2)
            case "embedding_norm": Embedding(6, 3, maxNorm: 1.2)
            default: Embedding(3, 2, scaledByFrequency: true)
            }
        expectClose(layer.weight.value, fixture.floats("\(name)/state/weight"), "weight")
        layer.weight.value = Tensor(fixture.floats("\(name)/state/weight"), shape: layer.weight.shape)
        manualSeed(1)
        let output = layer(.randint(0..<Int64(layer.weight.shape[0]), shape))
        expectClose(output, fixture.floats("\(name)/output/0"), "output")
        (output * .uniform(output.shape, from: -1, to: 1)).sum().backward()
        expectClose(layer.weight.gradient, fixture.floats("\(name)/gradient/weight"), "gradient")
    }

    @Test func dropoutTakesThePlacesThatPyTorchTakes() throws {
        manualSeed(3)
        let output = Dropout(0.3)(.ones([200]))
        #expect(output.scalars == (try fixture.get().floats("dropout")))
    }

    @Test func initialisersDrawWhatPyTorchDraws() throws {
        let fixture = try fixture.get()
        manualSeed(5)
        expectClose(kaimingNormal([6, 7], negativeSlope: 0.5), fixture.floats("init_kaiming_normal"), "kaiming")
        manualSeed(5)
        expectClose(xavierNormal([6, 7], gain: 2), fixture.floats("init_xavier_normal"), "xavier")
        manualSeed(5)
        let truncated = truncatedNormal([6, 7], mean: 0.5, standardDeviation: 2, from: -1, to: 3)
        expectClose(truncated, fixture.floats("init_trunc_normal"), "truncated")
    }

    @Test func channelsAreDroppedWhole() {
        manualSeed(3)
        let layer = ChannelDropout(0.5)
        let output = layer(.ones([8, 4, 3, 2]))
        let sums = output.sum(axes: [2, 3]).flattened().scalars
        #expect(sums.allSatisfy { $0 == 0 || $0 == 12 } && sums.contains(0) && sums.contains(12))
        layer.eval()
        #expect(layer(.ones([2, 2])) == .ones([2, 2]))
    }

    @Test func cellsCanBeDifferentiatedTwice() {
        manualSeed(3)
        let cell = LSTMCell(2, 3)
        let x = Tensor<Float>([0.5, -1], shape: [1, 2], requiresGrad: true)
        let slope = grad(of: cell(x).hidden.sum(), withRespectTo: x, createGraph: true)
        #expect(grad(of: slope.square().sum(), withRespectTo: x).isfinite().all().item())
    }

    @Test func copiesOfALayerDrawNothingAndShareNothing() {
        manualSeed(3)
        let stack = TransformerEncoder(TransformerEncoderLayer(4, heads: 2, feedForward: 3), layers: 2)
        let next = Tensor<Float>.rand([1])
        manualSeed(3)
        _ = TransformerEncoderLayer(4, heads: 2, feedForward: 3)
        #expect(next == .rand([1]))
        let weights = stack.namedParameters().filter { $0.name.hasSuffix("linear1.weight") }
        #expect(weights.map(\.name) == ["layers.0.linear1.weight", "layers.1.linear1.weight"])
        #expect(weights[0].parameter.value == weights[1].parameter.value)
        weights[0].parameter.value = .zeros([3, 4])
        #expect(weights[0].parameter.value != weights[1].parameter.value)
    }
}
