import LockstepNN
import LockstepTensor
import Testing

private func parameter(_ count: Int = 1) -> Parameter { Parameter(.zeros([count])) }

private final class Net: Module, Layer {
    let hidden = Linear(3, 4)
    let output = Linear(4, 2)

    func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { output(hidden(input).relu()) }
}

private class Base: Module {
    let scale = parameter()
    var note = "a property that holds no parameter"
}

private final class Derived: Base {
    let shift = parameter()
}

private final class Everything: Module {
    struct Pair {
        var left: Parameter
        var right: Linear?
    }

    let direct = parameter()
    let none: Linear? = nil
    let some: Linear? = Linear(1, 1, bias: false)
    let list = [Linear(1, 1), Linear(1, 1, bias: false)]
    let mixed: [any Layer] = [ReLU(), Linear(1, 1, bias: false)]
    let gaps: [Parameter?] = [nil, parameter()]
    let nested = [[parameter()], [parameter(), parameter()]]
    let named = ["b": parameter(), "a": parameter()]
    let pair = Pair(left: parameter(), right: Linear(1, 1, bias: false))
    let tuple = (first: parameter(), parameter())
    lazy var late = parameter()
    let samples = [Float](repeating: 0, count: 1_000_000)
    let constant = Tensor<Float>.zeros([3])
}

@Suite struct ModuleTests {
    @Test func parametersAreNamedByTheirPathInDeclarationOrder() {
        let net = Net()
        #expect(
            net.namedParameters().map(\.name) == ["hidden.weight", "hidden.bias", "output.weight", "output.bias"])
        #expect(net.parameters.map(\.shape) == [[4, 3], [4], [2, 4], [2]])
        #expect(net.parameters.first === net.hidden.weight)
    }

    @Test func aSuperclassComesFirst() {
        #expect(Derived().namedParameters().map(\.name) == ["scale", "shift"])
    }

    @Test func parametersAreFoundInEveryKindOfProperty() {
        let module = Everything()
        let names = [
            "direct", "some.weight", "list.0.weight", "list.0.bias", "list.1.weight", "mixed.1.weight", "gaps.1",
            "nested.0.0",
            "nested.1.0", "nested.1.1", "named.a", "named.b", "pair.left", "pair.right.weight", "tuple.first",
            "tuple.1",
        ]
        #expect(module.namedParameters().map(\.name) == names, "a lazy property is not there before it is used")
        _ = module.late
        #expect(module.namedParameters().map(\.name) == names + ["late"])
    }

    @Test func sequentialNamesItsLayersByTheirIndex() {
        let model = Sequential(Linear(3, 4), ReLU(), Sequential([Linear(4, 2, bias: false)]))
        #expect(model.namedParameters().map(\.name) == ["0.weight", "0.bias", "2.0.weight"])
    }

    @Test func aSharedParameterCountsOnceUnderItsFirstName() {
        final class Tied: Module {
            let first = Linear(2, 2)
            let second: Linear
            override init() {
                second = first
                super.init()
            }
        }
        let tied = Tied()
        #expect(tied.namedParameters().map(\.name) == ["first.weight", "first.bias"])
        #expect(tied.flattened().count == 6)
    }

    @Test func aModuleThatHoldsItsParentEnds() {
        final class Child: Module {
            var parent: Module?
            let own = parameter()
        }
        let child = Child()
        let model = Sequential([])
        child.parent = child
        #expect(child.namedParameters().map(\.name) == ["own"])
        #expect(model.parameters.isEmpty)
        child.parent = nil
    }

    @Test func twoParametersOfOneNameStop() async throws {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            final class Clash: Module, CustomReflectable {
                var customMirror: Mirror {
                    Mirror(self, children: ["w": Parameter(.zeros([1])), "w": Parameter(.zeros([1]))] as KeyValuePairs)
                }
            }
            _ = Clash().parameters
        }
        let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        #expect(output.contains("two parameters of the module are called 'w'"))
    }

    @Test func trainingModeReachesEveryModule() {
        let model = Sequential(Linear(1, 1), Sequential(ReLU(), Net()))
        #expect(model.isTraining)
        model.eval()
        #expect(!model.isTraining && !model.layers[0].isTraining && !model.layers[1].isTraining)
        let inner = model.layers[1] as? Sequential
        #expect(inner?.layers.allSatisfy { !$0.isTraining } == true)
        model.train()
        #expect(inner?.layers.allSatisfy { $0.isTraining } == true)
    }

    @Test func flatteningKeepsValuesAndOrderAndHappensOnce() {
        let net = Net()
        let before = net.parameters.flatMap { $0.value.scalars }
        let buffer = net.flattened()
        #expect(buffer.values.scalars == before)
        #expect(buffer.entries.map(\.name) == net.namedParameters().map(\.name))
        #expect(buffer.entries.map(\.offset) == [0, 12, 16, 24])
        #expect(net.flattened() === buffer)
        // The parameters are now views of the buffer.
        buffer.values = Tensor((0..<26).map(Float.init))
        #expect(net.output.bias?.value.scalars == [24, 25])
    }

    @Test func theSignatureTellsNamesShapesAndTypes() {
        #expect(
            Net().signature == """
                hidden.weight [4, 3] float32
                hidden.bias [4] float32
                output.weight [2, 4] float32
                output.bias [2] float32
                """)
    }

    @Test func gradientsCanBeForgotten() {
        let net = Net()
        net(.zeros([1, 3])).sum().backward()
        #expect(net.output.bias?.gradient?.scalars == [1, 1])
        net.zeroGrad()
        #expect(net.parameters.allSatisfy { $0.gradient == nil || $0.gradient?.scalars.allSatisfy { $0 == 0 } == true })
    }
}

