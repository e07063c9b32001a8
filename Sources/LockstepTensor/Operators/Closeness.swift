extension Tensor where Scalar: FloatingScalar {
    /// Where |a − b| ≤ absolute + relative · |b|, broadcast to a common shape; equal infinities are close, NaN to NaN with `equalNaN`.
    ///
    /// The tolerances are 1e-5 and 1e-8, as in PyTorch. Stops where the shapes do not fit.
    ///
    /// Source: `torch.isclose`.
    public func isclose(
        _ other: Tensor, relative: Scalar = 1e-5, absolute: Scalar = 1e-8, equalNaN: Bool = false
    ) -> Tensor<Bool> {
        noGrad {
            let near = ((self - other).abs() .<= other.abs() * relative + absolute) .& other.isfinite()
            let same = (self .== other) .| near
            return equalNaN ? same .| (isnan() .& other.isnan()) : same
        }
    }

    /// Whether all elements are close; see `isclose`.
    ///
    /// Source: `torch.allclose`.
    public func allclose(
        _ other: Tensor, relative: Scalar = 1e-5, absolute: Scalar = 1e-8, equalNaN: Bool = false
    ) -> Bool {
        isclose(other, relative: relative, absolute: absolute, equalNaN: equalNaN).all().item()
    }
}
