import CLockstepKernels

// An element counts as true where it is not 0; NaN does.
extension Tensor {
    /// Whether all elements are true; so of an empty tensor.
    ///
    /// Source: `torch.all`.
    public func all() -> Tensor<Bool> { truth(all: true, axes: [], keepAxis: false) }

    /// Whether all elements along one axis are true; the axis is dropped, or kept with size 1.
    ///
    /// Source: `torch.all`.
    public func all(axis: Int, keepAxis: Bool = false) -> Tensor<Bool> {
        truth(all: true, axes: [axis], keepAxis: keepAxis)
    }

    /// Whether all elements along several axes are true; the axes are dropped, or kept with size 1. Along all axes where `axes`
    /// is empty.
    ///
    /// Source: `torch.all`.
    public func all(axes: [Int], keepAxis: Bool = false) -> Tensor<Bool> {
        truth(all: true, axes: axes, keepAxis: keepAxis)
    }

    /// Whether any element is true; not so of an empty tensor.
    ///
    /// Source: `torch.any`.
    public func any() -> Tensor<Bool> { truth(all: false, axes: [], keepAxis: false) }

    /// Whether any element along one axis is true; the axis is dropped, or kept with size 1.
    ///
    /// Source: `torch.any`.
    public func any(axis: Int, keepAxis: Bool = false) -> Tensor<Bool> {
        truth(all: false, axes: [axis], keepAxis: keepAxis)
    }

    /// Whether any element along several axes is true; the axes are dropped, or kept with size 1. Along all axes where `axes` is
    /// empty.
    ///
    /// Source: `torch.any`.
    public func any(axes: [Int], keepAxis: Bool = false) -> Tensor<Bool> {
        truth(all: false, axes: axes, keepAxis: keepAxis)
    }

    private func truth(all: Bool, axes: [Int], keepAxis: Bool) -> Tensor<Bool> {
        let plan = layout.reduction(over: axes)
        let rows = Tensor<Bool>(converting: self.rows(of: plan))
        let result = Tensor<Bool>(uninitialized: plan.shape(keepAxis: keepAxis))
        withExtendedLifetime(rows.storage) {
            lk_truth_rows(all, result.count, plan.columns, rows.pointer, result.storage.pointer)
        }
        return result
    }
}
