import FixtureReader
import LockstepNN
import LockstepTensor
import Testing

/// PyTorch's layers, made by scripts/fixtures/make_layers.py.
private let fixture = Result { try Fixture("layers.txt", in: .module) }

private func expectClose(
    _ ours: Tensor<Float>?, _ theirs: [Float], _ comment: Comment? = nil, location: SourceLocation = #_sourceLocation
) {
    let ours = ours?.scalars ?? []
    #expect(ours.count == theirs.count, comment, sourceLocation: location)
    for (one, other) in zip(ours, theirs) {
        #expect(abs(one - other) <= 1e-6 * max(1, abs(other)), comment, sourceLocation: location)
    }
}

@Suite struct LinearTests {
    @Test func theFirstWeightsAreTheOnesThatEverybodyKnows() {
        func rounded(_ tensor: Tensor<Float>?) -> [Float] { tensor?.scalars.map { ($0 * 10_000).rounded() } ?? [] }
        manualSeed(43052)
        let one = Linear(1, 1)
        #expect(rounded(one.weight.value) == [-3467] && rounded(one.bias?.value) == [-8470])
        manualSeed(43052)
        let two = Linear(2, 1)
        #expect(rounded(two.weight.value) == [-2451, -5989] && rounded(two.bias?.value) == [2549])
    }

    @Test(arguments: [(1, 1), (2, 1), (3, 4), (17, 5)], [false, true])
    func weightsAndOutputsArePyTorchs(sizes: (Int, Int), bias: Bool) throws {
        let fixture = try fixture.get()
        let name = "linear/\(sizes.0)/\(sizes.1)/\(bias ? 1 : 0)"
        manualSeed(43052)
        let layer = Linear(sizes.0, sizes.1, bias: bias)
        #expect(layer.weight.value.scalars == fixture.floats("\(name)/weight"))
        #expect(layer.weight.shape == [sizes.1, sizes.0])
        if bias {
            #expect(layer.bias?.value.scalars == fixture.floats("\(name)/bias"))
        } else {
            #expect(layer.bias == nil)
        }
        manualSeed(1)
        let output = layer(.uniform([6, sizes.0], from: -2, to: 2))
        #expect(output.shape == [6, sizes.1])
        expectClose(output, fixture.floats("\(name)/output"))
        #expect(layer.inFeatures == sizes.0 && layer.outFeatures == sizes.1)
    }

    @Test func aLayerWithoutInputsHasOnlyItsBias() {
        let layer = Linear(0, 2)
        #expect(layer.bias?.value.scalars == [0, 0])
        #expect(layer(.zeros([3, 0])).scalars == [0, 0, 0, 0, 0, 0])
    }
}

@Suite struct SequentialTests {
    @Test func outputLossAndGradientsArePyTorchs() throws {
        let fixture = try fixture.get()
        manualSeed(5)
        let model = Sequential(Flatten(), Linear(6, 8), ReLU(), Linear(8, 4), Tanh(), Linear(4, 3), Sigmoid())
        let inputs = Tensor<Float>.uniform([5, 2, 3], from: -2, to: 2)
        let targets = Tensor<Int64>.randint(0..<3, [5])
        let output = model(inputs)
        expectClose(output, fixture.floats("sequential/output"))
        let loss = CrossEntropyLoss()(output, targets)
        expectClose(loss, fixture.floats("sequential/loss"))
        loss.backward()
        let named = model.namedParameters()
        #expect(named.count == 6)
        for (name, parameter) in named {
            #expect(parameter.value.scalars == fixture.floats("sequential/\(name)"))
            expectClose(parameter.gradient, fixture.floats("sequential/\(name)/gradient"), "\(name)")
        }
        expectClose(MSELoss()(output, .zeros([5, 3])), fixture.floats("sequential/mse"))
    }

    @Test func anActivationAfterALinearLayerGivesTheBitsOfBothApart() {
        for activation: any Layer in [ReLU(), GELU(), GELU(approximate: .tanh)] {
            let linear = Linear(20, 30)
            let input = Tensor<Float>.randn([7, 20])
            let apart = activation(linear(input))
            apart.sum().backward()
            let gradients = linear.parameters.map { $0.gradient?.scalars }
            linear.zeroGrad()
            let fused = Sequential(linear, activation)(input)
            fused.sum().backward()
            #expect(fused.scalars == apart.scalars)
            #expect(linear.parameters.map { $0.gradient?.scalars } == gradients)
        }
    }

    @Test func anActivationAfterAConvolutionGivesTheBitsOfBothApart() {
        for activation: any Layer in [ReLU(), GELU(), GELU(approximate: .tanh)] {
            let convolution = Conv2d(3, 5, kernel: 3, padding: 1)
            let input = Tensor<Float>.randn([2, 3, 6, 7])
            let apart = activation(convolution(input))
            apart.sum().backward()
            let gradients = convolution.parameters.map { $0.gradient?.scalars }
            convolution.zeroGrad()
            let fused = Sequential(convolution, activation)(input)
            fused.sum().backward()
            #expect(fused.scalars == apart.scalars)
            #expect(convolution.parameters.map { $0.gradient?.scalars } == gradients)
        }
    }

    @Test func nothingChainedChangesNothing() {
        #expect(Sequential()(Tensor([1, 2])).scalars == [1, 2])
    }
}

@Suite struct FlattenTests {
    @Test(arguments: [([2, 3, 4], [2, 12]), ([5], [5, 1]), ([0, 28, 28], [0, 784]), ([2, 0, 3], [2, 0])])
    func theFirstAxisIsKept(shape: [Int], expected: [Int]) {
        #expect(Flatten()(.zeros(shape)).shape == expected)
    }
}

@Suite struct InitializerTests {
    @Test(arguments: [[4, 3], [2, 3, 5], [6, 4, 3, 3]]) func kaimingUniformIsPyTorchs(shape: [Int]) throws {
        manualSeed(2)
        let name = "kaiming/" + shape.map(String.init).joined(separator: "/")
        #expect(kaimingUniform(shape).scalars == (try fixture.get().floats(name)))
    }

    @Test func fansCountTheReceptiveField() {
        #expect(fans(ofShape: [8, 4]) == (4, 8))
        #expect(fans(ofShape: [8, 4, 3, 3]) == (36, 72))
    }

    @Test func aVectorHasNoFans() async throws {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = fans(ofShape: [8])
        }
        #expect(
            String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
                .contains("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"))
    }
}
