import LockstepTensor
import Testing

@Suite struct ParameterTests {
    static func pair() -> (a: Parameter, b: Parameter, buffer: ParameterBuffer) {
        let a = Parameter(Tensor([1, 2, 3, 4], shape: [2, 2]))
        let b = Parameter(Tensor([5, 6]))
        return (a, b, ParameterBuffer([("a", a), ("b", b)]))
    }

    @Test func backwardReachesAParameter() {
        let parameter = Parameter(Tensor([1, 2]))
        #expect(parameter.gradient == nil)
        (parameter.value * 3).sum().backward()
        #expect(parameter.gradient == Tensor([3, 3]))
        parameter.value.square().sum().backward()
        #expect(parameter.gradient == Tensor([5, 7]))
        parameter.zeroGrad()
        #expect(parameter.gradient == nil)
    }

    @Test func frozenParameterGetsNoGradient() {
        let parameter = Parameter(Tensor([1, 2]))
        parameter.requiresGrad = false
        #expect(!parameter.value.requiresGrad)
        parameter.requiresGrad = true
        #expect(!noGrad { parameter.value }.requiresGrad)
    }

    @Test func parametersLieOneAfterAnother() {
        let (_, _, buffer) = Self.pair()
        #expect(buffer.count == 6)
        #expect(buffer.values == Tensor([1, 2, 3, 4, 5, 6]))
        #expect(buffer.entries.map(\.name) == ["a", "b"])
        #expect(buffer.entries.map(\.offset) == [0, 4])
        #expect(buffer.entries.map(\.shape) == [[2, 2], [2]])
    }

    @Test func gradientsArriveInTheirSlices() {
        let (a, b, buffer) = Self.pair()
        (b.value * 2).sum().backward()
        #expect(a.gradient == nil)
        #expect(buffer.gradients == Tensor([0, 0, 0, 0, 2, 2]))
        #expect(a.gradient == nil, "zeros that fill a gap are no gradient")
        a.value.t.matmul(b.value).sum().backward()
        // d/da Σᵢ (aᵀb)ᵢ: row j is bⱼ; d/db: the row sums of a.
        #expect(a.gradient == Tensor([5, 5, 6, 6], shape: [2, 2]))
        #expect(b.gradient == Tensor([5, 9]))
        #expect(buffer.gradients == Tensor([5, 5, 6, 6, 5, 9]))
    }

    @Test func fusedLinearAddsIntoTheSlices() {
        let (a, b, buffer) = Self.pair()
        let x = Tensor<Float>([1, 10, 100, 1000], shape: [2, 2])
        for round in 1...3 {
            linear(x, a.value, b.value).sum().backward()
            let gradient = Tensor<Float>([101, 1010, 101, 1010, 2, 2]) * Float(round)
            #expect(buffer.gradients == gradient)
        }
    }

    @Test func takenGradientsAreLeftAlone() {
        let (a, b, buffer) = Self.pair()
        (a.value.sum() + b.value.sum()).backward()
        let taken = buffer.takeGradients()
        #expect(a.gradient == nil && b.gradient == nil)
        (a.value.sum() * 5).backward()
        #expect(taken == .ones([6]))
        #expect(buffer.takeGradients() == Tensor([5, 5, 5, 5, 0, 0]))
        #expect(buffer.takeGradients() == .zeros([6]))
    }

    @Test func snapshotsOfGradientsAreLeftAlone() {
        let (a, _, buffer) = Self.pair()
        a.value.sum().backward()
        let (all, one) = (buffer.gradients, a.gradient)
        a.value.sum().backward()
        #expect(all == Tensor([1, 1, 1, 1, 0, 0]))
        #expect(one == .ones([2, 2]))
        #expect(a.gradient == .full([2, 2], 2))
    }

    @Test func updateChangesParametersInPlace() {
        let (a, b, buffer) = Self.pair()
        (a.value.sum() + b.value.sum() * 2).backward()
        let before = buffer.values.storage.pointer
        buffer.update { values, gradients in
            for place in values.indices { values[place] -= gradients[place] }
        }
        #expect(buffer.values.storage.pointer == before)
        #expect(a.value == Tensor([0, 1, 2, 3], shape: [2, 2]))
        #expect(b.value == Tensor([3, 4]))
    }

