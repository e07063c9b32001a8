/// The p-norms of the differences of all rows of `a` with all rows of `b`: [n…, l, d] and [n…, m, d] make [n…, l, m].
///
/// `p` is 2 unless given. The differences are worked out one by one, never by products, so that near rows keep their digits. The
/// axes before the last two are broadcast. Gradients: those of the norms, 0 for equal rows. Stops where the shapes do not fit.
///
/// Source: `torch.cdist` with `compute_mode="donot_use_mm_for_euclid_dist"`.
public func cdist<Scalar: FloatingScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>, p: Double = 2) -> Tensor<Scalar> {
    guard a.rank >= 2, b.rank >= 2 else {
        fatalError("cdist only supports at least 2D tensors, got: \(a.rank)D and \(b.rank)D")
    }
    guard a.shape[a.rank - 1] == b.shape[b.rank - 1] else {
        fatalError(
            "X1 and X2 must have the same number of columns. X1: \(a.shape[a.rank - 1]) X2: \(b.shape[b.rank - 1])")
    }
    return (a.unsqueezed(axis: -2) - b.unsqueezed(axis: -3)).norm(p, axis: -1)
}

/// The p-norms along the last axis of x − y + eps, which is dropped, or kept with size 1.
///
/// `p` is 2 and `eps`, which keeps the gradient finite, 1e-6 unless given. Shapes are broadcast. Gradients: that of the norm and its
/// negative. Stops where the shapes do not fit.
///
/// Source: `torch.nn.functional.pairwise_distance`.
public func pairwiseDistance<Scalar: FloatingScalar>(
    _ x: Tensor<Scalar>, _ y: Tensor<Scalar>, p: Double = 2, eps: Scalar = 1e-6, keepAxis: Bool = false
) -> Tensor<Scalar> {
    (x - y + eps).norm(p, axis: -1, keepAxis: keepAxis)
}

extension Tensor where Scalar: FloatingScalar {
    /// The p-norm of all differences of two tensors, broadcast to a common shape. Source: `torch.dist`.
    public func dist(_ other: Tensor, p: Double = 2) -> Tensor { (self - other).norm(p) }

    /// The cross products of vectors of 3 elements along an axis; the other axes are broadcast.
    ///
    /// Gradients: b × g and g × a. Stops where the axis has not 3 elements or the shapes do not fit. Source: `torch.linalg.cross`.
    public func cross(_ other: Tensor, axis: Int = -1) -> Tensor {
        let common = Layout.broadcast(shape, other.shape)
        let (a, b) = (expanded(to: common), other.expanded(to: common))
        let place = a.layout.resolve(axis: axis)
        guard a.rank > 0, common[place] == 3 else {
            fatalError("linalg.cross: inputs dimension \(axis) must have length 3. Got \(shape) and \(other.shape)")
        }
        // yᵢ = aᵢ₊₁ bᵢ₊₂ − aᵢ₊₂ bᵢ₊₁, places modulo 3.
        func turned(_ tensor: Tensor, _ by: Int) -> Tensor { tensor.rolled(by: -by, axis: place) }
        return turned(a, 1) * turned(b, 2) - turned(a, 2) * turned(b, 1)
    }

    /// The covariances of the rows of a matrix, whose columns are observations: Σ (xᵢ − x̄ᵢ)(xⱼ − x̄ⱼ) / (n − correction).
    ///
    /// A vector counts as one row, and gives a scalar. `correction` is 1 unless given. Gradient: that of the product. Stops for more
    /// than two axes.
    ///
    /// Source: `torch.cov`.
    public func cov(correction: Double = 1) -> Tensor {
        guard rank <= 2 else {
            fatalError("cov(): expected input to have two or fewer dimensions but got an input with \(rank) dimensions")
        }
        let rows = rank == 2 ? self : reshaped(to: [1, count])
        let deviations = rows - rows.mean(axis: 1, keepAxis: true)
        let divisor = Swift.max(Double(rows.shape[1]) - correction, 0)
        let result = deviations.matmul(deviations.t) / Scalar(divisor)
        return rank == 2 ? result.squeezed() : result.reshaped(to: [])
    }

    /// The correlations of the rows of a matrix, whose columns are observations: covariances over both standard deviations, in −1...1.
    ///
    /// Source: `torch.corrcoef`.
    public func corrcoef() -> Tensor {
        let covariances = cov()
        if covariances.rank == 0 { return covariances / covariances }
        let deviations = covariances.diagonal().sqrt()
        return (covariances / deviations.unsqueezed(axis: 1) / deviations).clamp(min: -1, max: 1)
    }

    /// The integral along an axis by the trapezoidal rule, of elements `spacing` apart, 1 unless given; the axis is dropped.
    ///
    /// Source: `torch.trapezoid`.
    public func trapezoid(spacing: Scalar = 1, axis: Int = -1) -> Tensor {
        let place = layout.resolve(axis: axis)
        guard rank > 0 else { fatalError("trapezoid: expected a tensor of at least one axis") }
        let size = Swift.max(shape[place] - 1, 0)
        let (left, right) = (
            narrowed(axis: place, start: 0, count: size), narrowed(axis: place, start: shape[place] - size, count: size)
        )
        return ((left + right) * (spacing / 2)).sum(axis: place)
    }
}
