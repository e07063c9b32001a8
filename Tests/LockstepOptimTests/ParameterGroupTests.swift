import LockstepOptim
import LockstepTensor
import Testing

@Suite struct ParameterGroupTests {
    private let first = Parameter(Tensor([1, 1]))
    private let second = Parameter(Tensor([1, 1]))
    private let third = Parameter(Tensor([1]))

    private var buffer: ParameterBuffer { ParameterBuffer([("a", first), ("b", second), ("c", third)]) }

    @Test func eachGroupHasItsOwnSettingsAndTheRestStaysAsItIs() {
        let buffer = buffer
        let optimizer = SGD(buffer, groups: [([third], SGDRule(lr: 0.5)), ([first], SGDRule(lr: 0.25))])
        buffer.gradients = .ones([5])
        optimizer.step()
        #expect(buffer.values.scalars == [0.75, 0.75, 1, 1, 0.5])
        optimizer.groups[0].learningRate = 0.125
        optimizer.step()
        #expect(buffer.values.scalars == [0.5, 0.5, 1, 1, 0.375])
        optimizer.learningRate = 1
        #expect(optimizer.learningRates == [1, 1])
    }

    @Test func groupsWithoutABufferAreLaidIntoOne() {
        let optimizer = SGD(groups: [([second, third], SGDRule(lr: 0.5)), ([first], SGDRule(lr: 0.25))])
        #expect(optimizer.parameters.entries.map(\.offset) == [0, 2, 3])
        optimizer.parameters.gradients = .ones([5])
        optimizer.step()
        #expect(optimizer.parameters.values.scalars == [0.5, 0.5, 0.5, 0.75, 0.75])
    }

    @Test func aMomentumSetLaterGetsItsBuffer() throws {
        let buffer = buffer
        let optimizer = SGD(buffer, lr: 1)
        buffer.gradients = .ones([5])
        optimizer.step()
        #expect(optimizer.state.isEmpty)
        optimizer.groups[0].momentum = 0.5
        optimizer.groups[0].dampening = 0.5
        optimizer.step()
        // The first step with a buffer is undampened, as in PyTorch.
        #expect(buffer.values.scalars == [-1, -1, -1, -1, -1])
        optimizer.step()
        #expect(optimizer.state.map(\.tensor.scalars) == [[1, 1, 1, 1, 1]])
    }

    @Test func layersAreScaledOneByOneByLAMB() {
        first.value = Tensor([3, 4])
        second.value = Tensor([0, 0])
        third.value = Tensor([2])
        let buffer = buffer
        let optimizer = LAMB(buffer, lr: 0.1)
        buffer.gradients = Tensor([1, 1, 1, 1, -1])
        optimizer.step()
        // The first step's direction is the gradient's sign: its norm is √2 in the first layer and 1 in the third; where the
        // weights are 0 the ratio is 1.
        let change = 0.1 * 5 / Float(2).squareRoot()
        let expected: [Float] = [3 - change, 4 - change, -0.1, -0.1, 2 + 0.1 * 2]
        for (ours, expected) in zip(buffer.values.scalars, expected) {
            #expect(abs(ours - expected) < 1e-5)
        }
    }

    @Test func groupsThatCannotBeStop() async throws {
        func expect(_ message: String, _ result: ExitTest.Result?) throws {
            let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
            #expect(output.contains(message), "\(output)")
        }
        try expect(
            "optimizer got an empty parameter list",
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = SGD(groups: []) })
        try expect(
            "some parameters appear in more than one parameter group",
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                let one = Parameter(Tensor([1]))
                _ = SGD(ParameterBuffer([("a", one)]), groups: [([one], SGDRule()), ([one], SGDRule())])
            })
        try expect(
            "a parameter of shape [2] of a group is not in the given ParameterBuffer",
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                let (one, other) = (Parameter(Tensor([1])), Parameter(Tensor([1, 2])))
                _ = SGD(ParameterBuffer([("a", one)]), groups: [([other], SGDRule())])
            })
        try expect(
            "Invalid learning rate: -1.0",
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                SGD([Parameter(Tensor([1]))]).learningRate = -1
            })
    }
}
