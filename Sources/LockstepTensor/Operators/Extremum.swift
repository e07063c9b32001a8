import CLockstepKernels

extension Tensor where Scalar: FloatingScalar {
    /// The largest element, a scalar; NaN where there is one.
    ///
    /// Gradient: g, shared equally by the elements that are largest. Stops for an empty tensor.
    ///
    /// Source: `torch.max`.
    public func max() -> Tensor { extremum(largest: true, name: "max") }

    /// The smallest element, a scalar; NaN where there is one.
    ///
    /// Gradient: g, shared equally by the elements that are smallest. Stops for an empty tensor.
    ///
    /// Source: `torch.min`.
    public func min() -> Tensor { extremum(largest: false, name: "min") }

    /// The largest elements along an axis and the places where they are first found; NaN counts as largest.
    ///
    /// Gradient: g for the element found, 0 for the others. Stops for an axis of size 0.
    ///
    /// Source: `torch.max`.
    public func max(axis: Int, keepAxis: Bool = false) -> (values: Tensor, indices: Tensor<Int64>) {
        extrema(largest: true, name: "max", axis: axis, keepAxis: keepAxis)
    }

    /// The smallest elements along an axis and the places where they are first found; NaN counts as smallest.
    ///
    /// Gradient: g for the element found, 0 for the others. Stops for an axis of size 0.
    ///
    /// Source: `torch.min`.
    public func min(axis: Int, keepAxis: Bool = false) -> (values: Tensor, indices: Tensor<Int64>) {
        extrema(largest: false, name: "min", axis: axis, keepAxis: keepAxis)
    }

    /// The places of the largest elements along an axis; the first of several. Stops for an axis of size 0.
    ///
    /// Source: `torch.argmax`.
    public func argmax(axis: Int, keepAxis: Bool = false) -> Tensor<Int64> {
        detached().extrema(largest: true, name: "argmax", axis: axis, keepAxis: keepAxis).indices
    }

    /// The places of the smallest elements along an axis; the first of several. Stops for an axis of size 0.
    ///
    /// Source: `torch.argmin`.
    public func argmin(axis: Int, keepAxis: Bool = false) -> Tensor<Int64> {
        detached().extrema(largest: false, name: "argmin", axis: axis, keepAxis: keepAxis).indices
    }

    /// The place of the largest element in row-major order; the first of several. Stops for an empty tensor.
    ///
    /// Source: `torch.argmax`.
    public func argmax() -> Tensor<Int64> {
        detached().flattened().extrema(largest: true, name: "argmax", axis: 0, keepAxis: false).indices
    }

    /// The place of the smallest element in row-major order; the first of several. Stops for an empty tensor.
    ///
    /// Source: `torch.argmin`.
    public func argmin() -> Tensor<Int64> {
        detached().flattened().extrema(largest: false, name: "argmin", axis: 0, keepAxis: false).indices
    }

    private func extremum(largest: Bool, name: String) -> Tensor {
        if count == 0 {
            fatalError(
                "\(name)(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the "
                    + "'axis' argument.")
        }
        var result = detached().flattened().extrema(largest: largest, name: name, axis: 0, keepAxis: false).values
        if let node, records(node) { result.node = ExtremumNode(input: node, self, result) }
        return result
    }

    private func extrema(
        largest: Bool, name: String, axis: Int, keepAxis: Bool
    ) -> (values: Tensor, indices: Tensor<Int64>) {
        let place = layout.resolve(axis: axis)
        let size = rank == 0 ? 1 : shape[place]
        guard size > 0 else {
            fatalError("\(name)(): Expected reduction dim \(place) to have non-zero size.")
        }
        var kept = shape
        if rank > 0 { kept[place] = 1 }
        let rows = (rank == 0 ? detached() : detached().movingToEnd(place)).contiguous()
        var values = Tensor(uninitialized: kept)
        var indices = Tensor<Int64>(uninitialized: kept)
        withExtendedLifetime(rows.storage) {
            lk_extremum_rows(
                Scalar.kernelType, largest, values.count, size, rows.pointer, size, values.storage.pointer,
                indices.storage.pointer)
        }
        if let node, records(node) {
            values.node = PickNode<Scalar>(input: node, indices: indices, axis: place, shape: shape)
        }
        if !keepAxis {
            values = values.squeezed(axis: place)
            indices = indices.squeezed(axis: place)
        }
        return (values, indices)
    }

    /// The tensor with one axis moved behind the others.
    func movingToEnd(_ axis: Int) -> Tensor { permuted(shape.indices.filter { $0 != axis } + [axis]) }

    /// The tensor with its last axis moved to where `axis` is; undoes `movingToEnd`.
    func movingFromEnd(_ axis: Int) -> Tensor {
        var axes = Array(shape.indices.dropLast())
        axes.insert(rank - 1, at: axis)
        return permuted(axes)
    }
}

/// The largest or smallest of all elements.
final class ExtremumNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var values: (input: Tensor<Scalar>, result: Tensor<Scalar>)?

    init(input: Node, _ tensor: Tensor<Scalar>, _ result: Tensor<Scalar>) {
        values = (tensor.detached(), result)
        super.init(inputs: [input])
    }

    override func backward(_ gradient: Tensor<Scalar>) {
        let (input, result) = saved(values)
        let found = input .== result
        let share = gradient / Scalar(found.countTrue)
        send(Tensor.zerosLike(input).replacing(with: share, where: found), to: 0)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) { backward(gradient) }

    override func releaseSaved() { values = nil }
}

/// The element at one place along an axis, for each place along the others.
final class PickNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var indices: Tensor<Int64>?
    private let axis: Int
    private let shape: [Int]

    init(input: Node, indices: Tensor<Int64>, axis: Int, shape: [Int]) {
        self.indices = indices
        self.axis = axis
        self.shape = shape
        super.init(inputs: [input])
    }

    override func backward(_ gradient: Tensor<Scalar>) {
        if shape.isEmpty { return send(gradient, to: 0) }
        // The places along the axis, to be compared with those picked.
        var along = [Int](repeating: 1, count: shape.count)
        along[axis] = shape[axis]
        let places = Tensor<Int64>.arange(Int64(shape[axis])).reshaped(to: along)
        send(Tensor(0).replacing(with: gradient, where: saved(indices) .== places), to: 0)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) { backward(gradient) }

    override func releaseSaved() { indices = nil }
}
