import LockstepTensor
import Testing

/// Every operator's gradient against finite differences in Double, for contiguous, transposed, sliced and broadcast inputs, and for
/// matrices, vectors, scalars and empty tensors.
@Suite struct OperatorGradientTests {
    typealias Unary = @Sendable (Tensor<Double>) -> Tensor<Double>
    typealias Binary = @Sendable (Tensor<Double>, Tensor<Double>) -> Tensor<Double>

    struct UnaryCase: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var range: ClosedRange<Double> = -2...2
        let apply: Unary
    }

    static let unary = [
        UnaryCase(testDescription: "negation") { -$0 },
        UnaryCase(testDescription: "exp") { $0.exp() },
        UnaryCase(testDescription: "log", range: 0.5...3) { $0.log() },
        UnaryCase(testDescription: "sqrt", range: 0.5...3) { $0.sqrt() },
        UnaryCase(testDescription: "abs") { $0.abs() },
        UnaryCase(testDescription: "square") { $0.square() },
        UnaryCase(testDescription: "relu") { $0.relu() },
        UnaryCase(testDescription: "sigmoid") { $0.sigmoid() },
        UnaryCase(testDescription: "tanh") { $0.tanh() },
        UnaryCase(testDescription: "clamp") { $0.clamp(min: -0.7, max: 0.9) },
        UnaryCase(testDescription: "clamp from below") { $0.clamp(min: 0.1) },
        UnaryCase(testDescription: "pow 3") { $0.pow(3) },
        UnaryCase(testDescription: "pow 2.5", range: 0.5...3) { $0.pow(2.5) },
        UnaryCase(testDescription: "pow -1", range: 0.5...3) { $0.pow(-1) },
        UnaryCase(testDescription: "pow 0") { $0.pow(0) },
        UnaryCase(testDescription: "pow 0.5", range: 0.5...3) { $0.pow(0.5) },
        UnaryCase(testDescription: "number + x") { 3 + $0 },
        UnaryCase(testDescription: "x - number") { $0 - 3 },
        UnaryCase(testDescription: "number - x") { 3 - $0 },
        UnaryCase(testDescription: "x * number") { $0 * -2.5 },
        UnaryCase(testDescription: "x / number") { $0 / 4 },
        UnaryCase(testDescription: "number / x", range: 0.5...3) { 2 / $0 },
        UnaryCase(testDescription: "value used twice") { $0 * $0 + $0 },
        UnaryCase(testDescription: "replacing by a number") { $0.replacing(with: 7, where: $0 .> 0) },
        UnaryCase(testDescription: "sum") { $0.sum() },
        UnaryCase(testDescription: "sum, last axis") { $0.sum(axis: -1) },
        UnaryCase(testDescription: "sum, first axis, kept") { $0.sum(axis: 0, keepAxis: true) },
        UnaryCase(testDescription: "mean") { $0.count == 0 ? $0 : $0.mean() },
        UnaryCase(testDescription: "mean, first axis") { $0.count == 0 ? $0 : $0.mean(axis: 0) },
        UnaryCase(testDescription: "softmax, last axis") { $0.softmax(axis: -1) },
        UnaryCase(testDescription: "softmax, first axis") { $0.softmax(axis: 0) },
        UnaryCase(testDescription: "logSoftmax, last axis") { $0.logSoftmax(axis: -1) },
        UnaryCase(testDescription: "logSoftmax, first axis") { $0.logSoftmax(axis: 0) },
        UnaryCase(testDescription: "flattened") { $0.flattened() },
        UnaryCase(testDescription: "contiguous") { $0.contiguous() * 2 },
        UnaryCase(testDescription: "unsqueezed, first") { $0.unsqueezed(axis: 0) },
        UnaryCase(testDescription: "unsqueezed, last") { $0.unsqueezed(axis: -1) },
        UnaryCase(testDescription: "squeezed") { $0.unsqueezed(axis: 0).squeezed() },
        UnaryCase(testDescription: "transposed") { $0.transposed(0, -1) },
        UnaryCase(testDescription: "expanded") { $0.expanded(to: [3] + $0.shape) },
    ]

    @Test(arguments: unary) func unaryOperator(_ operation: UnaryCase) {
        for shape in [[], [1], [5], [3, 4], [2, 3, 4], [0], [2, 0]] {
            checkGradients(of: operation.testDescription, shapes: [shape], in: operation.range) {
                operation.apply($0[0])
            }
        }
    }

    struct BinaryCase: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var range: ClosedRange<Double> = -2...2
        let apply: Binary
    }

    static let binary = [
        BinaryCase(testDescription: "+") { $0 + $1 },
        BinaryCase(testDescription: "-") { $0 - $1 },
        BinaryCase(testDescription: "*") { $0 * $1 },
        BinaryCase(testDescription: "/", range: 0.5...3) { $0 / $1 },
        BinaryCase(testDescription: "pow", range: 0.5...3) { $0.pow($1) },
        BinaryCase(testDescription: "replacing") { $0.replacing(with: $1, where: $0 .> $1) },
        BinaryCase(testDescription: "mseLoss") { mseLoss($0, $1, reduction: .sum) },
        BinaryCase(testDescription: "mseLoss, none") { mseLoss($0, $1, reduction: .none) },
    ]

    @Test(arguments: binary) func binaryOperator(_ operation: BinaryCase) {
        let shapes: [[[Int]]] = [
            [[], []], [[4], [4]], [[3, 4], [3, 4]], [[3, 4], [4]], [[3, 1], [1, 4]], [[2, 3, 4], [3, 1]],
            [[], [2, 3]],
            [[0], [0]], [[2, 0], [1, 1]], [[2, 3, 2, 2], [3, 1, 2]],
        ]
        for pair in shapes {
            checkGradients(of: operation.testDescription, shapes: pair, in: operation.range) {
                operation.apply($0[0], $0[1])
            }
        }
    }

    @Test func matrixProduct() {
        let shapes: [[[Int]]] = [
            [[3], [3]], [[2, 3], [3]], [[3], [3, 2]], [[2, 3], [3, 4]], [[2, 2, 3], [3, 4]], [[2, 2, 3], [2, 3, 4]],
            [[2, 3], [2, 3, 2]], [[2, 1, 2, 3], [3, 3, 2]], [[2, 2, 3], [3]], [[3], [2, 3, 2]], [[0, 3], [3, 2]],
            [[2, 0], [0, 2]], [[1, 1], [1, 1]], [[1, 3], [3, 1]],
        ]
        for pair in shapes { checkGradients(of: "matmul \(pair)", shapes: pair) { $0[0].matmul($0[1]) } }
    }

    @Test func fusedLinear() {
        for shapes in [
            [[2, 3], [4, 3], [4]], [[3], [2, 3], [2]], [[2, 2, 3], [4, 3], [4]], [[0, 3], [2, 3], [2]],
        ] {
            checkGradients(of: "linear", shapes: shapes) { linear($0[0], $0[1], $0[2]) }
            checkGradients(of: "linear and relu", shapes: shapes) { linear($0[0], $0[1], $0[2], activation: .relu) }
            checkGradients(of: "linear and GELU", shapes: shapes) { linear($0[0], $0[1], $0[2], activation: .gelu) }
            checkGradients(of: "linear without bias", shapes: Array(shapes.dropLast())) { linear($0[0], $0[1]) }
            checkGradients(of: "linear without bias, relu", shapes: Array(shapes.dropLast())) {
                linear($0[0], $0[1], activation: .relu)
            }
            checkGradients(of: "linear without bias, GELU", shapes: Array(shapes.dropLast())) {
                linear($0[0], $0[1], activation: .gelu)
            }
        }
    }

    @Test(arguments: [Reduction.none, .mean, .sum]) func crossEntropyLoss(_ reduction: Reduction) {
        for (samples, classes) in [(1, 1), (3, 4), (2, 17), (5, 33)] {
            let targets = Tensor<Int64>((0..<samples).map { Int64($0 * 3 % classes) })
            checkGradients(of: "crossEntropy", shapes: [[samples, classes]]) {
                crossEntropy($0[0], targets: targets, reduction: reduction)
            }
        }
    }

    @Test func joining() {
        for axis in [0, 1, -1] {
            checkGradients(of: "stacked", shapes: [[2, 3], [2, 3]]) { stacked($0, axis: axis) }
        }
        checkGradients(of: "concatenated", shapes: [[2, 3], [1, 3], [0, 3]]) { concatenated($0, axis: 0) }
        checkGradients(of: "concatenated", shapes: [[2, 3], [2, 1]]) { concatenated($0, axis: -1) }
        checkGradients(of: "one value twice", shapes: [[2, 3]]) { concatenated([$0[0], $0[0]], axis: 1) }
    }

    @Test func extrema() {
        // Where elements are stretched they are equal, and a difference is not defined.
        let layouts = InputLayout.all.filter { $0.description != "broadcast" }
        for shape in [[], [5], [3, 4], [2, 3, 4]] {
            checkGradients(of: "max", shapes: [shape], layouts: layouts) { $0[0].max() }
            checkGradients(of: "min", shapes: [shape], layouts: layouts) { $0[0].min() }
            for axis in [0, -1] {
                checkGradients(of: "max", shapes: [shape], layouts: layouts) { $0[0].max(axis: axis).values }
                checkGradients(of: "min", shapes: [shape], layouts: layouts) {
                    $0[0].min(axis: axis, keepAxis: true).values
                }
            }
        }
    }

    @Test func movement() {
        checkGradients(of: "permuted", shapes: [[2, 3, 4]]) { $0[0].permuted([2, 0, 1]) }
        checkGradients(of: "reshaped", shapes: [[2, 6]]) { $0[0].reshaped(to: [3, -1]) }
        checkGradients(of: "flattened", shapes: [[2, 3, 4]]) { $0[0].flattened(from: 1) }
        checkGradients(of: "row", shapes: [[3, 4]]) { $0[0][1] }
        checkGradients(of: "rows", shapes: [[3, 4]]) { $0[0][0..<2] }
        checkGradients(of: "column", shapes: [[3, 4]]) { $0[0][.all, -1] }
        checkGradients(of: "rows of a column", shapes: [[3, 4]]) { $0[0][1..., 2] }
        checkGradients(of: "sum of axes", shapes: [[2, 3, 4]]) { $0[0].sum(axes: [0, 2]) }
        checkGradients(of: "mean of axes", shapes: [[2, 3, 4]]) { $0[0].mean(axes: [-1, 1], keepAxis: true) }
    }

    @Test func assignmentToAPart() {
        checkGradients(of: "assigned row", shapes: [[3, 4], [4]]) { inputs in
            var result = inputs[0] * 2
            result[1] = inputs[1]
            return result * inputs[0]
        }
        checkGradients(of: "number assigned to columns", shapes: [[3, 4], []]) { inputs in
            var result = Tensor<Double>.ones([3, 4])
            result[.all, 1...2] = inputs[1]
            return result * inputs[0]
        }
        checkGradients(of: "fill", shapes: [[3]]) { inputs in
            var result = inputs[0] * 2
            result.fill(3)
            return result * inputs[0]
        }
    }

    @Test func deepExpression() {
        checkGradients(of: "a small network", shapes: [[4, 3], [5, 3], [5], [2, 5]]) { inputs in
            let hidden = linear(inputs[0], inputs[1], inputs[2]).tanh()
            return (hidden.matmul(inputs[3].t).softmax(axis: 1) * hidden.exp().sum(axis: 1, keepAxis: true)).log()
                .square()
        }
    }
}
