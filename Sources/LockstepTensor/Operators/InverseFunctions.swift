import Glibc

extension Tensor where Scalar: FloatingScalar {
    /// The angle in radians from −π/2 to π/2 whose sine is x; NaN outside of −1...1. Gradient: g / √(1 − x²).
    ///
    /// Source: `torch.asin`.
    public func asin() -> Tensor { evaluated({ Glibc.asin($0) }) { (1 - $0.square()).rsqrt() } }

    /// The angle in radians from 0 to π whose cosine is x; NaN outside of −1...1. Gradient: −g / √(1 − x²).
    ///
    /// Source: `torch.acos`.
    public func acos() -> Tensor { evaluated({ Glibc.acos($0) }) { -(1 - $0.square()).rsqrt() } }

    /// The angle in radians from −π/2 to π/2 whose tangent is x. Gradient: g / (1 + x²).
    ///
    /// Source: `torch.atan`.
    public func atan() -> Tensor { evaluated({ Glibc.atan($0) }) { ($0.square() + 1).reciprocal() } }

    /// The angle in radians from −π to π of the point (x, self), in the right quadrant; broadcast to a common shape.
    ///
    /// Gradients: gx / (x² + y²) and −gy / (x² + y²), where y is this tensor. Stops where the shapes do not fit.
    ///
    /// Source: `torch.atan2`.
    public func atan2(_ x: Tensor) -> Tensor {
        evaluated(with: x, { Glibc.atan2($0, $1) }) { y, x in
            let scale = (y.square() + x.square()).reciprocal()
            return (x * scale, -y * scale)
        }
    }

    /// The number whose hyperbolic sine is x, ln(x + √(x² + 1)). Gradient: g / √(x² + 1).
    ///
    /// Source: `torch.asinh`.
    public func asinh() -> Tensor { evaluated({ Glibc.asinh($0) }) { ($0.square() + 1).rsqrt() } }

    /// The number from 0 on whose hyperbolic cosine is x; NaN below 1. Gradient: g / √(x² − 1).
    ///
    /// Source: `torch.acosh`.
    public func acosh() -> Tensor { evaluated({ Glibc.acosh($0) }) { ($0.square() - 1).rsqrt() } }

    /// The number whose hyperbolic tangent is x, ln((1 + x) / (1 − x)) / 2; NaN outside of −1...1. Gradient: g / (1 − x²).
    ///
    /// Source: `torch.atanh`.
    public func atanh() -> Tensor { evaluated({ Glibc.atanh($0) }) { (1 - $0.square()).reciprocal() } }

    /// The number whose error function is x; ±∞ for ±1, NaN beyond. Gradient: g √π/2 exp(y²), where y is the result.
    ///
    /// Source: `torch.erfinv`.
    public func erfinv() -> Tensor {
        evaluated(inverseErrorFunction) { $0.erfinv().square().exp() * 0.886226925452758013649 }
    }

    /// ln(x / (1 − x)), the inverse of the logistic function; with `eps` x is first brought into eps...(1 − eps). NaN outside of 0...1.
    ///
    /// Gradient: g / (x (1 − x)), and 0 where x was out of bounds.
    ///
    /// Source: `torch.logit`.
    public func logit(eps: Scalar? = nil) -> Tensor {
        // Both bounds are compared with x itself, as in PyTorch, which matters where eps is above ½.
        let x =
            eps.map { replacing(with: 1 - $0, where: self .> 1 - $0).replacing(with: $0, where: self .< $0) } ?? self
        return (x / (1 - x)).log()
    }
}

/// Halley's method on erfc, which keeps its digits where erf is nearly 1, from S. Winitzki's approximation (2008).
private func inverseErrorFunction(_ x: Double) -> Double {
    let size = Swift.abs(x)
    guard size < 1 else { return size == 1 ? (x > 0 ? .infinity : -.infinity) : .nan }
    guard size > 0 else { return x }
    let (a, b) = (0.147, log1p(-x * x))
    let c = 2 / (.pi * a) + b / 2
    var y = (sqrt(c * c - b / a) - c).squareRoot()
    for _ in 0..<4 {
        // Both differences are exact to the last digits: the first for small x, the second for large.
        let error = size < 0.5 ? erf(y) - size : (1 - size) - erfc(y)
        let slope = 2 / Double.pi.squareRoot() * exp(-y * y)
        y -= error / (slope + y * error)
    }
    return x < 0 ? -y : y
}
