import CLockstepKernels

extension Tensor {
    /// The elements that the indices pick along the first axes: `x[0]`, `x[0..<2]`, `x[.all, -1]`, `x[1..., .slice(by: 2)]`.
    ///
    /// Reading makes a view. Gradient: g where an element was picked, 0 elsewhere. Assigning copies the new elements in,
    /// broadcast to the picked shape. Gradients: of the new elements g where they went, of this tensor g elsewhere; a leaf
    /// stops, outside of `noGrad`.
    ///
    /// Stops with PyTorch's message for too many indices and for an integer out of range.
    public subscript(_ indices: any TensorIndex...) -> Tensor {
        get {
            view(
                layout.slice(indices),
                record {
                    SliceRecord(
                        operationName: indices.last is Int ? "SelectBackward0" : "SliceBackward0", shape: $0.shape,
                        region: Layout(contiguous: $0.shape).slice(indices))
                })
        }
        set { put(newValue, at: indices) }
    }

    /// Sets the elements that the indices pick to the value of a literal: `x[.all, 0] = 0`.
    ///
    /// For assigning alone; what is read is a tensor.
    @_disfavoredOverload
    public subscript(_ indices: any TensorIndex...) -> ElementLiteral<Scalar> {
        @available(*, unavailable, message: "the elements picked are a tensor; item() gives the value of one")
        get { fatalError("not available") }
        set { put(Tensor(newValue.value), at: indices) }
    }

    private mutating func put(_ newValue: Tensor, at indices: [any TensorIndex]) {
        checkNotLeaf()
        let before = node
        makeUnique()
        let region = layout.slice(indices)
        let values = newValue.expanded(to: region.shape)
        write(values, at: region)
        let recorded = Tensor.record([before, values.node]) {
            PutRecord(region: Layout(contiguous: shape).slice(indices))
        }
        node = recorded ?? before
    }

    /// `count` elements along `axis` from `start` on, as a view. Gradient: g there, 0 elsewhere.
    ///
    /// Stops where the range reaches beyond the tensor.
    ///
    /// Source: `torch.narrow`.
    @_specialize(where Scalar == Float)
    public func narrowed(axis: Int, start: Int, count: Int) -> Tensor {
        guard rank > 0 else { fatalError("narrow() cannot be applied to a 0-dim tensor.") }
        let axis = layout.resolve(axis: axis)
        guard start >= -shape[axis], start <= shape[axis] else {
            fatalError(
                "start out of range (expected to be in range of [\(-shape[axis]), \(shape[axis])], but got \(start))")
        }
        let start = start < 0 ? start + shape[axis] : start
        guard count >= 0, start + count <= shape[axis] else {
            fatalError("start (\(start)) + length (\(count)) exceeds dimension size (\(shape[axis])).")
        }
        let layout = layout.narrowed(axis, start, count)
        return view(
            layout,
            record { SliceRecord(shape: $0.shape, region: Layout(contiguous: $0.shape).narrowed(axis, start, count)) })
    }

    /// The elements at one place along `axis`, which is dropped, as a view. Gradient: g there, 0 elsewhere.
    ///
    /// Stops where the place is out of range.
    ///
    /// Source: `torch.select`.
    @_specialize(where Scalar == Float)
    public func selected(axis: Int, index: Int) -> Tensor {
        guard rank > 0 else { fatalError("select() cannot be applied to a 0-dim tensor.") }
        let axis = layout.resolve(axis: axis)
        guard index >= -shape[axis], index < shape[axis] else {
            fatalError("select(): index \(index) out of range for tensor of size \(shape) at dimension \(axis)")
        }
        let place = index < 0 ? index + shape[axis] : index
        return view(
            layout.selected(axis, place),
            record {
                SliceRecord(
                    operationName: "SelectBackward0", shape: $0.shape,
                    region: Layout(contiguous: $0.shape).selected(axis, place))
            })
    }
}

extension Layout {
    fileprivate func slice(_ indices: [any TensorIndex]) -> Layout {
        let selections = indices.count { $0.role == .selection }
        guard selections == 0 || !shape.isEmpty else {
            fatalError("invalid index of a 0-dim tensor. Use `item()` to convert a 0-dim tensor to a number")
        }
        guard selections <= shape.count else {
            fatalError("too many indices for tensor of dimension \(shape.count)")
        }
        guard indices.count(where: { $0.role == .ellipsis }) <= 1 else {
            fatalError("an index can only have a single ellipsis ('...')")
        }
        var (shape, strides, offset, axis) = ([Int](), [Int](), self.offset, 0)
        func keep(_ axes: Int) {
            shape += self.shape[axis..<(axis + axes)]
            strides += self.strides[axis..<(axis + axes)]
            axis += axes
        }
        for index in indices {
            switch index.role {
            case .ellipsis: keep(self.shape.count - selections)
            case .newAxis:
                shape.append(1)
                strides.append(1)
            case .selection:
                switch index.resolve(size: self.shape[axis], axis: axis) {
                case .element(let place): offset += place * self.strides[axis]
                case .range(let start, let count, let step):
                    offset += start * self.strides[axis]
                    shape.append(count)
                    strides.append(self.strides[axis] * step)
                }
                axis += 1
            }
        }
        keep(self.shape.count - axis)
        return Layout(shape: shape, strides: strides, offset: offset)
    }

    fileprivate func narrowed(_ axis: Int, _ start: Int, _ count: Int) -> Layout {
        var shape = shape
        shape[axis] = count
        return Layout(shape: shape, strides: strides, offset: offset + start * strides[axis])
    }

    fileprivate func selected(_ axis: Int, _ place: Int) -> Layout {
        let others = shape.indices.filter { $0 != axis }
        return Layout(
            shape: others.map { shape[$0] }, strides: others.map { strides[$0] },
            offset: offset + place * strides[axis])
    }
}

/// Elements of one tensor put into a region of another.
struct PutRecord: JoinRecord {
    let region: Layout
    func undo<Scalar: FloatingScalar>(_ gradient: Tensor<Scalar>, for place: Int) -> Tensor<Scalar> {
        if place == 1 { return EmbedRecord(region: region).undo(gradient) }
        var rest = gradient.copied()
        rest.write(Tensor(0).expanded(to: region.shape), at: region)
        rest.node = Tensor<Scalar>.record([gradient.node]) { self }
        return rest
    }
}
