import LockstepTensor
import Testing

/// Functions of one tensor: values compared with those that PyTorch 2.15 prints, and gradients with differences.
@Suite struct FunctionTests {
    static let x: [Float] = [-3, -1.5, -0.5, 0, 0.25, 1, 2, 10]
    static let y: [Float] = [0.1, 0.5, 1, 2, 7, 1000]

    struct Function: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let apply: @Sendable (Tensor<Float>) -> Tensor<Float>
        /// The same function in double precision, for the differences.
        let double: @Sendable (Tensor<Double>) -> Tensor<Double>
        let arguments: [Float]
        let expected: [Float]

        init(
            _ name: String, of arguments: [Float] = FunctionTests.x,
            _ apply: @escaping @Sendable (Tensor<Float>) -> Tensor<Float>,
            _ double: @escaping @Sendable (Tensor<Double>) -> Tensor<Double>, _ expected: [Float]
        ) {
            testDescription = name
            (self.apply, self.double) = (apply, double)
            (self.arguments, self.expected) = (arguments, expected)
        }
    }

    static let functions: [Function] = [
        Function(
            "sin", { $0.sin() }, { $0.sin() },
            [-0.14112, -0.997495, -0.4794255, 0, 0.247404, 0.841471, 0.9092974, -0.5440211]),
        Function(
            "cos", { $0.cos() }, { $0.cos() },
            [-0.9899925, 0.0707372, 0.8775826, 1, 0.9689124, 0.5403023, -0.4161468, -0.8390715]),
        Function(
            "tan", { $0.tan() }, { ($0 * 0.5).tan() },
            [0.1425465, -14.10142, -0.5463025, 0, 0.2553419, 1.557408, -2.18504, 0.6483608]),
        Function(
            "sinh", { $0.sinh() }, { $0.sinh() },
            [-10.01787, -2.129279, -0.5210953, 0, 0.2526123, 1.175201, 3.62686, 11013.23]),
        Function(
            "cosh", { $0.cosh() }, { $0.cosh() },
            [10.06766, 2.35241, 1.127626, 1, 1.031413, 1.543081, 3.762196, 11013.23]),
        Function(
            "erf", { $0.erf() }, { $0.erf() },
            [-0.9999779, -0.9661052, -0.5204999, 0, 0.2763264, 0.8427008, 0.9953223, 1]),
        Function(
            "expm1", { $0.expm1() }, { $0.expm1() },
            [-0.950213, -0.7768698, -0.3934693, 0, 0.2840254, 1.718282, 6.389056, 22025.46]),
        Function(
            "log2", of: y, { $0.log2() }, { ($0 + 2.5).log2() }, [-3.321928, -1, 0, 1, 2.807355, 9.965784]),
        Function(
            "log10", of: y, { $0.log10() }, { ($0 + 2.5).log10() }, [-1, -0.30103, 0, 0.30103, 0.845098, 3]),
        Function(
            "log1p", of: y, { $0.log1p() }, { ($0 + 2.5).log1p() },
            [0.09531018, 0.4054651, 0.6931472, 1.098612, 2.079442, 6.908755]),
        Function(
            "rsqrt", of: y, { $0.rsqrt() }, { ($0 + 2.5).rsqrt() },
            [3.162278, 1.414214, 1, 0.7071068, 0.3779645, 0.03162278]),
        Function(
            "reciprocal", of: y, { $0.reciprocal() }, { ($0 + 2.5).reciprocal() }, [10, 2, 1, 0.5, 0.1428571, 0.001]),
        Function("floor", { $0.floor() }, { $0.floor() }, [-3, -2, -1, 0, 0, 1, 2, 10]),
        Function("ceil", { $0.ceil() }, { $0.ceil() }, [-3, -1, -0, 0, 1, 1, 2, 10]),
        Function("round", { $0.round() }, { $0.round() }, [-3, -2, -0, 0, 0, 1, 2, 10]),
        Function("trunc", { $0.trunc() }, { $0.trunc() }, [-3, -1, -0, 0, 0, 1, 2, 10]),
        Function("sign", { $0.sign() }, { $0.sign() }, [-1, -1, -1, 0, 1, 1, 1, 1]),
        Function("clone", { $0.clone() }, { $0.clone() }, x),
        Function("relu6", { $0.relu6() }, { $0.relu6() }, [0, 0, 0, 0, 0.25, 1, 2, 6]),
        Function(
            "leakyRelu", { $0.leakyRelu() }, { $0.leakyRelu(negativeSlope: 0.3) },
            [-0.03, -0.015, -0.005, 0, 0.25, 1, 2, 10]),
        Function(
            "elu", { $0.elu(alpha: 0.5) }, { $0.elu(alpha: 0.5) },
            [-0.4751065, -0.3884349, -0.1967347, 0, 0.25, 1, 2, 10]),
        Function(
            "selu", { $0.selu() }, { $0.selu() },
            [-1.670569, -1.365814, -0.6917582, 0, 0.2626753, 1.050701, 2.101402, 10.50701]),
        Function(
            "gelu", { $0.gelu() }, { $0.gelu() },
            [-0.004050225, -0.1002109, -0.1542688, 0, 0.1496766, 0.8413447, 1.9545, 10]),
        Function(
            "gelu by tanh", { $0.gelu(approximate: .tanh) }, { $0.gelu(approximate: .tanh) },
            [-0.003637433, -0.1004284, -0.154286, 0, 0.1496754, 0.841192, 1.954598, 10]),
        Function(
            "silu", { $0.silu() }, { $0.silu() },
            [-0.1422776, -0.2736383, -0.1887703, 0, 0.1405441, 0.7310586, 1.761594, 9.999546]),
        Function(
            "mish", { $0.mish() }, { $0.mish() },
            [-0.1456475, -0.2980998, -0.2207438, 0, 0.1695724, 0.8650984, 1.943959, 10]),
        Function(
            "softplus", { $0.softplus() }, { $0.softplus() },
            [0.04858735, 0.2014133, 0.474077, 0.6931472, 0.8259394, 1.313262, 2.126928, 10.00005]),
        Function(
            "softplus with a threshold", { $0.softplus(beta: 3, threshold: 2) }, { $0.softplus(beta: 3, threshold: 9) },
            [4.113406e-05, 0.003682582, 0.06713776, 0.2310491, 0.378957, 1, 2, 10]),
        Function(
            "softsign", { $0.softsign() }, { $0.softsign() },
            [-0.75, -0.6, -0.3333333, 0, 0.2, 0.5, 0.6666667, 0.9090909]),
        Function(
            "tanhshrink", { $0.tanhshrink() }, { $0.tanhshrink() },
            [-2.004945, -0.5948517, -0.03788283, 0, 0.005081341, 0.2384058, 1.035972, 9]),
        Function(
            "logsigmoid", { $0.logsigmoid() }, { $0.logsigmoid() },
            [-3.048587, -1.701413, -0.974077, -0.6931472, -0.5759394, -0.3132617, -0.126928, -4.53989e-05]),
        Function(
            "hardsigmoid", { $0.hardsigmoid() }, { ($0 * 3).hardsigmoid() },
            [0, 0.25, 0.4166667, 0.5, 0.5416667, 0.6666667, 0.8333333, 1]),
        Function(
            "hardswish", { $0.hardswish() }, { ($0 * 3).hardswish() },
            [-0, -0.375, -0.2083333, 0, 0.1354167, 0.6666667, 1.666667, 10]),
        Function("hardtanh", { $0.hardtanh() }, { $0.hardtanh() }, [-1, -1, -0.5, 0, 0.25, 1, 1, 1]),
        Function(
            "threshold", { $0.threshold(0.3, value: -7) }, { $0.threshold(0.3, value: -7) },
            [-7, -7, -7, -7, -7, 1, 2, 10]),
    ]

    @Test(arguments: functions) func hasPyTorchsValues(_ function: Function) {
        let result = function.apply(Tensor(function.arguments))
        #expect(
            zip(result.scalars, function.expected).allSatisfy { abs($0 - $1) <= 1e-5 + 1.3e-6 * abs($1) },
            "\(result)")
    }

    @Test(arguments: functions) func hasTheGradientOfDifferences(_ function: Function) {
        for shape in [[], [5], [3, 4], [0]] {
            checkGradients(of: function.testDescription, shapes: [shape]) { function.double($0[0]) }
        }
    }

    @Test(arguments: functions) func hasTheSecondDerivativeOfDifferences(_ function: Function) {
        // The square gives flat functions a second derivative to get wrong, too.
        let sum = SecondDerivativeTests.Case(testDescription: function.testDescription, range: -2...2) {
            function.double($0[0]) + $0[0].square()
        }
        SecondDerivativeTests().secondDerivative(sum)
    }

    @Test func specialValues() {
        let (nan, infinity) = (Float.nan, Float.infinity)
        let special = Tensor<Float>([nan, infinity, -infinity, 0])
        #expect(special.isnan() == Tensor([true, false, false, false]))
        #expect(special.isinf() == Tensor([false, true, true, false]))
        #expect(special.isfinite() == Tensor([false, false, false, true]))
        #expect(special.sign() == Tensor([0, 1, -1, 0]))
        #expect(special.sin().isClose(to: Tensor([nan, nan, nan, 0])))
        #expect(special.expm1().isClose(to: Tensor([nan, infinity, -1, 0])))
        #expect(special.log1p().isClose(to: Tensor([nan, infinity, nan, 0])))
        #expect(special.cosh().isClose(to: Tensor([nan, infinity, infinity, 1])))
        #expect(special.erf().isClose(to: Tensor([nan, 1, -1, 0])))
        #expect(special.softplus().isClose(to: Tensor([nan, infinity, 0, 0.6931472])))
        #expect(special.clamp(min: 1).isClose(to: Tensor([nan, infinity, 1, 1])))
        #expect(Tensor<Float>([89.2, -89.2]).sinh().isClose(to: Tensor([2.741804e38, -2.741804e38]), tolerance: 1e-5))
        #expect(
            Tensor<Float>([-0.0]).sin().item().sign == .minus && Tensor<Float>([-0.0]).round().item().sign == .minus)
        #expect(Tensor<Float>([0.5, 1.5, 2.5, -0.5]).round() == Tensor([0, 2, 2, -0.0]))
        #expect(Tensor<Float>([1, 8, 1_048_576]).log2() == Tensor([0, 3, 20]))
        #expect(Tensor<Float>([1, 10, 1e10]).log10() == Tensor([0, 1, 10]))
    }

    @Test func clampHasNoGradientAtItsBounds() {
        let x = Tensor<Float>([-2, -1, 0, 1, 2], shape: [5], requiresGrad: true)
        x.clamp(min: -1, max: 1).sum().backward()
        #expect(x.gradient == Tensor([0, 0, 1, 0, 0]))
        x.gradient = nil
        x.clamp(min: -1).sum().backward()
        #expect(x.gradient == Tensor([0, 0, 1, 1, 1]))
    }

    @Test func gluHalvesAnAxis() {
        let x = Tensor<Float>([1, 2, 3, 4, 0, 0, 100, -100], shape: [2, 4])
        #expect(x.glu().isClose(to: Tensor([0.9525741, 1.9640275, 0, 0], shape: [2, 2])))
        #expect(x.glu(axis: 0).isClose(to: Tensor([0.5, 1, 3, 0], shape: [1, 4])))
        #expect(Tensor<Float>.zeros([3, 0]).glu(axis: 1).shape == [3, 0])
        checkGradients(of: "glu", shapes: [[3, 4]]) { $0[0].glu() }
        checkGradients(of: "glu", shapes: [[4, 3]]) { $0[0].glu(axis: 0) }
    }

    @Test func preluHasAWeightForEachChannel() {
        let x = Tensor<Float>([-1, 2, -3, 4, -5, -6], shape: [2, 3])
        #expect(x.prelu(Tensor([0.5, 1, 2])) == Tensor([-0.5, 2, -6, 4, -5, -12], shape: [2, 3]))
        #expect(x.prelu(Tensor(0.5)) == Tensor([-0.5, 2, -1.5, 4, -2.5, -3], shape: [2, 3]))
        #expect(x.prelu(Tensor([0.5])) == x.prelu(Tensor(0.5)))
        for (shape, weights) in [([2, 3], [3]), ([2, 3, 2], [3]), ([4], []), ([], [1])] {
            checkGradients(of: "prelu", shapes: [shape, weights]) { $0[0].prelu($0[1]) }
        }
    }

    @Test func aCloneOfALeafCanBeChanged() {
        let x = Tensor<Float>([1, 2], shape: [2], requiresGrad: true)
        var y = x.clone()
        y *= 3
        y.sum().backward()
        #expect(x == Tensor([1, 2]) && y == Tensor([3, 6]) && x.gradient == Tensor([3, 3]) && !y.isLeaf)
    }

    static let stops: [Stop] = [
        Stop("Halving dimension must be even, but dimension 1 is size 3") { _ = Tensor<Float>.ones([2, 3]).glu() },
        Stop("glu does not support scalars because halving size must be even") { _ = Tensor<Float>(1).glu() },
        Stop("Found parameter numbers = 2 and channel size = 3.") {
            _ = Tensor<Float>.ones([2, 3]).prelu(.ones([2]))
        },
        Stop("torch.clamp: At least one of 'min' or 'max' must not be None") { _ = Tensor<Float>.ones([2]).clamp() },
    ]

    @Test(arguments: stops.indices) func stopsWithItsMessage(_ place: Int) async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [place] in
            FunctionTests.stops[place].run()
        }
        #expect(said(FunctionTests.stops[place].message, result), "\(FunctionTests.stops[place].message)")
    }
}
