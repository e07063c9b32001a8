import CLockstepKernels

/// What a recorded gradient leads to where an operation does not say how to differentiate its backward: a stop.
final class UndifferentiableNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private let operation: String

    init(inputs: [Node?], of operation: String) {
        self.operation = operation
        super.init(inputs: inputs)
    }

    override func propagate() { stop() }
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
        case .reluGradient: g.replacing(with: 0, where: !(y .> 0))
        case .clampGradient: g.replacing(with: 0, where: !(y .>= Scalar(p))).replacing(with: 0, where: !(y .<= Scalar(q)))
        case .absoluteGradient: g.replacing(with: -g, where: y .< 0).replacing(with: 0, where: y .== 0)
        case .powerGradient: p == 0 ? g * 0 : g * (y.pow(Scalar(p - 1)) * Scalar(p))
        default: nil
        }
    }

    /// PyTorch's name of the function that has a gradient.
    static func name(_ operation: LKBinary) -> String {
        switch operation {
        case .multiply: "ExpBackward0"
        case .divide: "LogBackward0"
        case .squareGradient, .powerGradient: "PowBackward0"
        case .squareRootGradient: "SqrtBackward0"
        case .sigmoidGradient: "SigmoidBackward0"
        case .tanhGradient: "TanhBackward0"
        case .reluGradient: "ReluBackward0"
        case .clampGradient: "ClampBackward1"
        case .absoluteGradient: "AbsBackward0"
        default: "\(operation)"
        }
    }
}
