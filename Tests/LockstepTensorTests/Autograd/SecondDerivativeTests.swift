import LockstepTensor
import Testing

/// Gradients of gradients against finite differences of first gradients, in Double.
@Suite struct SecondDerivativeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var shapes: [[Int]] = [[2, 3]]
        var range: ClosedRange<Double> = 0.5...2
        let apply: @Sendable ([Tensor<Double>]) -> Tensor<Double>
    }

    static let cases = [
        Case(testDescription: "polynomial") { x in x[0] * x[0] * x[0] + 2 * x[0] * x[0] },
        Case(testDescription: "exp") { $0[0].exp() },
        Case(testDescription: "log") { $0[0].log() },
        Case(testDescription: "sqrt") { $0[0].sqrt() },
        Case(testDescription: "square") { $0[0].square() },
        Case(testDescription: "abs", range: -2...2) { $0[0].abs() * $0[0] },
        Case(testDescription: "relu", range: -2...2) { $0[0].relu() * $0[0].exp() },
        Case(testDescription: "sigmoid", range: -2...2) { $0[0].sigmoid() },
        Case(testDescription: "tanh", range: -2...2) { $0[0].tanh() },
        Case(testDescription: "clamp", range: -2...2) { $0[0].clamp(min: -0.7, max: 0.9).exp() },
        Case(testDescription: "pow 3", range: -2...2) { $0[0].pow(3) },
        Case(testDescription: "pow 2.5") { $0[0].pow(2.5) },
        Case(testDescription: "pow 0") { $0[0].pow(0) * $0[0].exp() },
        Case(testDescription: "pow of a tensor", shapes: [[2, 3], [3]]) { $0[0].pow($0[1]) },
        Case(testDescription: "product", shapes: [[2, 3], [3]]) { $0[0] * $0[1] * $0[1] },
        Case(testDescription: "quotient", shapes: [[2, 3], [2, 1]]) { $0[0] / $0[1] },
        Case(testDescription: "number / x") { 2 / $0[0] },
        Case(testDescription: "difference", shapes: [[3], []]) { (3 - $0[0] - $0[1]).exp() - -$0[1] },
        Case(testDescription: "sum and mean") { ($0[0].sum(axis: 0) * $0[0].mean(axes: [1, 0])).exp() * $0[0].mean() },
        Case(testDescription: "softmax") { $0[0].softmax(axis: 1) },
        Case(testDescription: "logSoftmax") { $0[0].logSoftmax(axis: 0) * $0[0] },
        Case(testDescription: "matmul", shapes: [[2, 3], [3, 2]]) { $0[0].matmul($0[1]).square() },
        Case(testDescription: "matmul of vectors", shapes: [[3], [3]]) { $0[0].matmul($0[1]).exp() },
        Case(testDescription: "batched matmul", shapes: [[2, 2, 3], [2, 3, 2]]) { $0[0].matmul($0[1]).exp() },
        Case(testDescription: "linear", shapes: [[2, 3], [2, 3], [2]]) { linear($0[0], $0[1], $0[2]).square() },
        Case(testDescription: "linear and relu", shapes: [[2, 3], [2, 3], [2]], range: -2...2) {
            linear($0[0], $0[1], $0[2], activation: .relu).square()
        },
        Case(testDescription: "linear and GELU", shapes: [[2, 3], [2, 3], [2]]) {
            linear($0[0], $0[1], $0[2], activation: .gelu).square()
        },
        Case(testDescription: "linear without bias and GELU", shapes: [[2, 3], [2, 3]]) {
            linear($0[0], $0[1], activation: .gelu).square()
        },
        Case(testDescription: "conv2d", shapes: [[1, 2, 3, 3], [2, 2, 2, 2], [2]]) {
            conv2d($0[0], $0[1], $0[2], padding: 1).square()
        },
        Case(testDescription: "conv2d and relu", shapes: [[1, 2, 3, 3], [2, 2, 2, 2], [2]], range: -2...2) {
            conv2d($0[0], $0[1], $0[2], activation: .relu).square()
        },
        Case(testDescription: "convTranspose2d", shapes: [[1, 2, 2, 2], [2, 1, 2, 2]]) {
            convTranspose2d($0[0], $0[1], stride: 2).square()
        },
        Case(testDescription: "layerNorm", shapes: [[2, 3], [3], [3]]) {
            layerNorm($0[0], shape: [3], weight: $0[1], bias: $0[2], eps: 0.1).square()
        },
        Case(testDescription: "rmsNorm", shapes: [[2, 3], [3]]) { rmsNorm($0[0], shape: [3], weight: $0[1]).exp() },
        Case(testDescription: "crossEntropy", shapes: [[2, 3]]) {
            crossEntropy($0[0], targets: Tensor([2, 0]), reduction: .none).square()
        },
        Case(testDescription: "crossEntropy with weights", shapes: [[2, 3]]) {
            crossEntropy($0[0], targets: Tensor([2, 0]), weight: Tensor([1, 2, 3]), labelSmoothing: 0.1).square()
        },
        Case(testDescription: "binaryCrossEntropyWithLogits", shapes: [[2, 3], [2, 3]]) {
            binaryCrossEntropyWithLogits($0[0], $0[1], reduction: .none).square()
        },
        Case(testDescription: "movement", shapes: [[2, 3]]) {
            let x = $0[0].transposed(0, 1).reshaped(to: [2, 3]).unsqueezed(axis: 1).expanded(to: [2, 2, 3])
            return (x.permuted([2, 0, 1]).squeezed().contiguous()).exp()
        },
        Case(testDescription: "slices", shapes: [[3, 4]]) {
            $0[0][1] * $0[0][0..<2, 1...].sum() * $0[0].narrowed(axis: 1, start: 1, count: 1)
        },
        Case(testDescription: "joining", shapes: [[2, 3], [2, 3]]) {
            (stacked([$0[0], $0[1]]) * concatenated([$0[1], $0[0]]).reshaped(to: [2, 2, 3])).square()
        },
        Case(testDescription: "replacing", shapes: [[2, 3], [3]]) {
            $0[0].replacing(with: $0[1].square(), where: $0[0] .> 1).exp()
        },
        Case(testDescription: "assignment", shapes: [[2, 3], [3]]) { x in
            var y = x[0].square()
            y[1] = x[1].exp()
            return y * y
        },
        Case(testDescription: "assignment by a mask", shapes: [[2, 3], [2]]) { x in
            var y = x[0].square()
            y[Tensor([true, false, false, false, false, true], shape: [2, 3])] = x[1].exp()
            y[.all, .slice(by: 2)] *= x[0][.all, 1...]
            return y * y
        },
        Case(testDescription: "rearrangement") {
            ($0[0].flipped(axes: [1]).rolled(by: 1, axis: 1) * $0[0].repeated([2, 1, 1])).tril().diagonal().exp()
        },
        Case(testDescription: "indices") {
            $0[0].gathered(axis: 1, indices: Tensor([2, 0], shape: [2, 1])).exp()
                * $0[0].selected(axis: 1, indices: Tensor([1, 1])).square() * $0[0][$0[0] .> 0].sum()
        },
        Case(testDescription: "scatter", shapes: [[2, 3], [2, 2]]) {
            let indices = Tensor<Int64>([2, 2, 0, 1], shape: [2, 2])
            return $0[0].square().scatterAdding($0[1].exp(), axis: 1, indices: indices).square()
        },
        Case(testDescription: "sorting") { $0[0].sorted(axis: 1).values.exp() * $0[0].topk(1).values.square() },
        Case(testDescription: "cumsum") { $0[0].cumsum(axis: 1).exp() },
        Case(testDescription: "cumprod", shapes: [[3, 2]]) { $0[0].cumprod(axis: 0).square() },
        Case(testDescription: "avgPool2d", shapes: [[1, 2, 4, 3]]) {
            avgPool2d($0[0].square(), kernel: Size2D(3, 2), stride: 1, padding: 1).exp()
        },
        Case(testDescription: "adaptiveAvgPool2d", shapes: [[1, 1, 3, 4]]) {
            adaptiveAvgPool2d($0[0], height: 2, width: 3).square()
        },
        Case(testDescription: "maxPool2d", shapes: [[2, 4, 4]], range: -2...2) {
            maxPool2d($0[0], kernel: 3, stride: 1, padding: 1).exp()
        },
        Case(testDescription: "maxPool1d", shapes: [[1, 2, 5]]) { maxPool1d($0[0].square(), kernel: 2).square() },
        Case(testDescription: "adaptiveMaxPool2d", shapes: [[1, 3, 4]]) {
            adaptiveMaxPool2d($0[0], height: 2, width: 2).exp()
        },
        Case(testDescription: "embedding", shapes: [[4, 2]]) {
            embedding(Tensor([2, 0, 2, 1], shape: [2, 2]), $0[0], paddingIndex: 1).square()
        },
        Case(testDescription: "embedding scaled by frequency", shapes: [[3, 2]]) {
            // Each row once: where one is named twice, what backward computes is not the gradient of anything.
            embedding(Tensor([2, 0]), $0[0], scaledByFrequency: true).exp()
        },
        Case(testDescription: "prod") { $0[0].prod(axis: 1).exp() * $0[0].prod() },
        Case(testDescription: "amax") { $0[0].amax(axes: [0]).exp() * $0[0].amin().square() },
        Case(testDescription: "statistics") { $0[0].var(axis: 1).exp() * $0[0].std() * $0[0].norm(3, axis: 1) },
        Case(testDescription: "logsumexp and norm") { $0[0].logsumexp(axis: 0) * $0[0].norm() },
        Case(testDescription: "max", shapes: [[2, 3]]) { $0[0].max(axis: 1).values.exp() * $0[0].max().square() },
        Case(testDescription: "mseLoss", shapes: [[2, 3], [2, 3]]) { mseLoss($0[0].exp(), $0[1]) },
        Case(testDescription: "custom function", shapes: [[2, 3]]) {
            customFunction("Cube", [$0[0]], forward: { $0[0].pow(3) }) { gradient, inputs, _ in
                [gradient * inputs[0].square() * 3]
            }
        },
        Case(testDescription: "custom function of its result", shapes: [[2, 3]]) {
            customFunction("Exponential", [$0[0]], forward: { $0[0].exp() }) { gradient, _, result in
                [gradient * result]
            }
        },
    ]

    /// A number made of the first gradients, each element weighted.
    private func weightedGradients(
        _ operation: Case, _ inputs: [Tensor<Double>], createGraph: Bool
    ) -> Tensor<Double> {
        func weighted(_ x: Tensor<Double>, _ salt: Int) -> Tensor<Double> {
            (x * Tensor(sampleValues(x.count, in: 0.5...1.5, salt: salt), shape: x.shape)).sum()
        }
        let output = weighted(operation.apply(inputs), 99)
        let gradients = grad(
            of: output, withRespectTo: inputs, createGraph: createGraph, materializeGrads: true)
        return gradients.enumerated().map { weighted($1.square(), $0) + weighted($1, $0 + 7) }
            .reduce(Tensor(0), +)
    }

    @Test(arguments: [false, true]) func aGradientGoesThroughARectifiedNaN(createGraph: Bool) {
        let x = Tensor<Double>([[.nan]]).requiringGrad()
        let y = linear(x, Tensor([[2.0]]), activation: .relu)
        let slopes = grad(of: [y.sum()], withRespectTo: [x], createGraph: createGraph)
        #expect(slopes[0].scalars == [2])
    }

    @Test(arguments: cases) func secondDerivative(_ operation: Case) {
        let leaves = operation.shapes.enumerated().map { place, shape in
            Tensor(
                sampleValues(shape.reduce(1, *), in: operation.range, salt: place), shape: shape, requiresGrad: true)
        }
        let second = grad(
            of: weightedGradients(operation, leaves, createGraph: true), withRespectTo: leaves, materializeGrads: true)
        for (place, leaf) in leaves.enumerated() {
            for element in 0..<leaf.count {
                func moved(by step: Double) -> Double {
                    var values = leaf.scalars
                    values[element] += step
                    var inputs = leaves
                    inputs[place] = Tensor(values, shape: leaf.shape, requiresGrad: true)
                    return weightedGradients(operation, inputs, createGraph: false).item()
                }
                let step = 1e-5
                let difference = (moved(by: step) - moved(by: -step)) / (2 * step)
                let computed = second[place].scalars[element]
                #expect(
                    abs(computed - difference) <= 1e-5 * max(1, abs(difference)),
                    "input \(place), element \(element): \(computed), expected \(difference)")
            }
        }
        #expect(leaves.allSatisfy { $0.gradient == nil })
    }

    @Test func derivativesOfAnyOrder() {
        let x = Tensor<Double>([2], shape: [1], requiresGrad: true)
        var y = x.pow(5)
        for _ in 0..<4 { y = grad(of: y, withRespectTo: x, createGraph: true) }
        #expect(y == Tensor([240]))  // 120x
        #expect(grad(of: y, withRespectTo: x) == Tensor([120]))
    }

    @Test func backwardWithCreateGraphRecordsTheGradientsOfLeaves() {
        let x = Tensor<Float>([3], shape: [1], requiresGrad: true)
        x.pow(3).backward(createGraph: true)
        let slope = x.gradient!  // Backward has just put it there.
        #expect(slope == Tensor([27]) && slope.requiresGrad)
        x.gradient = nil
        slope.backward()
        #expect(x.gradient == Tensor([18]))
    }

    @Test func gradientPenaltyReachesTheWeights() {
        let x = Tensor<Double>([1, 2], shape: [1, 2], requiresGrad: true)
        let w = Tensor<Double>([0.5, -1, 0.25, 2], shape: [2, 2], requiresGrad: true)
        let slope = grad(of: linear(x, w).tanh().sum(), withRespectTo: x, createGraph: true)
        let penalty = (slope.square().sum() - 1).square()
        penalty.backward()
        #expect(w.gradient != nil && x.gradient != nil)
    }

    @Test func operationThatCannotSaysSoByName() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let x = Tensor<Float>([1, 2], shape: [1, 2], requiresGrad: true)
            let y = checkpoint(x) { $0.square() }
            let first = grad(of: y.sum(), withRespectTo: x, createGraph: true)
            _ = grad(of: first.sum(), withRespectTo: x)
        }
        #expect(said("derivative for CheckpointFunctionBackward is not implemented", result))
    }

    @Test func operationThatCannotDoesNoHarmWhereItIsNotDifferentiatedTwice() {
        let x = Tensor<Float>([1, 2], shape: [1, 2], requiresGrad: true)
        let z = Tensor<Float>([3], shape: [1], requiresGrad: true)
        let y = checkpoint(x) { $0.square() }.sum() + z.pow(3)
        let first = grad(of: y, withRespectTo: [x, z], createGraph: true)
        #expect(first[0] == Tensor([2, 4], shape: [1, 2]))
        #expect(grad(of: first[1], withRespectTo: z) == Tensor([18]))
    }
}
