extension Tensor where Scalar: FloatingScalar {
    /// The variance of all elements: Σ(x − mean)² / (n − correction).
    ///
    /// `correction` is 1 (Bessel's), as in PyTorch, which makes the estimate from a sample unbiased; 0 gives that of the elements
    /// themselves. NaN where n − correction is not positive and the sum is 0, else ∞. Gradient: 2g(x − mean) / (n − correction).
    ///
    /// Source: `torch.var`.
    public func `var`(correction: Double = 1, keepAxis: Bool = false) -> Tensor {
        self.var(axes: [], correction: correction, keepAxis: keepAxis)
    }

    /// The variances along one axis, which is dropped, or kept with size 1; see `var(correction:keepAxis:)`.
    ///
    /// Source: `torch.var`.
    public func `var`(axis: Int, correction: Double = 1, keepAxis: Bool = false) -> Tensor {
        self.var(axes: [axis], correction: correction, keepAxis: keepAxis)
    }

    /// The variances along several axes, which are dropped, or kept with size 1; along all axes where `axes` is empty. See
    /// `var(correction:keepAxis:)`.
    ///
    /// Source: `torch.var`.
    public func `var`(axes: [Int], correction: Double = 1, keepAxis: Bool = false) -> Tensor {
        let count = Double(layout.reduction(over: axes).columns)
        let deviations = self - mean(axes: axes, keepAxis: true)
        let total = deviations.square().sum(axes: axes, keepAxis: keepAxis)
        return (total / Scalar(Swift.max(count - correction, 0))).named(.variance)
    }

    /// The standard deviation of all elements, √var. Gradient: g(x − mean) / ((n − correction) std), and 0 where std is 0.
    ///
    /// Source: `torch.std`.
    public func std(correction: Double = 1, keepAxis: Bool = false) -> Tensor {
        self.var(correction: correction, keepAxis: keepAxis).withFiniteSlope { $0.sqrt() }.named(.std)
    }

    /// The standard deviations along one axis, which is dropped, or kept with size 1; see `std(correction:keepAxis:)`.
    ///
    /// Source: `torch.std`.
    public func std(axis: Int, correction: Double = 1, keepAxis: Bool = false) -> Tensor {
        self.var(axis: axis, correction: correction, keepAxis: keepAxis).withFiniteSlope { $0.sqrt() }.named(.std)
    }

    /// The standard deviations along several axes, which are dropped, or kept with size 1; along all axes where `axes` is empty.
    /// See `std(correction:keepAxis:)`.
    ///
    /// Source: `torch.std`.
    public func std(axes: [Int], correction: Double = 1, keepAxis: Bool = false) -> Tensor {
        self.var(axes: axes, correction: correction, keepAxis: keepAxis).withFiniteSlope { $0.sqrt() }.named(.std)
    }

    /// The p-norm of all elements, (Σ|x|ᵖ)^(1/p), as if they were one vector.
    ///
    /// `p` is 2 unless given; ∞ gives the largest |x|, −∞ the smallest, 0 how many elements are not 0. Gradient:
    /// g sign(x) (|x| / norm)ᵖ⁻¹, and 0 where that is not defined; for ±∞ g sign(x), shared by the elements that have that size.
    ///
    /// Source: `torch.norm`.
    public func norm(_ p: Double = 2) -> Tensor { norm(p, axes: []) }

    /// The p-norms along one axis, which is dropped, or kept with size 1; see `norm(_:)`.
    ///
    /// Source: `torch.norm`.
    public func norm(_ p: Double = 2, axis: Int, keepAxis: Bool = false) -> Tensor {
        norm(p, axes: [axis], keepAxis: keepAxis)
    }

    /// The p-norms along several axes, which are dropped, or kept with size 1; along all axes where `axes` is empty. See
    /// `norm(_:)`.
    ///
    /// Source: `torch.norm`.
    public func norm(_ p: Double = 2, axes: [Int], keepAxis: Bool = false) -> Tensor {
        computedNorm(p, axes, keepAxis).named(.norm)
    }

    private func computedNorm(_ p: Double, _ axes: [Int], _ keepAxis: Bool) -> Tensor {
        switch p {
        case .infinity: return abs().amax(axes: axes, keepAxis: keepAxis)
        case -.infinity: return abs().amin(axes: axes, keepAxis: keepAxis)
        case 0:
            let zeros = self .== Tensor(0)
            let counted = replacing(with: 1, where: !zeros).replacing(with: 0, where: zeros)
            return counted.sum(axes: axes, keepAxis: keepAxis)
        case 1: return abs().sum(axes: axes, keepAxis: keepAxis)
        case 2: return square().sum(axes: axes, keepAxis: keepAxis).withFiniteSlope { $0.sqrt() }
        case ..<1:
            // The slope of |x|ᵖ at 0 is infinite; it counts as 0.
            let zeros = self .== Tensor(0)
            let powers = replacing(with: 1, where: zeros).abs().pow(Scalar(p))
                .replacing(with: p > 0 ? 0 : .infinity, where: zeros)
            return powers.sum(axes: axes, keepAxis: keepAxis).pow(Scalar(1 / p))
        default:
            return abs().pow(Scalar(p)).sum(axes: axes, keepAxis: keepAxis).withFiniteSlope { $0.pow(Scalar(1 / p)) }
        }
    }

    /// log Σ exp(x) along one axis, which is dropped, or kept with size 1; the largest element is subtracted first, so nothing
    /// overflows.
    ///
    /// Gradient: g exp(x − result).
    ///
    /// Source: `torch.logsumexp`.
    public func logsumexp(axis: Int, keepAxis: Bool = false) -> Tensor { logsumexp(axes: [axis], keepAxis: keepAxis) }

    /// log Σ exp(x) along several axes, which are dropped, or kept with size 1; along all axes where `axes` is empty. See
    /// `logsumexp(axis:keepAxis:)`.
    ///
    /// Source: `torch.logsumexp`.
    public func logsumexp(axes: [Int], keepAxis: Bool = false) -> Tensor {
        let plan = layout.reduction(over: axes)
        if plan.columns == 0 { return .full(plan.shape(keepAxis: keepAxis), -.infinity) }
        let largest = detached().amax(axes: axes, keepAxis: true)
        // Infinity minus infinity would be NaN.
        let shift = largest.replacing(with: 0, where: largest.abs() .== Tensor(.infinity))
        let result = (self - shift).exp().sum(axes: axes, keepAxis: true).log() + shift
        return (keepAxis ? result : result.reshaped(to: plan.shape(keepAxis: false))).named(.logsumexp)
    }

    /// f(self), for an f whose slope is infinite at 0: the gradient there is 0.
    private func withFiniteSlope(_ f: (Tensor) -> Tensor) -> Tensor {
        guard records(node) else { return f(self) }
        let zeros = self .== Tensor(0)
        return f(replacing(with: 1, where: zeros)).replacing(with: f(Tensor(0)).item(), where: zeros)
    }
}
