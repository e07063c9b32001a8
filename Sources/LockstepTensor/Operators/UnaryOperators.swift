import CLockstepKernels

extension Tensor where Scalar: FloatingScalar {
    /// −x. Gradient: −g.
    public static prefix func - (x: Tensor) -> Tensor {
        var result = x.computed(.negate)
        if let node = x.node, records(node) { result.node = NegateNode<Scalar>(inputs: [node]) }
        return result
    }

    /// eˣ, within 2 units in the last place. Gradient: g · eˣ.
    public func exp() -> Tensor { mapped(.exponential, gradient: .multiply, saving: .output) }

    /// The natural logarithm, within 2 units in the last place; −∞ for 0, NaN below. Gradient: g / x.
    public func log() -> Tensor { mapped(.logarithm, gradient: .divide, saving: .input) }

    /// √x, correctly rounded; NaN for negative numbers. Gradient: g / (2√x).
    public func sqrt() -> Tensor { mapped(.squareRoot, gradient: .squareRootGradient, saving: .output) }

    /// |x|. Gradient: g · sign(x), which is 0 at 0.
    public func abs() -> Tensor { mapped(.absolute, gradient: .absoluteGradient, saving: .input) }

    /// x². Gradient: 2gx.
    public func square() -> Tensor { mapped(.square, gradient: .squareGradient, saving: .input) }

    /// max(x, 0). Gradient: g where x > 0, else 0.
    public func relu() -> Tensor { mapped(.relu, gradient: .reluGradient, saving: .output) }

    /// The logistic function y = 1 / (1 + e⁻ˣ). Gradient: g · y(1 − y).
    public func sigmoid() -> Tensor { mapped(.sigmoid, gradient: .sigmoidGradient, saving: .output) }

    /// The hyperbolic tangent y, within 2 units in the last place. Gradient: g · (1 − y²).
    public func tanh() -> Tensor { mapped(.tanh, gradient: .tanhGradient, saving: .output) }

    /// min(max(x, min), max); a bound that is left out does not hold.
    ///
    /// Gradient: g where min ≤ x ≤ max, else 0.
    ///
    /// Source: `torch.clamp`.
    public func clamp(min: Scalar = -.infinity, max: Scalar = .infinity) -> Tensor {
        mapped(.clamp, gradient: .clampGradient, saving: .input, p: Double(min), q: Double(max))
    }

    /// x to the power of one number. Gradient: g · p · xᵖ⁻¹.
    ///
    /// Source: `torch.pow`.
    public func pow(_ exponent: Scalar) -> Tensor {
        mapped(.power, gradient: .powerGradient, saving: .input, p: Double(exponent))
    }
}

final class NegateNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    override func backward(_ gradient: Tensor<Scalar>) { send(-gradient, to: 0) }
    override func recordedBackward(_ gradient: Tensor<Scalar>) { backward(gradient) }
}
