import CLockstepKernels
import Glibc

extension Tensor where Scalar: FloatingScalar {
    /// The sine of an angle in radians. Gradient: g cos x.
    ///
    /// Source: `torch.sin`.
    public func sin() -> Tensor { mapped(.sine) { $0.cos() } }

    /// The cosine of an angle in radians. Gradient: −g sin x.
    ///
    /// Source: `torch.cos`.
    public func cos() -> Tensor { mapped(.cosine) { -$0.sin() } }

    /// The tangent of an angle in radians. Gradient: g (1 + tan² x).
    ///
    /// Source: `torch.tan`.
    public func tan() -> Tensor { mapped(.tangent) { $0.tan().square() + 1 } }

    /// sin(πx) / (πx), and 1 at 0. Gradient: g (cos(πx) − sinc x) / x, and 0 at 0.
    ///
    /// Source: `torch.sinc`.
    public func sinc() -> Tensor {
        evaluated({ $0 == 0 ? 1 : Glibc.sin(.pi * $0) / (.pi * $0) }) { x in
            let isZero = x .== 0
            // A divisor of 0 would make NaN of a gradient that is then replaced.
            let divisor = x.replacing(with: 1, where: isZero)
            return (((x * .pi).cos() - x.sinc()) / divisor).replacing(with: 0, where: isZero)
        }
    }

    /// The hyperbolic sine, (eˣ − e⁻ˣ) / 2. Gradient: g cosh x.
    ///
    /// Source: `torch.sinh`.
    public func sinh() -> Tensor { mapped(.sinh) { $0.cosh() } }

    /// The hyperbolic cosine, (eˣ + e⁻ˣ) / 2. Gradient: g sinh x.
    ///
    /// Source: `torch.cosh`.
    public func cosh() -> Tensor { mapped(.cosh) { $0.sinh() } }

    /// The hyperbolic tangent y, within 2 units in the last place. Gradient: g · (1 − y²).
    ///
    /// Source: `torch.tanh`.
    public func tanh() -> Tensor { mapped(.tanh, gradient: .tanhGradient, saving: .output) }
}
