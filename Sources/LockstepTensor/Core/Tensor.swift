/// A multi-dimensional array of one element type, with value semantics.
///
/// Copying a tensor is free: copies share memory until one of them is changed. Views (`reshaped`, `transposed`, slices) are
/// free for the same reason. The element type is part of the type, so adding a `Tensor<Float>` to a `Tensor<Int64>` does not
/// compile.
public struct Tensor<Scalar: TensorScalar>: Sendable {
    package var storage: Storage<Scalar>
    package var layout: Layout
    /// What made the tensor, where backward is to go through it; nil for a constant.
    package var node: Node?

    package init(storage: Storage<Scalar>, layout: Layout, node: Node? = nil) {
        self.storage = storage
        self.layout = layout
        self.node = node
    }

    /// Memory for a tensor of the given shape, with whatever was there before.
    package init(uninitialized shape: [Int]) {
        let layout = Layout(contiguous: shape)
        self.init(storage: Storage(uninitialized: layout.count), layout: layout)
    }

    /// Memory for a tensor of the shape of `layout`, with whatever was there before.
    init(uninitializedLike layout: Layout) {
        let dense = layout.isContiguous && layout.offset == 0 ? layout : Layout(contiguous: layout.shape)
        self.init(storage: Storage(uninitialized: layout.count), layout: dense)
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

    /// A tensor of one axis with the given elements.
    public init(_ elements: some Collection<Scalar>) { self.init(elements, shape: [elements.count]) }

    /// A scalar: a tensor without axes.
    public init(_ element: Scalar) {
        self.init(uninitialized: [])
        storage.pointer.pointee = element
    }

    /// A tensor whose elements `initialize` writes, in row-major order, into memory that holds arbitrary values before.
    public init(shape: [Int], initializingWith initialize: (UnsafeMutableBufferPointer<Scalar>) throws -> Void) rethrows
    {
        self.init(uninitialized: shape)
        try initialize(UnsafeMutableBufferPointer(start: storage.pointer, count: storage.count))
    }

    /// The elements in row-major order.
    public var scalars: [Scalar] { withUnsafeElements { Array($0) } }

    /// Calls `body` with the elements in row-major order; they are copied first only where the tensor is a view with gaps.
    public func withUnsafeElements<R>(_ body: (UnsafeBufferPointer<Scalar>) throws -> R) rethrows -> R {
        let dense = contiguous()
        return try withExtendedLifetime(dense.storage) {
            try body(UnsafeBufferPointer(start: dense.pointer, count: dense.count))
        }
    }

    /// Calls `body` with the elements in row-major order, to be changed in place; they are copied first where they are shared.
    ///
    /// What `body` does cannot be recorded: a tensor that requires a gradient stops, outside of `noGrad`.
    public mutating func withUnsafeMutableElements<R>(
        _ body: (UnsafeMutableBufferPointer<Scalar>) throws -> R
    ) rethrows -> R {
        checkNotLeaf()
        if records(node) { fatalError("a tensor that requires grad can be written to inside of noGrad alone") }
        makeUnique()
        return try withExtendedLifetime(storage) {
            try body(UnsafeMutableBufferPointer(start: storage.pointer + layout.offset, count: count))
        }
    }

    /// The one element of a tensor.
    ///
    /// Stops where there is more than one, or none.
    ///
    /// Source: `torch.Tensor.item`.
    public func item() -> Scalar {
        guard count == 1 else { fatalError("a Tensor with \(count) elements cannot be converted to Scalar") }
        return withExtendedLifetime(storage) { pointer.pointee }
    }
}

extension Tensor {
    /// The first element. The storage must be kept alive while it is used.
    package var pointer: UnsafePointer<Scalar> { UnsafePointer(storage.pointer + layout.offset) }

    /// Makes this tensor the only holder of its memory, in row-major order, so that it can be written to.
    mutating func makeUnique() {
        if layout.isContiguous, isKnownUniquelyReferenced(&storage) { return }
        let node = node
        self = copied()
        self.node = node
    }
}
