import CLockstepKernels

extension Tensor {
    /// The elements at places along an axis that `indices` names, one for each of its elements: for axis 0 of a matrix
    /// yᵢⱼ = x[indicesᵢⱼ, j].
    ///
    /// The result has the shape of `indices`, which must have as many axes as this tensor, none longer except `axis`. Gradient:
    /// added up where the elements came from.
    ///
    /// Stops where the shapes do not fit or an index is out of range; negative ones are.
    ///
    /// Source: `torch.gather`.
    public func gathered(axis: Int, indices: Tensor<Int64>) -> Tensor {
        let axis = layout.resolve(axis: axis)
        var result: Tensor
        if indices.count == 0 {
            result = Tensor(uninitialized: indices.shape)
        } else {
            checkIndexRank(indices, "input", shape)
            guard fits(indices, shape, except: axis) else {
                fatalError(
                    "Size does not match at dimension \(axis) expected index \(indices.shape) to be no larger than self "
                        + "\(shape) apart from dimension \(axis)")
            }
            indices.checkPlaces(size: rank == 0 ? 1 : shape[axis], axis: axis)
            result = gathered(axis, indices)
        }
        result.node = record { GatherRecord(shape: $0.shape, axis: axis, indices: indices) }
        return result
    }

    /// The elements at places along an axis, in the order in which `indices`, a vector, names them.
    ///
    /// Gradient: added up where the elements came from. Stops where an index is out of range; negative ones are.
    ///
    /// Source: `torch.index_select`.
    public func selected(axis: Int, indices: Tensor<Int64>) -> Tensor {
        guard indices.rank <= 1 else { fatalError("index_select(): Index is supposed to be a vector") }
        let axis = layout.resolve(axis: axis)
        if rank == 0 {
            guard indices.count == 1 else {
                fatalError("index_select(): Index to scalar can have only 1 value, got \(indices.count) value(s)")
            }
            return gathered(axis: 0, indices: indices.reshaped(to: []))
        }
        indices.checkPlaces(size: shape[axis], axis: axis, "index out of range in self: ")
        var (along, shape) = ([Int](repeating: 1, count: rank), shape)
        along[axis] = indices.count
        shape[axis] = indices.count
        let everywhere = indices.reshaped(to: along).expanded(to: shape)
        var result = gathered(axis, everywhere)
        result.node = record {
            GatherRecord(
                operationName: "IndexSelectBackward0", shape: $0.shape, axis: axis, indices: everywhere)
        }
        return result
    }

    /// This tensor with elements of `source` put where `indices` says along an axis: for axis 0 of a matrix
    /// y[indicesᵢⱼ, j] = sourceᵢⱼ. Of several for one place the last stays.
    ///
    /// `source` and this tensor have as many axes as `indices` and no shorter ones, except `axis` of this tensor. Gradients: 0
    /// where an element was put, g elsewhere; and g at the places, for `source`.
    ///
    /// Stops where the shapes do not fit or an index is out of range; negative ones are.
    ///
    /// Source: `torch.scatter`.
    public func scattering(_ source: Tensor, axis: Int, indices: Tensor<Int64>) -> Tensor {
        let axis = checkScatter(source, axis, indices)
        return scattering(source, axis: axis, indices: indices, adding: false)
    }

    /// The result of a gather whose indices are known to be right; not recorded.
    private func gathered(_ axis: Int, _ indices: Tensor<Int64>) -> Tensor {
        let result = Tensor(uninitialized: indices.shape)
        // A scalar has one axis here.
        let places = indices.rank == 0 ? indices.reshaped(to: [1]) : indices
        var moving = rank == 0 ? [1] : layout.strides
        let step = moving[axis]
        moving[axis] = 0
        let loops = LoopNest(
            shape: places.shape,
            strides: [moving, places.layout.strides, indices.rank == 0 ? [1] : result.layout.strides])
        withExtendedLifetime((storage, places.storage)) {
            loops.forEachPlane { offsets in
                lk_gather(
                    MemoryLayout<Scalar>.stride, loops.rows, loops.columns,
                    pointer + offsets[0], loops.rowStrides[0], loops.columnStrides[0], step,
                    places.pointer + offsets[1], loops.rowStrides[1], loops.columnStrides[1],
                    result.storage.pointer + offsets[2], loops.rowStrides[2], loops.columnStrides[2])
            }
        }
        return result
    }

