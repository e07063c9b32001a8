extension Tensor where Scalar: FloatingScalar {
    /// x where |x| is above `bound`, ½ unless given, and 0 elsewhere. Gradient: g where x is kept.
    ///
    /// Source: `torch.nn.functional.hardshrink`.
    public func hardshrink(_ bound: Scalar = 0.5) -> Tensor { replacing(with: 0, where: abs() .<= bound) }

    /// x moved towards 0 by `bound`, ½ unless given, and 0 where |x| is at most that. Gradient: g where the result is not 0.
    ///
    /// Source: `torch.nn.functional.softshrink`.
    public func softshrink(_ bound: Scalar = 0.5) -> Tensor {
        guard bound >= 0 else { fatalError("lambda must be greater or equal to 0, but found to be \(bound).") }
        return (self - sign() * bound).replacing(with: 0, where: abs() .<= bound)
    }

    /// x above 0 and α (e^(x / α) − 1) below. Gradient: g above 0, g e^(x / α) below.
    ///
    /// α is 1 unless given. Source: `torch.nn.functional.celu`; J. Barron, 2017.
    public func celu(alpha: Scalar = 1) -> Tensor {
        guard alpha != 0 else { fatalError("ZeroDivisionError: alpha cannot be 0 for CELU") }
        return (clamp(max: 0) / alpha).expm1() * alpha + clamp(min: 0)
    }

    /// The softmax of −x along an axis. Source: `torch.nn.functional.softmin`.
    public func softmin(axis: Int) -> Tensor { (-self).softmax(axis: axis) }
}
