import CLockstepKernels

extension Tensor where Scalar: FloatingScalar {
    /// The largest whole number that is at most x. Gradient: 0.
    ///
    /// Source: `torch.floor`.
    public func floor() -> Tensor { stepped(.floor) }

    /// The smallest whole number that is at least x. Gradient: 0.
    ///
    /// Source: `torch.ceil`.
    public func ceil() -> Tensor { stepped(.ceiling) }

    /// The nearest whole number; the even one of two that are equally near. Gradient: 0.
    ///
    /// Source: `torch.round`.
    public func round() -> Tensor { stepped(.round) }

    /// x without its fraction. Gradient: 0.
    ///
    /// Source: `torch.trunc`.
    public func trunc() -> Tensor { stepped(.truncate) }

    /// −1, 0 or 1 by the sign of x; 0 for NaN. Gradient: 0.
    ///
    /// Source: `torch.sign`.
    public func sign() -> Tensor { stepped(.sign) }

    /// Where an element is not a number.
    ///
    /// Source: `torch.isnan`.
    public func isnan() -> Tensor<Bool> { self .!= self }

    /// Where an element is ∞ or −∞.
    ///
    /// Source: `torch.isinf`.
    public func isinf() -> Tensor<Bool> { computed(.absolute) .== .infinity }

    /// Where an element is neither infinite nor NaN.
    ///
    /// Source: `torch.isfinite`.
    public func isfinite() -> Tensor<Bool> { computed(.absolute) .< .infinity }
}
