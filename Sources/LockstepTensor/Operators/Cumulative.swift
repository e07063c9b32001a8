import CLockstepKernels

extension Tensor where Scalar: FloatingScalar {
    /// The product of all elements, a scalar; 1 for an empty tensor.
    ///
    /// Gradient: g times the product of the other elements, for each element; zeros do no harm.
    ///
    /// Source: `torch.prod`.
    public func prod() -> Tensor { product(axes: [], keepAxis: false) }

    /// The products along one axis, which is dropped, or kept with size 1.
    ///
    /// Gradient: g times the product of the other elements, for each element; zeros do no harm.
    ///
    /// Source: `torch.prod`.
    public func prod(axis: Int, keepAxis: Bool = false) -> Tensor { product(axes: [axis], keepAxis: keepAxis) }

    /// yᵢ = x₀ + … + xᵢ along an axis, added up in double precision. Gradient: gᵢ + … + gₙ₋₁.
    ///
    /// Source: `torch.cumsum`.
    public func cumsum(axis: Int) -> Tensor { runningSum(axis: axis, reversed: false) }

    /// yᵢ = x₀ ⋯ xᵢ along an axis, multiplied in double precision.
    ///
    /// Gradient: Σₖ gₖ times the product of the other factors of yₖ, over k ≥ i; zeros do no harm.
    ///
    /// Source: `torch.cumprod`.
    public func cumprod(axis: Int) -> Tensor {
        var result = scanned(Scalar.scannedType, product: true, axis: axis)
        if let node, records(node) {
            let place = layout.resolve(axis: axis)
            result.node = RunningProductNode(input: node, detached(), result, axis: place)
        }
        return result
    }

    /// A running sum from the first element on, or from the last.
    fileprivate func runningSum(axis: Int, reversed: Bool) -> Tensor {
        var result = scanned(Scalar.scannedType, product: false, reversed: reversed, axis: axis)
        if let node, records(node) {
            result.node = RunningSumNode<Scalar>(input: node, axis: axis, reversed: reversed)
        }
        return result
    }

    private func product(axes: [Int], keepAxis: Bool) -> Tensor {
        let plan = layout.reduction(over: axes)
        var result = folded(Scalar.scannedType, product: true, plan, keepAxis: keepAxis)
        if let node, records(node) { result.node = ProdNode(input: node, detached(), plan) }
        return result
    }
}

extension FloatingScalar {
    fileprivate static var scannedType: LKScanned { dtype == .float64 ? .float64 : .float32 }
}

extension Tensor {
    /// The sums or products that a reduction makes, where the elements are what `type` says; not recorded.
    func folded(_ type: LKScanned, product: Bool, _ plan: ReductionPlan, keepAxis: Bool) -> Tensor {
        let result = Tensor(uninitialized: plan.shape(keepAxis: keepAxis))
        let rows = self.rows(of: plan)
        withExtendedLifetime(rows.storage) {
            lk_fold_rows(type, product, result.count, plan.columns, rows.pointer, result.storage.pointer)
        }
        return result
    }

    /// The running sums or products along an axis, where the elements are what `type` says; not recorded.
    func scanned(_ type: LKScanned, product: Bool, reversed: Bool = false, axis: Int) -> Tensor {
        rowByRow(axis: axis) { rows, columns, input, output in
            lk_scan_rows(type, product, reversed, rows, columns, input, output)
        }
    }

    /// The tensor made by a function of the rows along an axis, each without gaps; not recorded.
    func rowByRow(
        axis: Int,
        _ body: (_ rows: Int, _ columns: Int, _ input: UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>) -> Void
    ) -> Tensor {
        let place = layout.resolve(axis: axis)
        let rows = (rank == 0 ? detached() : detached().movingToEnd(place)).contiguous()
        let result = Tensor(uninitialized: rows.shape)
        let columns = rank == 0 ? 1 : shape[place]
        withExtendedLifetime(rows.storage) {
            body(columns == 0 ? 0 : count / columns, columns, rows.pointer, result.storage.pointer)
        }
        return rank == 0 ? result : result.movingFromEnd(place)
    }
}