    @Test func updateLeavesSnapshotsAlone() {
        let (a, _, buffer) = Self.pair()
        let (part, all) = (a.value, buffer.values)
        let product = part * part
        buffer.update { values, _ in for place in values.indices { values[place] = 0 } }
        #expect(part == Tensor([1, 2, 3, 4], shape: [2, 2]))
        #expect(all == Tensor([1, 2, 3, 4, 5, 6]))
        #expect(a.value == .zeros([2, 2]))
        product.sum().backward()
        #expect(a.gradient == Tensor([2, 4, 6, 8], shape: [2, 2]), "the gradient is that of the value in use then")
    }

    @Test func settingAValueReachesTheBuffer() {
        let (a, b, buffer) = Self.pair()
        a.value = Tensor([9, 8, 7, 6], shape: [2, 2]).t
        #expect(buffer.values == Tensor([9, 7, 8, 6, 5, 6]))
        buffer.values = Tensor([0, 1, 2, 3, 4, 5])
        #expect(a.value == Tensor([0, 1, 2, 3], shape: [2, 2]))
        #expect(b.value == Tensor([4, 5]))
    }

    @Test func settingGradientsReachesTheParameters() {
        let (a, b, buffer) = Self.pair()
        buffer.gradients = Tensor([1, 2, 3, 4, 5, 6])
        #expect(a.gradient == Tensor([1, 2, 3, 4], shape: [2, 2]))
        b.gradient = Tensor([7, 7])
        a.gradient = nil
        #expect(buffer.gradients == Tensor([0, 0, 0, 0, 7, 7]))
    }

    @Test func givenTensorsAreNotChangedByUpdates() {
        let (_, _, buffer) = Self.pair()
        let (values, gradients) = (Tensor<Float>.zeros([6]), Tensor<Float>.ones([6]))
        buffer.values = values
        buffer.gradients = gradients
        buffer.update { values, gradients in
            for place in values.indices { values[place] += gradients[place] }
        }
        #expect(values == .zeros([6]) && gradients == .ones([6]))
        #expect(buffer.values == .ones([6]))
    }

    @Test func secondBufferOfTheSameParametersIsTheSame() {
        let (a, b, first) = Self.pair()
        let second = ParameterBuffer([("x", a), ("y", b)])
        first.update { values, _ in values[0] = 42 }
        #expect(second.values == Tensor([42, 2, 3, 4, 5, 6]))
        #expect(second.entries.map(\.name) == ["x", "y"])
    }