@Suite struct StateDictionaryTests {
    @Test func whatIsSavedCanBeLoadedIntoAnotherModel() throws {
        let (one, other) = (Net(), Net())
        try other.load(one.stateDictionary().reversed())
        for (mine, theirs) in zip(one.stateDictionary(), other.stateDictionary()) {
            #expect(mine.name == theirs.name && mine.tensor.to(Float.self) == theirs.tensor.to(Float.self))
        }
    }

    @Test func loadingReachesTheFlatBuffer() throws {
        let (one, other) = (Net(), Net())
        let buffer = other.flattened()
        try other.load(one.stateDictionary())
        #expect(buffer.values.scalars == one.flattened().values.scalars)
    }

    @Test func aSavedStateStaysAsItWas() {
        let net = Net()
        let buffer = net.flattened()
        let saved = net.stateDictionary()
        let before = saved[0].tensor.to(Float.self).scalars
        buffer.values = .zeros([26])
        #expect(saved[0].tensor.to(Float.self).scalars == before)
    }

    @Test func everythingThatDoesNotFitIsListedAndNothingIsChanged() {
        let net = Net()
        let before = net.flattened().values.scalars
        let error = #expect(throws: StateDictionaryError.self) {
            try net.load([
                ("hidden.weight", .float32(.zeros([4, 3]))), ("hidden.bias", .float32(.zeros([5]))),
                ("output.weight", .float32(.zeros([4, 2]))),
                ("head.weight", .float32(.zeros([1]))),
            ])
        }
        #expect(error?.missing == ["output.bias"])
        #expect(error?.unexpected == ["head.weight"])
        #expect(error?.differing.map(\.name) == ["hidden.bias", "output.weight"])
        #expect(
            error?.description == """
                the weights are not those of this model: missing: output.bias; unexpected: head.weight; hidden.bias has the \
                shape [5], but the model needs [4]; output.weight has the shape [4, 2], but the model needs [2, 4]
                """)
        #expect(net.flattened().values.scalars == before)
    }

    @Test func furtherNamesOfASharedParameterArePassedOver() throws {
        let shared = Linear(1, 1, bias: false)
        let model = Sequential(shared, shared)
        try model.load([
            ("0.weight", .float32(Tensor([3], shape: [1, 1]))), ("1.weight", .float32(Tensor([3], shape: [1, 1]))),
        ])
        #expect(shared.weight.value.scalars == [3])
    }
}
