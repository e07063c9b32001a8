import CLockstepKernels

extension Tensor where Scalar: Comparable {
    /// The largest element, a scalar; NaN where there is one.
    ///
    /// Gradient: g, shared equally by the elements that are largest. Stops for an empty tensor.
    ///
    /// Source: `torch.max`.
    public func max() -> Tensor {
        shared(largest: true, name: "max", backward: .max, axes: [], keepAxis: false)
    }

    /// The smallest element, a scalar; NaN where there is one.
    ///
    /// Gradient: g, shared equally by the elements that are smallest. Stops for an empty tensor.
    ///
    /// Source: `torch.min`.
    public func min() -> Tensor {
        shared(largest: false, name: "min", backward: .min, axes: [], keepAxis: false)
    }

    /// The largest elements along several axes, which are dropped, or kept with size 1; along all axes where `axes` is empty.
    ///
    /// Gradient: g, shared equally by the elements that are largest; `max(axis:)` gives it to the first of them instead. Stops
    /// for an axis of size 0.
    ///
    /// Source: `torch.amax`.
    public func amax(axes: [Int] = [], keepAxis: Bool = false) -> Tensor {
        shared(largest: true, name: "amax", backward: .amax, axes: axes, keepAxis: keepAxis)
    }

    /// The smallest elements along several axes, which are dropped, or kept with size 1; along all axes where `axes` is empty.
    ///
    /// Gradient: g, shared equally by the elements that are smallest; `min(axis:)` gives it to the first of them instead. Stops
    /// for an axis of size 0.
    ///
    /// Source: `torch.amin`.
    public func amin(axes: [Int] = [], keepAxis: Bool = false) -> Tensor {
        shared(largest: false, name: "amin", backward: .amin, axes: axes, keepAxis: keepAxis)
    }

    /// The largest elements along an axis and the places where they are first found; NaN counts as largest.
    ///
    /// Gradient: g for the element found, 0 for the others. Stops for an axis of size 0.
    ///
    /// Source: `torch.max`.
    public func max(axis: Int, keepAxis: Bool = false) -> (values: Tensor, indices: Tensor<Int64>) {
        found(largest: true, name: "max", axis: axis, keepAxis: keepAxis)
    }

    /// The smallest elements along an axis and the places where they are first found; NaN counts as smallest.
    ///
    /// Gradient: g for the element found, 0 for the others. Stops for an axis of size 0.
    ///
    /// Source: `torch.min`.
    public func min(axis: Int, keepAxis: Bool = false) -> (values: Tensor, indices: Tensor<Int64>) {
        found(largest: false, name: "min", axis: axis, keepAxis: keepAxis)
    }

    /// The places of the largest elements along an axis; the first of several. Stops for an axis of size 0.
    ///
    /// Source: `torch.argmax`.
    public func argmax(axis: Int, keepAxis: Bool = false) -> Tensor<Int64> {
        detached().found(largest: true, name: "argmax", axis: axis, keepAxis: keepAxis).indices
    }

    /// The places of the smallest elements along an axis; the first of several. Stops for an axis of size 0.
    ///
    /// Source: `torch.argmin`.
    public func argmin(axis: Int, keepAxis: Bool = false) -> Tensor<Int64> {
        detached().found(largest: false, name: "argmin", axis: axis, keepAxis: keepAxis).indices
    }

    /// The place of the largest element in row-major order; the first of several. Stops for an empty tensor.
    ///
    /// Source: `torch.argmax`.
    public func argmax() -> Tensor<Int64> {
        detached().extrema(largest: true, name: "argmax", layout.reduction(over: []), all: true).indices
            .reshaped(to: [])
    }

    /// The place of the smallest element in row-major order; the first of several. Stops for an empty tensor.
    ///
    /// Source: `torch.argmin`.
    public func argmin() -> Tensor<Int64> {
        detached().extrema(largest: false, name: "argmin", layout.reduction(over: []), all: true).indices
            .reshaped(to: [])
    }

