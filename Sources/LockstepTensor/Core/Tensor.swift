/// A multi-dimensional array of one element type, with value semantics.
///
/// Copying a tensor is free: copies share memory until one of them is changed. Views (`reshaped`, `transposed`, slices) are
/// free for the same reason. The element type is part of the type, so adding a `Tensor<Float>` to a `Tensor<Int64>` does not
/// compile.
public struct Tensor<Scalar: TensorScalar>: Sendable {
    package var storage: Storage<Scalar>
    package var layout: Layout

    package init(storage: Storage<Scalar>, layout: Layout) {
        self.storage = storage
        self.layout = layout
    }

    /// Elements along each axis; empty for a scalar.
    public var shape: [Int] { layout.shape }
    /// The number of axes; 0 for a scalar.
    public var rank: Int { layout.shape.count }
    /// The number of elements.
    public var count: Int { layout.count }
    /// The element type's run-time name.
    public var dtype: DType { Scalar.dtype }
}

extension Tensor {
    /// A tensor with the given elements in row-major order.
    ///
    /// Stops when the number of elements is not the product of `shape`.
    public init(_ elements: some Collection<Scalar>, shape: [Int]) {
        guard elements.count == shape.reduce(1, *) else {
            fatalError("shape '\(shape)' is invalid for input of size \(elements.count)")
        }
        self.init(shape: shape) { buffer in _ = buffer.update(fromContentsOf: elements) }
    }

    /// A tensor whose elements `initialize` writes, in row-major order, into memory that holds arbitrary values before.
    public init(shape: [Int], initializingWith initialize: (UnsafeMutableBufferPointer<Scalar>) throws -> Void) rethrows
    {
        let storage = Storage<Scalar>(uninitialized: shape.reduce(1, *))
        try initialize(UnsafeMutableBufferPointer(start: storage.pointer, count: storage.count))
        self.init(storage: storage, layout: Layout(contiguous: shape))
    }

    /// The elements in row-major order.
    public var scalars: [Scalar] { withUnsafeElements { Array($0) } }

    /// Calls `body` with the elements in row-major order; they are copied first only where the tensor is a view with gaps.
    public func withUnsafeElements<R>(_ body: (UnsafeBufferPointer<Scalar>) throws -> R) rethrows -> R {
        let dense = contiguous()
        return try withExtendedLifetime(dense.storage) {
            try body(UnsafeBufferPointer(start: dense.storage.pointer + dense.layout.offset, count: dense.count))
        }
    }

    /// The same tensor with its elements in row-major order with no gaps: itself where they already are.
    public func contiguous() -> Tensor {
        if layout.isContiguous { return self }
        return Tensor(shape: shape) { buffer in
            guard !buffer.isEmpty else { return }
            var index = [Int](repeating: 0, count: rank)
            for place in buffer.indices {
                let at = zip(index, layout.strides).reduce(layout.offset) { $0 + $1.0 * $1.1 }
                buffer[place] = storage.pointer[at]
                for axis in shape.indices.reversed() {
                    index[axis] += 1
                    if index[axis] < shape[axis] { break }
                    index[axis] = 0
                }
            }
        }
    }
}
