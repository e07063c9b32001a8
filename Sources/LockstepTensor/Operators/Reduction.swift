import CLockstepKernels

extension Tensor where Scalar: FloatingScalar {
    /// The sum of all elements, a scalar; 0 for an empty tensor. Gradient: g for every element.
    ///
    /// Added up in a fixed order that depends on the number of elements alone.
    ///
    /// Source: `torch.sum`.
    @_specialize(where Scalar == Float)
    public func sum() -> Tensor {
        var result = Tensor(uninitialized: [])
        let dense = detached().contiguous()
        withExtendedLifetime(dense.storage) {
            lk_sum_rows(Scalar.kernelType, 1, count, dense.pointer, count, result.storage.pointer)
        }
        if let node, records(node) {
            result.node = SumNode<Scalar>(
                input: node, keptShape: [Int](repeating: 1, count: rank), shape: shape, isTotal: true)
        }
        return result
    }

    /// The sums along one axis, which is dropped, or kept with size 1. Gradient: g for every element summed.
    ///
    /// Source: `torch.sum`.
    @_specialize(where Scalar == Float)
    public func sum(axis: Int, keepAxis: Bool = false) -> Tensor { sum(axes: [axis], keepAxis: keepAxis) }

    /// The sums along several axes, which are dropped, or kept with size 1; along all axes where `axes` is empty.
    ///
    /// Gradient: g for every element summed.
    ///
    /// Source: `torch.sum`.
    @_specialize(where Scalar == Float)
    public func sum(axes: [Int], keepAxis: Bool = false) -> Tensor {
        let plan = layout.reduction(over: axes)
        var result = Tensor(uninitialized: plan.shape(keepAxis: false))
        if layout.isContiguous, plan.axes == Array(plan.axes.indices), plan.axes.count < rank {
            // The leading axes: sums of columns.
            withExtendedLifetime(storage) {
                lk_sum_columns(
                    Scalar.kernelType, plan.columns, result.count, pointer, result.count, result.storage.pointer, false)
            }
        } else {
            let rows = self.rows(of: plan)
            withExtendedLifetime(rows.storage) {
                lk_sum_rows(
                    Scalar.kernelType, result.count, plan.columns, rows.pointer, plan.columns, result.storage.pointer)
            }
        }
        if keepAxis { result.layout = Layout(contiguous: plan.keptShape) }
        if let node, records(node) {
            result.node = SumNode<Scalar>(input: node, keptShape: plan.keptShape, shape: shape)
        }
        return result
    }

    /// The mean of all elements, a scalar; NaN for an empty tensor. Gradient: g / count for every element.
    ///
    /// Source: `torch.mean`.
    @_specialize(where Scalar == Float)
    public func mean() -> Tensor { (sum() / Scalar(count)).named(.mean) }

    /// The means along one axis, which is dropped, or kept with size 1. Gradient: g / size for every element.
    ///
    /// Source: `torch.mean`.
    @_specialize(where Scalar == Float)
    public func mean(axis: Int, keepAxis: Bool = false) -> Tensor { mean(axes: [axis], keepAxis: keepAxis) }

    /// The means along several axes, which are dropped, or kept with size 1; along all axes where `axes` is empty.
    ///
    /// Gradient: g / count for every element.
    ///
    /// Source: `torch.mean`.
    @_specialize(where Scalar == Float)
    public func mean(axes: [Int], keepAxis: Bool = false) -> Tensor {
        (sum(axes: axes, keepAxis: keepAxis) / Scalar(layout.reduction(over: axes).columns)).named(.meanAlongAxes)
    }

    /// Sums over the axes along which this shape was stretched from `target`; what undoes broadcasting.
    func summed(to target: [Int]) -> Tensor {
        if target == shape { return self }
        let missing = rank - target.count
        let axes = shape.indices.filter { $0 < missing || (target[$0 - missing] == 1 && shape[$0] != 1) }
        return sum(axes: axes, keepAxis: true).reshaped(to: target)
    }
}

/// How a reduction goes through a tensor: as a matrix of which each row becomes one element.
struct ReductionPlan {
    /// The axes that are reduced, in order.
    let axes: [Int]
    /// The other axes.
    let kept: [Int]
    /// How many elements become one.
    let columns: Int
    /// The shape of the result with reduced axes kept as size 1.
    let keptShape: [Int]

    /// The shape of the result.
    func shape(keepAxis: Bool) -> [Int] { keepAxis ? keptShape : kept.map { keptShape[$0] } }
}

extension Layout {
    /// A reduction over the axes that `axes` names, or over all where it is empty; stops where one is named twice.
    func reduction(over axes: [Int]) -> ReductionPlan {
        let axes = axes.isEmpty ? Array(shape.indices) : resolve(axes: axes)
        return ReductionPlan(
            axes: axes, kept: shape.indices.filter { !axes.contains($0) },
            columns: axes.reduce(1) { $0 * shape[$1] },
            keptShape: shape.indices.map { axes.contains($0) ? 1 : shape[$0] })
    }

    /// The axes that `axes` names, in order; stops where one is named twice.
    func resolve(axes: [Int]) -> [Int] {
        let resolved = axes.map { resolve(axis: $0) }.sorted()
        for (one, next) in zip(resolved, resolved.dropFirst()) where one == next {
            fatalError("dim \(one) appears multiple times in the list of dims")
        }
        return shape.isEmpty ? [] : resolved
    }
}

extension Tensor {
    /// The elements without gaps, those that a reduction makes one after another; not recorded.
    func rows(of plan: ReductionPlan) -> Tensor { detached().permuted(plan.kept + plan.axes).contiguous() }
}

final class SumNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private let keptShape: [Int]
    private let shape: [Int]
    private let isTotal: Bool

    init(input: Node, keptShape: [Int], shape: [Int], isTotal: Bool = false) {
        self.isTotal = isTotal
        self.keptShape = keptShape
        self.shape = shape
        super.init(inputs: [input])
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        send(gradient.reshaped(to: keptShape).expanded(to: shape), to: 0)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) { backward(gradient) }
    override var operationName: String { isTotal ? "SumBackward0" : "SumBackward1" }
}