final class RunningSumNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private let axis: Int
    private let reversed: Bool

    init(input: Node, axis: Int, reversed: Bool) {
        self.axis = axis
        self.reversed = reversed
        super.init(inputs: [input])
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        send(gradient.runningSum(axis: axis, reversed: !reversed), to: 0)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) { backward(gradient) }
}

final class RunningProductNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var values: (input: Tensor<Scalar>, result: Tensor<Scalar>)?
    private let axis: Int

    init(input: Node, _ tensor: Tensor<Scalar>, _ result: Tensor<Scalar>, axis: Int) {
        values = (tensor, result)
        self.axis = axis
        super.init(inputs: [input])
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let (input, result) = saved(values)
        func rows(_ tensor: Tensor<Scalar>) -> Tensor<Scalar> {
            (tensor.rank == 0 ? tensor : tensor.movingToEnd(axis)).contiguous()
        }
        let (products, incoming) = (rows(result), rows(gradient))
        let part = input.rowByRow(axis: axis) { rows, columns, elements, output in
            withExtendedLifetime((products.storage, incoming.storage)) {
                lk_running_product_gradient(
                    Scalar.kernelType, rows, columns, elements, products.pointer, incoming.pointer, output)
            }
        }
        send(part, to: 0)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let input = asInput(0, saved(values).input)
        // A scalar's product is itself.
        guard input.rank > 0, input.count > 0 else { return send(gradient, to: 0) }
        let (factors, incoming) = (input.movingToEnd(axis), gradient.movingToEnd(axis))
        let size = factors.shape[factors.rank - 1]
        /// The sum over k ≥ i of gₖ times the factors between i and k, from the last i to the first.
        var sums = [incoming[.ellipsis, size - 1]]
        for place in (0..<(size - 1)).reversed() {
            sums.append(incoming[.ellipsis, place] + factors[.ellipsis, place + 1] * sums[sums.count - 1])
        }
        let before = concatenated(
            [.onesLike(factors[.ellipsis, 0..<1]), factors[.ellipsis, 0..<(size - 1)]], axis: -1
        ).cumprod(axis: -1)
        send((before * stacked(sums.reversed(), axis: -1)).movingFromEnd(axis), to: 0)
    }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { values = nil }
}

final class ProdNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var input: Tensor<Scalar>?
    private let plan: ReductionPlan

    init(input: Node, _ tensor: Tensor<Scalar>, _ plan: ReductionPlan) {
        self.input = tensor
        self.plan = plan
        super.init(inputs: [input])
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let rows = saved(input).rows(of: plan)
        let incoming = gradient.contiguous()
        let part = Tensor<Scalar>(uninitialized: rows.shape)
        withExtendedLifetime((rows.storage, incoming.storage)) {
            lk_product_gradient(
                Scalar.kernelType, incoming.count, plan.columns, rows.pointer, incoming.pointer, part.storage.pointer)
        }
        send(PermuteRecord(axes: plan.kept + plan.axes).undo(part), to: 0)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        if plan.columns == 0 { return backward(gradient) }
        let moved = asInput(0, saved(input)).permuted(plan.kept + plan.axes)
        let rows = moved.reshaped(to: [gradient.count, plan.columns])
        /// The products of the elements before each.
        func before(_ rows: Tensor<Scalar>) -> Tensor<Scalar> {
            let last = rows.narrowed(axis: 1, start: 0, count: plan.columns - 1)
            return concatenated([.ones([gradient.count, 1]), last], axis: 1).cumprod(axis: 1)
        }
        let others = before(rows) * before(rows.flipped(axes: [1])).flipped(axes: [1])
        let part = (gradient.reshaped(to: [gradient.count, 1]) * others).reshaped(to: moved.shape)
        send(PermuteRecord(axes: plan.kept + plan.axes).undo(part), to: 0)
    }

    override var operationName: String { plan.kept.isEmpty ? "ProdBackward0" : "ProdBackward1" }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { input = nil }
}
