import CLockstepKernels

/// A type of whole numbers or truth values: sums and products of its elements are Int64, as in PyTorch.
public protocol IntegralScalar: TensorScalar {}

extension Int64: IntegralScalar {}
extension Int32: IntegralScalar {}
extension UInt8: IntegralScalar {}
extension Bool: IntegralScalar {}

// Sums and products in 64 bits, which wrap around where they do not fit; `true` counts as 1.
extension Tensor where Scalar: IntegralScalar {
    /// The sum of all elements; of truth values, how many are true.
    ///
    /// Source: `torch.sum`.
    public func sum() -> Tensor<Int64> { folded(product: false, axes: [], keepAxis: false) }

    /// The sums along one axis, which is dropped, or kept with size 1.
    ///
    /// Source: `torch.sum`.
    public func sum(axis: Int, keepAxis: Bool = false) -> Tensor<Int64> {
        folded(product: false, axes: [axis], keepAxis: keepAxis)
    }

    /// The sums along several axes, which are dropped, or kept with size 1; along all axes where `axes` is empty.
    ///
    /// Source: `torch.sum`.
    public func sum(axes: [Int], keepAxis: Bool = false) -> Tensor<Int64> {
        folded(product: false, axes: axes, keepAxis: keepAxis)
    }

    /// The product of all elements; 1 for an empty tensor.
    ///
    /// Source: `torch.prod`.
    public func prod() -> Tensor<Int64> { folded(product: true, axes: [], keepAxis: false) }

    /// The products along one axis, which is dropped, or kept with size 1.
    ///
    /// Source: `torch.prod`.
    public func prod(axis: Int, keepAxis: Bool = false) -> Tensor<Int64> {
        folded(product: true, axes: [axis], keepAxis: keepAxis)
    }

    /// yᵢ = x₀ + … + xᵢ along an axis.
    ///
    /// Source: `torch.cumsum`.
    public func cumsum(axis: Int) -> Tensor<Int64> { wide.scanned(.int64, product: false, axis: axis) }

    /// yᵢ = x₀ ⋯ xᵢ along an axis.
    ///
    /// Source: `torch.cumprod`.
    public func cumprod(axis: Int) -> Tensor<Int64> { wide.scanned(.int64, product: true, axis: axis) }

    private var wide: Tensor<Int64> { self as? Tensor<Int64> ?? Tensor<Int64>(converting: self) }

    private func folded(product: Bool, axes: [Int], keepAxis: Bool) -> Tensor<Int64> {
        wide.folded(.int64, product: product, layout.reduction(over: axes), keepAxis: keepAxis)
    }
}