    /// The extreme elements, where all that are equal to one share its gradient.
    private func shared(largest: Bool, name: String, backward: OperationName, axes: [Int], keepAxis: Bool) -> Tensor {
        let plan = layout.reduction(over: axes)
        var result = extrema(largest: largest, name: name, plan, all: axes.isEmpty, wantsIndices: false).values
        result.node = record { input in
            // NaN is found where there is one, and equals nothing.
            let input = input.detached()
            let found = (input .== result).replacing(with: input .!= input, where: result .!= result)
            return ShareRecord(found: found, axes: plan.axes)
        }
        if !keepAxis { result = result.reshaped(to: plan.shape(keepAxis: false)) }
        return result.named(backward)
    }

    /// The extreme elements along one axis with their places.
    private func found(
        largest: Bool, name: String, axis: Int, keepAxis: Bool
    ) -> (values: Tensor, indices: Tensor<Int64>) {
        let plan = layout.reduction(over: [axis])
        var (values, indices) = extrema(largest: largest, name: name, plan, all: false)
        values.node = record { GatherRecord(shape: $0.shape, axis: plan.axes.first ?? 0, indices: indices) }
        if !keepAxis {
            let shape = plan.shape(keepAxis: false)
            (values, indices) = (values.reshaped(to: shape), indices.reshaped(to: shape))
        }
        return (values.named(largest ? .maxAlongAxis : .minAlongAxis), indices)
    }

    /// What a reduction finds and, where that is wanted, at which places, with reduced axes kept; not recorded.
    private func extrema(
        largest: Bool, name: String, _ plan: ReductionPlan, all: Bool, wantsIndices: Bool = true
    ) -> (values: Tensor, indices: Tensor<Int64>) {
        if all, count == 0 {
            fatalError(
                "\(name)(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the "
                    + "'axis' argument.")
        }
        if let empty = plan.axes.first(where: { shape[$0] == 0 }) {
            fatalError("\(name)(): Expected reduction dim \(empty) to have non-zero size.")
        }
        let rows = self.rows(of: plan)
        let values = Tensor(uninitialized: plan.keptShape)
        let indices = Tensor<Int64>(uninitialized: wantsIndices ? plan.keptShape : [0])
        withExtendedLifetime(rows.storage) {
            if !wantsIndices, let type = Scalar.dtype.kernelType {
                lk_extreme_rows(type, largest, values.count, plan.columns, rows.pointer, values.storage.pointer)
            } else {
                lk_extremum_rows(
                    Scalar.dtype.element, largest, values.count, plan.columns, rows.pointer, values.storage.pointer,
                    wantsIndices ? indices.storage.pointer : nil)
            }
        }
        return (values, indices)
    }
}

extension DType {
    /// The kernels' name for a type that vector kernels work on.
    fileprivate var kernelType: LKType? {
        switch self {
        case .float32: .float32
        case .float64: .float64
        default: nil
        }
    }
}

extension Tensor {
    /// The tensor with one axis moved behind the others.
    func movingToEnd(_ axis: Int) -> Tensor { permuted(shape.indices.filter { $0 != axis } + [axis]) }

    /// The tensor with its last axis moved to where `axis` is; undoes `movingToEnd`.
    func movingFromEnd(_ axis: Int) -> Tensor {
        var axes = Array(shape.indices.dropLast())
        axes.insert(rank - 1, at: axis)
        return permuted(axes)
    }
}

/// Elements of which all that were found share one gradient.
struct ShareRecord: ViewRecord {
    let found: Tensor<Bool>
    let axes: [Int]
    static var savesTensors: Bool { true }
    func undo<Scalar: FloatingScalar>(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        let shares = Tensor<Scalar>(converting: found)
        return gradient / shares.sum(axes: axes, keepAxis: true) * shares
    }
}