    /// The result of a scatter whose indices are known to be right.
    fileprivate func scattering(_ source: Tensor, axis: Int, indices: Tensor<Int64>, adding: Bool) -> Tensor {
        if indices.count == 0 { return self }
        // A scalar has one axis here.
        let indices = indices.rank == 0 ? indices.reshaped(to: [1]) : indices
        let source = indices.shape.indices.reduce(source.rank == 0 ? source.reshaped(to: [1]) : source) {
            $0.narrowed(axis: $1, start: 0, count: indices.shape[$1])
        }
        var result = copied()
        var moving = rank == 0 ? [1] : result.layout.strides
        let step = moving[axis]
        moving[axis] = 0
        let loops = LoopNest(shape: indices.shape, strides: [source.layout.strides, indices.layout.strides, moving])
        withExtendedLifetime((source.storage, indices.storage)) {
            loops.forEachPlane { offsets in
                let (from, places) = (source.pointer + offsets[0], indices.pointer + offsets[1])
                let to = result.storage.pointer + offsets[2]
                if adding {
                    lk_scatter_add(
                        Scalar.dtype.element, loops.rows, loops.columns,
                        from, loops.rowStrides[0], loops.columnStrides[0],
                        places, loops.rowStrides[1], loops.columnStrides[1],
                        to, loops.rowStrides[2], loops.columnStrides[2], step)
                } else {
                    lk_scatter(
                        MemoryLayout<Scalar>.stride, loops.rows, loops.columns,
                        from, loops.rowStrides[0], loops.columnStrides[0],
                        places, loops.rowStrides[1], loops.columnStrides[1],
                        to, loops.rowStrides[2], loops.columnStrides[2], step)
                }
            }
        }
        result.node = Tensor.record([node, source.node]) {
            ScatterRecord(axis: axis, indices: indices, isAdding: adding)
        }
        return result
    }

    /// The axis along which elements are scattered; stops where something does not fit.
    fileprivate func checkScatter(_ source: Tensor, _ axis: Int, _ indices: Tensor<Int64>) -> Int {
        let axis = layout.resolve(axis: axis)
        if indices.count == 0 { return axis }
        checkIndexRank(indices, "self", shape)
        checkIndexRank(indices, "src", source.shape)
        guard fits(indices, shape, except: axis), fits(indices, source.shape, except: nil) else {
            fatalError(
                "Expected index \(indices.shape) to be no larger than self \(shape) apart from dimension \(axis) and to be no "
                    + "larger size than src \(source.shape)")
        }
        indices.checkPlaces(size: rank == 0 ? 1 : shape[axis], axis: axis)
        return axis
    }

    /// Stops where `indices` has another number of axes than an operand.
    private func checkIndexRank(_ indices: Tensor<Int64>, _ operand: String, _ shape: [Int]) {
        guard Swift.max(indices.rank, 1) == Swift.max(shape.count, 1) else {
            fatalError(
                "Index tensor must have the same number of dimensions as \(operand) tensor: got \(indices.shape) and \(shape)"
            )
        }
    }

    /// Whether `indices` is nowhere longer than an operand, except along `axis`.
    private func fits(_ indices: Tensor<Int64>, _ shape: [Int], except axis: Int?) -> Bool {
        zip(indices.shape, shape.isEmpty ? [1] : shape).enumerated().allSatisfy { place, sizes in
            place == axis || sizes.0 <= sizes.1
        }
    }
}

extension Tensor where Scalar: Numeric {
    /// This tensor with elements of `source` added where `indices` says along an axis: for axis 0 of a matrix
    /// y[indicesᵢⱼ, j] += sourceᵢⱼ.
    ///
    /// Added one after another in row-major order of `indices`, so the sums have the same bits every time. `source` and this
    /// tensor have as many axes as `indices` and no shorter ones, except `axis` of this tensor. Gradients: g; and g at the
    /// places, for `source`.
    ///
    /// Stops where the shapes do not fit or an index is out of range; negative ones are.
    ///
    /// Source: `torch.scatter_add`.
    public func scatterAdding(_ source: Tensor, axis: Int, indices: Tensor<Int64>) -> Tensor {
        let axis = checkScatter(source, axis, indices)
        return scattering(source, axis: axis, indices: indices, adding: true)
    }
}

extension Tensor<Int64> {
    /// Stops where an element is no place along an axis of `size`.
    func checkPlaces(size: Int, axis: Int, _ context: String = "") {
        withUnsafeElements { elements in
            // Negative numbers are large ones without their sign.
            guard let wrong = elements.first(where: { UInt64(bitPattern: $0) >= UInt64(size) }) else { return }
            fatalError("\(context)index \(wrong) is out of bounds for dimension \(axis) with size \(size)")
        }
    }
}

/// Elements picked along an axis by indices that have the shape of the result.
struct GatherRecord: ViewRecord {
    var operationName = "GatherBackward0"
    let shape: [Int]
    let axis: Int
    let indices: Tensor<Int64>
    static var savesTensors: Bool { true }
    func undo<Scalar: FloatingScalar>(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        Tensor.zeros(shape).scattering(gradient, axis: axis, indices: indices, adding: true)
    }
}

struct ScatterRecord: JoinRecord {
    let axis: Int
    let indices: Tensor<Int64>
    let isAdding: Bool
    var operationName: String { isAdding ? "ScatterAddBackward0" : "ScatterBackward0" }
    static var savesTensors: Bool { true }
    func undo<Scalar: FloatingScalar>(_ gradient: Tensor<Scalar>, for place: Int) -> Tensor<Scalar> {
        if place == 1 { return gradient.gathered(axis: axis, indices: indices) }
        if isAdding { return gradient }
        return gradient.scattering(.zeros(indices.shape), axis: axis, indices: indices, adding: false)
    }
}
