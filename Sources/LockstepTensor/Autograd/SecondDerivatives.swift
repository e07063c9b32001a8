import CLockstepKernels

/// What a recorded gradient leads to where an operation does not say how to differentiate its backward: a stop.
final class UndifferentiableNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private let operation: String

    init(inputs: [Node?], of operation: String) {
        self.operation = operation
        super.init(inputs: inputs)
    }

    @_specialize(where Scalar == Float)
    override func propagate() { stop() }
    @_specialize(where Scalar == Float)
    override func propagate(keepingIn collector: Node) { stop() }

    private func stop() -> Never {
        fatalError(
            "derivative for \(operation) is not implemented: the operation can be differentiated once, and the gradient that it "
                + "made is to be differentiated again.")
    }
}

extension UnaryNode {
    /// The gradient of an element-wise function with recorded operators, as its kernel computes it; nil where none is known.
    static func recorded(
        _ operation: LKBinary, _ g: Tensor<Scalar>, _ y: Tensor<Scalar>, _ p: Double, _ q: Double
    ) -> Tensor<Scalar>? {
        switch operation {
        case .multiply: g * y
        case .divide: g / y
        case .squareGradient: g * y * 2
        case .squareRootGradient: g / (y * 2)
        case .sigmoidGradient: g * (y * (1 - y))
        case .tanhGradient: g * (1 - y * y)
        case .reluGradient: g.replacing(with: 0, where: y .<= 0)
        case .clampGradient: g.replacing(with: 0, where: (y .<= Scalar(p)) .| (y .>= Scalar(q)))
        case .absoluteGradient: g.replacing(with: -g, where: y .< 0).replacing(with: 0, where: y .== 0)
        case .powerGradient: p == 0 ? g * 0 : g * (y.pow(Scalar(p - 1)) * Scalar(p))
        case .logSigmoidGradient: g * (-y).sigmoid()
        case .leakyReluGradient: (g * Scalar(p)).replacing(with: g, where: y .> 0)
        case .eluGradient:
            (g * Scalar(q)).replacing(with: g * (y.clamp(max: 0).exp() * Scalar(p)), where: y .<= 0)
        case .geluTanhGradient: g * geluTanhSlope(y)
        case .siluGradient: g * (y.sigmoid() * (1 + y * (1 - y.sigmoid())))
        case .mishGradient: g * mishSlope(y)
        case .softplusGradient: (g * (y * Scalar(p)).sigmoid()).replacing(with: g, where: y * Scalar(p) .> Scalar(q))
        case .softsignGradient: g / (1 + y.abs()).square()
        case .tanhshrinkGradient: g * y.tanh().square()
        case .hardsigmoidGradient: (g / 6).replacing(with: 0, where: y.abs() .>= 3)
        case .hardswishGradient:
            (g * (y / 3 + 0.5)).replacing(with: 0, where: y .<= -3).replacing(with: g, where: y .>= 3)
        case .thresholdGradient: g.replacing(with: 0, where: y .<= Scalar(p))
        default: nil
        }
    }

    /// Φ(y) + y φ(y)
    static func geluSlope(_ y: Tensor<Scalar>) -> Tensor<Scalar> {
        let share = ((y * 0.707106781186547524401).erf() + 1) * 0.5
        return share + y * (y.square() * -0.5).exp() * 0.398942280401432677940
    }

    /// The derivative of y (1 + t) / 2 with t = tanh(√(2/π) (y + 0.044715 y³)).
    private static func geluTanhSlope(_ y: Tensor<Scalar>) -> Tensor<Scalar> {
        let factor: Scalar = 0.797884560802865355880
        let t = ((y + y.pow(3) * 0.044715) * factor).tanh()
        let inner = (y.square() * 0.134145 + 1) * factor
        return (t + 1) * 0.5 + y * (1 - t.square()) * inner * 0.5
    }

    /// tanh t + y σ(y) (1 − tanh² t) with t = ln(1 + eʸ)
    private static func mishSlope(_ y: Tensor<Scalar>) -> Tensor<Scalar> {
        let t = y.softplus().tanh()
        return t + y * y.sigmoid() * (1 - t.square())
    }
}
