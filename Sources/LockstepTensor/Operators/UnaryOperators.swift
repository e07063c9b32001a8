import CLockstepKernels

extension Tensor where Scalar: FloatingScalar {
    /// −x. Gradient: −g.
    @_specialize(where Scalar == Float)
    public static prefix func - (x: Tensor) -> Tensor {
        var result = x.computed(.negate)
        if let node = x.node, records(node) { result.node = NegateNode<Scalar>(inputs: [node]) }
        return result
    }

    /// eˣ, within 2 units in the last place. Gradient: g · eˣ.
    ///
    /// Source: `torch.exp`.
    @_specialize(where Scalar == Float)
    public func exp() -> Tensor { mapped(.exponential, gradient: .multiply, saving: .output) }

    /// The natural logarithm, within 2 units in the last place; −∞ for 0, NaN below. Gradient: g / x.
    ///
    /// Source: `torch.log`.
    @_specialize(where Scalar == Float)
    public func log() -> Tensor { mapped(.logarithm, gradient: .divide, saving: .input) }

    /// √x, correctly rounded; NaN for negative numbers. Gradient: g / (2√x).
    ///
    /// Source: `torch.sqrt`.
    @_specialize(where Scalar == Float)
    public func sqrt() -> Tensor { mapped(.squareRoot, gradient: .squareRootGradient, saving: .output) }

    /// |x|. Gradient: g · sign(x), which is 0 at 0.
    ///
    /// Source: `torch.abs`.
    @_specialize(where Scalar == Float)
    public func abs() -> Tensor { mapped(.absolute, gradient: .absoluteGradient, saving: .input) }

    /// x². Gradient: 2gx.
    ///
    /// Source: `torch.square`.
    @_specialize(where Scalar == Float)
    public func square() -> Tensor { mapped(.square, gradient: .squareGradient, saving: .input) }

    /// 1 / x; ±∞ for ±0. Gradient: −g / x².
    ///
    /// Source: `torch.reciprocal`.
    @_specialize(where Scalar == Float)
    public func reciprocal() -> Tensor { mapped(.reciprocal) { -$0.square().reciprocal() } }

    /// 1 / √x; NaN for negative numbers. Gradient: −g x^(−3/2) / 2.
    ///
    /// Source: `torch.rsqrt`.
    @_specialize(where Scalar == Float)
    public func rsqrt() -> Tensor { mapped(.reciprocalSquareRoot) { $0.rsqrt().pow(3) * -0.5 } }

    /// eˣ − 1, precise for x near 0, where subtracting 1 from `exp()` loses digits. Gradient: g eˣ.
    ///
    /// Source: `torch.expm1`.
    @_specialize(where Scalar == Float)
    public func expm1() -> Tensor { mapped(.expm1) { $0.exp() } }

    /// ln(1 + x), precise for x near 0; −∞ for −1, NaN below. Gradient: g / (1 + x).
    ///
    /// Source: `torch.log1p`.
    @_specialize(where Scalar == Float)
    public func log1p() -> Tensor { mapped(.log1p) { ($0 + 1).reciprocal() } }

    /// The logarithm to base 2. Gradient: g / (x ln 2).
    ///
    /// Source: `torch.log2`.
    @_specialize(where Scalar == Float)
    public func log2() -> Tensor { mapped(.log2) { ($0 * 0.693147180559945309417).reciprocal() } }

    /// The logarithm to base 10. Gradient: g / (x ln 10).
    ///
    /// Source: `torch.log10`.
    @_specialize(where Scalar == Float)
    public func log10() -> Tensor { mapped(.log10) { ($0 * 2.30258509299404568402).reciprocal() } }

    /// The error function, 2/√π ∫₀ˣ exp(−t²) dt. Gradient: 2g exp(−x²) / √π.
    ///
    /// Source: `torch.erf`.
    @_specialize(where Scalar == Float)
    public func erf() -> Tensor { mapped(.erf) { (-$0.square()).exp() * 1.12837916709551257390 } }

    /// min(max(x, min), max); a bound that is left out does not hold.
    ///
    /// Gradient: g where min < x < max, else 0: also at the bounds. Stops where both bounds are left out.
    ///
    /// Source: `torch.clamp`.
    @_specialize(where Scalar == Float)
    public func clamp(min: Scalar? = nil, max: Scalar? = nil) -> Tensor {
        guard min != nil || max != nil else {
            fatalError("torch.clamp: At least one of 'min' or 'max' must not be None")
        }
        // Nothing is above or below NaN, so it is a bound that does not hold.
        let (low, high) = (min.map { Double($0) } ?? .nan, max.map { Double($0) } ?? .nan)
        return mapped(.clamp, gradient: .clampGradient, saving: .input, p: low, q: high)
    }

    /// x to the power of one number. Gradient: g · p · xᵖ⁻¹.
    ///
    /// Source: `torch.pow`.
    @_specialize(where Scalar == Float)
    public func pow(_ exponent: Scalar) -> Tensor {
        mapped(.power, gradient: .powerGradient, saving: .input, p: Double(exponent))
    }
}

final class NegateNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) { send(-gradient, to: 0) }
    override func recordedBackward(_ gradient: Tensor<Scalar>) { backward(gradient) }
}
