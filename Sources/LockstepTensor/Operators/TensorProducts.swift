extension Tensor where Scalar: FloatingScalar {
    /// The sums of the products of the elements of two last axes: for vectors `dot`, for [n…, d] and [m…, d] a result of [n…, m…].
    ///
    /// Source: `torch.inner`.
    public func inner(_ other: Tensor) -> Tensor {
        guard rank > 0, other.rank > 0 else { return self * other }
        return tensordot(self, other, axes: [-1], [-1])
    }

    /// The Kronecker product: each element of this tensor times all of `other`, in blocks; axes are counted from the last.
    ///
    /// Gradients: those of the product. Source: `torch.kron`.
    public func kron(_ other: Tensor) -> Tensor {
        let rank = Swift.max(rank, other.rank)
        func shape(_ tensor: Tensor) -> [Int] { [Int](repeating: 1, count: rank - tensor.rank) + tensor.shape }
        let (a, b) = (shape(self), shape(other))
        let product = reshaped(to: a.flatMap { [$0, 1] }) * other.reshaped(to: b.flatMap { [1, $0] })
        return product.reshaped(to: zip(a, b).map { $0 * $1 })
    }
}