    @Test func movingIntoABufferKeepsValuesAndGradients() {
        let (a, b) = (Parameter(Tensor([1, 2])), Parameter(Tensor([3])))
        a.value.sum().backward()
        let early = a.value
        let buffer = ParameterBuffer([("b", b), ("a", a)])
        #expect(buffer.values == Tensor([3, 1, 2]))
        #expect(a.gradient == .ones([2]) && b.gradient == nil)
        (early * 2).sum().backward()
        #expect(
            buffer.gradients == Tensor([0, 3, 3]), "what was recorded before the move arrives where the parameter is")
    }

    @Test func completeGradientsAreReportedOnceInTheOrderOfBackward() {
        let weights = (0..<4).map { Parameter(Tensor([Float($0) + 1])) }
        let buffer = ParameterBuffer(weights.enumerated().map { ("\($0)", $1) })
        var reported: [Int] = []
        var gradients: [Float?] = []
        buffer.gradientIsComplete = { entry in
            reported.append(entry)
            gradients.append(weights[entry].gradient?.item())
        }
        // Weight 2 takes no part, weight 1 two.
        ((weights[0].value * weights[1].value) * weights[1].value * weights[3].value).backward()
        #expect(reported == [3, 1, 0])
        #expect(gradients == [4, 16, 16])
    }

    @Test func lentGradientsStayWhileBackwardGoesOnInTheirMemory() {
        let weights = (0..<3).map { Parameter(Tensor([Float($0) + 2])) }
        let buffer = ParameterBuffer(weights.enumerated().map { ("\($0)", $1) })
        var lent: [Tensor<Float>] = []
        buffer.gradientIsComplete = { entry in lent.append(buffer.lendGradients(entry..<entry + 1)) }
        func place(_ tensor: Tensor<Float>) -> Int {
            tensor.withUnsafeElements { Int(bitPattern: $0.baseAddress) - 4 * tensor.layout.offset }
        }
        func backward() { (weights[0].value * weights[1].value).backward() }
        backward()
        #expect(lent == [Tensor([2]), Tensor([3])])
        // The third has no gradient: zeros.
        #expect(buffer.lendGradients(1..<3) == Tensor([2, 0]))
        // Coming back to what is lent copies first, and so does the next backward after all have been dropped.
        backward()
        #expect(lent == [Tensor([2]), Tensor([3]), Tensor([4]), Tensor([6])])
        buffer.zeroGrad()
        weights[2].value.backward()
        #expect(lent == [Tensor([2]), Tensor([3]), Tensor([4]), Tensor([6]), Tensor([1])])
        #expect(buffer.gradients == Tensor([0, 0, 1]))
    }

    @Test func snapshotsStayWhenPartsOfThemAreLent() {
        let weights = (0..<2).map { Parameter(Tensor([Float($0) + 2])) }
        let buffer = ParameterBuffer(weights.enumerated().map { ("\($0)", $1) })
        weights[0].value.backward()
        let one = buffer.lendGradients(0..<1)
        let (whole, gradient) = (buffer.gradients, weights[0].gradient)
        weights[1].value.backward()
        #expect(one == Tensor([1]) && whole == Tensor([1, 0]) && gradient == Tensor([1]))
        let lent = buffer.lendGradients(0..<1)
        weights[1].value.backward()
        #expect(lent == Tensor([1]) && buffer.gradients == Tensor([1, 2]))
        buffer.updateGradients { $0[0] = 9 }
        #expect(lent == Tensor([1]) && buffer.gradients == Tensor([9, 2]))
        let dropped = buffer.lendGradients(0..<1)
        weights[0].gradient = nil
        #expect(buffer.gradients == Tensor([0, 2]) && dropped == Tensor([9]))
        weights[0].gradient = Tensor([9])
        let again = buffer.lendGradients(0..<1)
        buffer.updateGradients { $0[0] = 8 }
        #expect(again == Tensor([9]))
    }

    @Test func threadsTrainModelsOfTheirOwn() async {
        /// Trains a small network and returns its weights.
        @Sendable func train(_ start: Float) -> [Float] {
            let weights = [[16, 8], [16], [3, 16], [3]].map {
                Parameter(
                    Tensor(sampleValues($0.reduce(1, *), in: -1...1, salt: 1).map { Float($0) * start }, shape: $0))
            }
            let buffer = ParameterBuffer(weights.enumerated().map { ("\($0)", $1) })
            let input = Tensor(sampleValues(80, in: -1...1, salt: 2).map { Float($0) }, shape: [10, 8])
            let targets = Tensor((0..<10).map { Int64($0 % 3) })
            for _ in 0..<100 {
                let hidden = linear(input, weights[0].value, weights[1].value, activation: .relu)
                crossEntropy(linear(hidden, weights[2].value, weights[3].value), targets: targets).backward()
                buffer.update { values, gradients in
                    for place in values.indices { values[place] -= 0.1 * gradients[place] }
                }
                buffer.zeroGrad()
            }
            return buffer.values.scalars
        }
        let starts = (1...8).map { Float($0) / 8 }
        let alone = starts.map(train)
        let together = await withTaskGroup(of: (Int, [Float]).self) { group in
            for (place, start) in starts.enumerated() { group.addTask { (place, train(start)) } }
            return await group.reduce(into: [Int: [Float]]()) { $0[$1.0] = $1.1 }
        }
        for place in starts.indices { #expect(together[place] == alone[place]) }
    }

    @Test func emptyBufferWorks() {
        let buffer = ParameterBuffer([])
        buffer.update { values, gradients in #expect(values.isEmpty && gradients.isEmpty) }
        #expect(buffer.takeGradients().shape == [0])
    }
}
