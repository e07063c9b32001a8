/// Something that picks elements along one axis: an integer, which drops the axis, or a range, which keeps it.
///
/// Negative numbers count from the end, and ranges that reach beyond it are cut off, as in PyTorch.
public protocol TensorIndex: Sendable {
    /// Where the picked elements begin and how many there are, of `size`; no count for an integer.
    func resolve(size: Int, axis: Int) -> (start: Int, count: Int?)
}

extension Int: TensorIndex {
    /// The place itself; stops with PyTorch's message where it is out of range.
    public func resolve(size: Int, axis: Int) -> (start: Int, count: Int?) {
        guard self >= -size, self < size else {
            fatalError("index \(self) is out of bounds for dimension \(axis) with size \(size)")
        }
        return (self < 0 ? self + size : self, nil)
    }
}

extension Range<Int>: TensorIndex {
    /// The places from the lower bound up to the upper one.
    public func resolve(size: Int, axis: Int) -> (start: Int, count: Int?) {
        resolveRange(lowerBound, upperBound, size)
    }
}

extension ClosedRange<Int>: TensorIndex {
    /// The places from the lower bound through the upper one.
    public func resolve(size: Int, axis: Int) -> (start: Int, count: Int?) {
        resolveThrough(lowerBound, upperBound, size)
    }
}

extension PartialRangeFrom<Int>: TensorIndex {
    /// The places from the lower bound to the end.
    public func resolve(size: Int, axis: Int) -> (start: Int, count: Int?) { resolveRange(lowerBound, size, size) }
}

extension PartialRangeUpTo<Int>: TensorIndex {
    /// The places up to the bound.
    public func resolve(size: Int, axis: Int) -> (start: Int, count: Int?) { resolveRange(0, upperBound, size) }
}

extension PartialRangeThrough<Int>: TensorIndex {
    /// The places through the bound.
    public func resolve(size: Int, axis: Int) -> (start: Int, count: Int?) { resolveThrough(0, upperBound, size) }
}

/// All elements along an axis: `x[.all, 1]`, where Python writes `x[:, 1]`.
public struct AllIndices: TensorIndex {
    /// All elements along an axis.
    public init() {}
    /// The places from the first to the last.
    public func resolve(size: Int, axis: Int) -> (start: Int, count: Int?) { (0, size) }
}

extension TensorIndex where Self == AllIndices {
    /// All elements along an axis.
    public static var all: AllIndices { AllIndices() }
}

private func resolveThrough(_ lower: Int, _ last: Int, _ size: Int) -> (start: Int, count: Int?) {
    // The place after the last one from the end is the end, not the first.
    resolveRange(lower, last == -1 ? size : last + 1, size)
}

private func resolveRange(_ lower: Int, _ upper: Int, _ size: Int) -> (start: Int, count: Int?) {
    let start = Swift.min(Swift.max(lower < 0 ? lower + size : lower, 0), size)
    let end = Swift.min(Swift.max(upper < 0 ? upper + size : upper, start), size)
    return (start, end - start)
}

extension Tensor {
    /// The elements that the indices pick along the first axes: `x[0]`, `x[0..<2]`, `x[.all, -1]`, `x[1..., 0]`.
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
        set {
            checkNotLeaf()
            makeUnique()
            let region = layout.slice(indices)
            write(newValue.detached().expanded(to: region.shape), at: region)
            if records(node, newValue.node), let either = node ?? newValue.node {
                // `makeUnique` has put the elements in row-major order, which is that of the gradient.
                let place = Layout(contiguous: shape).slice(indices)
                node = either.assignmentNode(inputs: [node, newValue.node], region: place, valueShape: newValue.shape)
            }
        }
    }

    /// `count` elements along `axis` from `start` on, as a view. Gradient: g there, 0 elsewhere.
    ///
    /// Stops where the range reaches beyond the tensor.
    ///
    /// Source: `torch.narrow`.
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
}

/// A tensor with a part of it replaced.
final class AssignmentNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private let region: Layout
    private let valueShape: [Int]

    init(inputs: [Node?], region: Layout, valueShape: [Int]) {
        self.region = region
        self.valueShape = valueShape
        super.init(inputs: inputs)
    }

    override func backward(_ gradient: Tensor<Scalar>) {
        let dense = gradient.copied()
        send(Tensor(storage: dense.storage, layout: region).summed(to: valueShape).copied(), to: 1)
        var rest = dense
        rest.write(Tensor(0).expanded(to: region.shape), at: region)
        send(rest, to: 0)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        send(EmbedRecord(region: region).undo(gradient).summed(to: valueShape), to: 1)
        var replaced = Tensor<Bool>.zeros(gradient.shape)
        replaced.write(Tensor<Bool>(true).expanded(to: region.shape), at: region)
        send(gradient.replacing(with: 0, where: replaced), to: 0)
    }
}

extension Layout {
    fileprivate func slice(_ indices: [any TensorIndex]) -> Layout {
        guard indices.count <= shape.count else {
            fatalError("too many indices for tensor of dimension \(shape.count)")
        }
        var (shape, strides, offset) = ([Int](), [Int](), self.offset)
        for axis in self.shape.indices {
            guard axis < indices.count else {
                shape.append(self.shape[axis])
                strides.append(self.strides[axis])
                continue
            }
            let (start, count) = indices[axis].resolve(size: self.shape[axis], axis: axis)
            offset += start * self.strides[axis]
            if let count {
                shape.append(count)
                strides.append(self.strides[axis])
            }
        }
        return Layout(shape: shape, strides: strides, offset: offset)
    }

    fileprivate func narrowed(_ axis: Int, _ start: Int, _ count: Int) -> Layout {
        var shape = shape
        shape[axis] = count
        return Layout(shape: shape, strides: strides, offset: offset + start * strides[axis])
    }
}
