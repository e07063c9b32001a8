import Glibc

extension Tensor where Scalar: FloatingScalar {
    /// √(a² + b²), broadcast to a common shape; nothing overflows. Gradients: ga / y and gb / y, where y is the result.
    ///
    /// Stops where the shapes do not fit.
    ///
    /// Source: `torch.hypot`.
    public func hypot(_ other: Tensor) -> Tensor {
        evaluated(with: other, { Glibc.hypot($0, $1) }) { a, b in
            let length = a.hypot(b)
            return (a / length, b / length)
        }
    }

    /// What is left of a after whole multiples of b, with the sign of a, as C's `fmod` and Swift's `%`; broadcast to a common shape.
    ///
    /// `remainder` has the sign of b. Gradients: g and −g trunc(a / b). Stops where the shapes do not fit.
    ///
    /// Source: `torch.fmod`.
    public func fmod(_ divisor: Tensor) -> Tensor {
        evaluated(with: divisor, { Glibc.fmod($0, $1) }) { a, b in
            (.onesLike(a), -a.divided(by: b, rounding: .trunc))
        }
    }

    /// The size of a with the sign of b, broadcast to a common shape. Gradients: g where the sign stays and −g where it turns (0 for an
    /// a of 0), and 0. Stops where the shapes do not fit.
    ///
    /// Source: `torch.copysign`.
    public func copysign(_ other: Tensor) -> Tensor {
        evaluated(with: other, { Glibc.copysign($0, $1) }) { a, b in
            (a.sign() * Tensor(1).copysign(b.detached()), .zerosLike(b))
        }
    }

    /// x ln y, and 0 where x is 0 and y is not above it; broadcast to a common shape. Gradients: g ln y and gx / y, and 0 there.
    ///
    /// Stops where the shapes do not fit.
    ///
    /// Source: `torch.xlogy`.
    public func xlogy(_ y: Tensor) -> Tensor {
        self * y.replacing(with: 1, where: (self .== 0) .& (y .<= 0)).log()
    }

    /// 0 below 0, 1 above, and `values` at 0; broadcast to a common shape. Not recorded: it has no slope where it is not flat.
    ///
    /// Stops where the shapes do not fit.
    ///
    /// Source: `torch.heaviside`.
    public func heaviside(_ values: Tensor) -> Tensor {
        Tensor(converting: self .> 0).replacing(with: values.detached(), where: self .== 0)
    }

    /// x + value · a · b, all broadcast to a common shape. Gradients: g, value gb and value ga.
    ///
    /// Source: `torch.addcmul`.
    public func addcmul(_ a: Tensor, _ b: Tensor, value: Scalar = 1) -> Tensor { self + a * b * value }

    /// x + value · a / b, all broadcast to a common shape. Gradients: g, value g / b and −value ga / b².
    ///
    /// Source: `torch.addcdiv`.
    public func addcdiv(_ a: Tensor, _ b: Tensor, value: Scalar = 1) -> Tensor { self + a / b * value }

    /// 2ˣ. Gradient: g 2ˣ ln 2.
    ///
    /// Source: `torch.exp2`.
    public func exp2() -> Tensor { evaluated({ Glibc.exp2($0) }) { $0.exp2() * 0.693147180559945309417 } }

    /// 1 − erf(x), precise where that is nearly 0. Gradient: −2g exp(−x²) / √π.
    ///
    /// Source: `torch.erfc`.
    public func erfc() -> Tensor {
        evaluated({ Glibc.erfc($0) }) { (-$0.square()).exp() * -1.12837916709551257390 }
    }

    /// What x has behind the point, with its sign: x − trunc(x). Gradient: g.
    ///
    /// Source: `torch.frac`.
    public func frac() -> Tensor { self - trunc() }

    /// An angle in radians from one in degrees. Gradient: g π / 180.
    ///
    /// Source: `torch.deg2rad`.
    public func deg2rad() -> Tensor { self * 0.0174532925199432957692 }

    /// An angle in degrees from one in radians. Gradient: g 180 / π.
    ///
    /// Source: `torch.rad2deg`.
    public func rad2deg() -> Tensor { self * 57.2957795130823208768 }

    /// The elements with NaN replaced by `nan`, and ∞ and −∞ by the largest and the smallest finite number unless given. Gradient: g for
    /// what is not replaced, 0 elsewhere.
    ///
    /// Source: `torch.nan_to_num`.
    public func nanToNum(nan: Scalar = 0, positiveInfinity: Scalar? = nil, negativeInfinity: Scalar? = nil) -> Tensor {
        let largest = Scalar.greatestFiniteMagnitude
        return replacing(with: nan, where: isnan())
            .replacing(with: positiveInfinity ?? largest, where: self .== .infinity)
            .replacing(with: negativeInfinity ?? -largest, where: self .== -.infinity)
    }
}
