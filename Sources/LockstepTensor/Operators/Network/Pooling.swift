import CLockstepKernels

/// The largest element of each window of an image, and its place in the image.
///
/// `input` is [n, c, h, w] or [c, h, w]; the results [n, c, h', w'] or [c, h', w'] with h' = ⌊(h + 2p − d(k − 1) − 1) / s⌋ + 1, or ⌈…⌉
/// with `ceil`. The stride is the kernel's size unless given. Padding counts as −∞. A place is i·w + j; the first of equal
/// elements is taken, NaN is the largest.
///
/// Gradient: g for the element taken. Stops where windows do not fit, with PyTorch's message.
///
/// Source: `torch.nn.functional.max_pool2d` with `return_indices`.
public func maxPool2dWithIndices<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, kernel: Size2D, stride: Size2D? = nil, padding: Size2D = 0, dilation: Size2D = 1,
    ceil: Bool = false
) -> (values: Tensor<Scalar>, indices: Tensor<Int64>) {
    checkImages(input, "max_pool2d")
    let stride = stride ?? kernel
    let (height, width) = (input.shape[input.rank - 2], input.shape[input.rank - 1])
    return maxPool(
        input,
        PoolingWindows(
            size: height, kernel: kernel.height, stride: stride.height, padding: padding.height,
            dilation: dilation.height, ceil: ceil),
        PoolingWindows(
            size: width, kernel: kernel.width, stride: stride.width, padding: padding.width, dilation: dilation.width,
            ceil: ceil))
}

/// The largest element of each window of an image; `maxPool2dWithIndices` without the places.
///
/// Source: `torch.nn.functional.max_pool2d`.
@_specialize(where Scalar == Float)
public func maxPool2d<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, kernel: Size2D, stride: Size2D? = nil, padding: Size2D = 0, dilation: Size2D = 1,
    ceil: Bool = false
) -> Tensor<Scalar> {
    maxPool2dWithIndices(
        input, kernel: kernel, stride: stride, padding: padding, dilation: dilation, ceil: ceil
    ).values
}

/// The largest element of each window of a signal, and its place: `maxPool2dWithIndices` along one axis.
///
/// `input` is [n, c, l] or [c, l]. Source: `torch.nn.functional.max_pool1d` with `return_indices`.
public func maxPool1dWithIndices<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, kernel: Int, stride: Int? = nil, padding: Int = 0, dilation: Int = 1, ceil: Bool = false
) -> (values: Tensor<Scalar>, indices: Tensor<Int64>) {
    checkSignals(input, "max_pool1d")
    let (values, indices) = maxPool(
        input.unsqueezed(axis: -2), PoolingWindows(size: 1, adaptedTo: 1),
        PoolingWindows(
            size: input.shape[input.rank - 1], kernel: kernel, stride: stride ?? kernel, padding: padding,
            dilation: dilation, ceil: ceil))
    return (values.squeezed(axis: -2), indices.squeezed(axis: -2))
}

/// The largest element of each window of a signal. Source: `torch.nn.functional.max_pool1d`.
public func maxPool1d<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, kernel: Int, stride: Int? = nil, padding: Int = 0, dilation: Int = 1, ceil: Bool = false
) -> Tensor<Scalar> {
    maxPool1dWithIndices(
        input, kernel: kernel, stride: stride, padding: padding, dilation: dilation, ceil: ceil
    ).values
}

/// The largest elements of as many windows as make an output of the given size; nil keeps the input's.
///
/// Window i covers ⌊i·h / h'⌋ ..< ⌈(i + 1)·h / h'⌉. Gradient: g for the element taken.
///
/// Source: `torch.nn.functional.adaptive_max_pool2d`.
public func adaptiveMaxPool2d<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, height: Int?, width: Int?
) -> Tensor<Scalar> {
    checkImages(input, "adaptive_max_pool2d")
    let (rows, columns) = (input.shape[input.rank - 2], input.shape[input.rank - 1])
    return maxPool(
        input, PoolingWindows(size: rows, adaptedTo: height ?? rows),
        PoolingWindows(size: columns, adaptedTo: width ?? columns)
    ).values
}

/// The mean of each window of an image.
///
/// `input` is [n, c, h, w] or [c, h, w]; the result [n, c, h', w'] or [c, h', w'], sizes as those of `maxPool2d`. The stride is the
/// kernel's size unless given. Padding counts as zeros, and is not counted in the divisor unless `countsPadding`, the default;
/// `divisor` replaces the size of every window.
///
/// Gradient: g over the divisor, for every element of the window. Stops where windows do not fit, with PyTorch's message.
///
/// Source: `torch.nn.functional.avg_pool2d`.
public func avgPool2d<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, kernel: Size2D, stride: Size2D? = nil, padding: Size2D = 0, ceil: Bool = false,
    countsPadding: Bool = true, divisor: Int? = nil
) -> Tensor<Scalar> {
    checkImages(input, "avg_pool2d")
    if divisor == 0 { fatalError("divisor must be not zero") }
    let stride = stride ?? kernel
    var rows = PoolingWindows(
        size: input.shape[input.rank - 2], kernel: kernel.height, stride: stride.height, padding: padding.height,
        ceil: ceil, countsPadding: countsPadding)
    var columns = PoolingWindows(
        size: input.shape[input.rank - 1], kernel: kernel.width, stride: stride.width, padding: padding.width,
        ceil: ceil, countsPadding: countsPadding)
    if let divisor { (rows, columns) = (rows.dividing(by: Double(divisor)), columns.dividing(by: 1)) }
    return meanPool(input, rows, columns)
}

/// The mean of each window of a signal: `avgPool2d` along one axis.
///
/// `input` is [n, c, l] or [c, l]. Source: `torch.nn.functional.avg_pool1d`.
public func avgPool1d<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, kernel: Int, stride: Int? = nil, padding: Int = 0, ceil: Bool = false,
    countsPadding: Bool = true
) -> Tensor<Scalar> {
    checkSignals(input, "avg_pool1d")
    return meanPool(
        input.unsqueezed(axis: -2), PoolingWindows(size: 1, adaptedTo: 1),
        PoolingWindows(
            size: input.shape[input.rank - 1], kernel: kernel, stride: stride ?? kernel, padding: padding, ceil: ceil,
            countsPadding: countsPadding)
    ).squeezed(axis: -2)
}

/// The means of as many windows as make an output of the given size; nil keeps the input's.
///
/// Window i covers ⌊i·h / h'⌋ ..< ⌈(i + 1)·h / h'⌉. Gradient: g over the window's size, for every element of the window.
///
/// Source: `torch.nn.functional.adaptive_avg_pool2d`.
public func adaptiveAvgPool2d<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, height: Int?, width: Int?
) -> Tensor<Scalar> {
    checkImages(input, "adaptive_avg_pool2d")
    let (rows, columns) = (input.shape[input.rank - 2], input.shape[input.rank - 1])
    return meanPool(
        input, PoolingWindows(size: rows, adaptedTo: height ?? rows),
        PoolingWindows(size: columns, adaptedTo: width ?? columns))
}

private func checkImages<Scalar>(_ input: Tensor<Scalar>, _ name: String) {
    guard input.rank == 3 || input.rank == 4 else {
        fatalError("\(name): Expected 3D or 4D (batch mode) tensor, but got: \(input.shape)")
    }
}

private func checkSignals<Scalar>(_ input: Tensor<Scalar>, _ name: String) {
    guard input.rank == 2 || input.rank == 3 else {
        fatalError("\(name): Expected 2D or 3D (batch mode) tensor, but got: \(input.shape)")
    }
}

private func maxPool<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ rows: PoolingWindows, _ columns: PoolingWindows
) -> (values: Tensor<Scalar>, indices: Tensor<Int64>) {
    let dense = input.contiguous()
    let planes = input.shape.dropLast(2).reduce(1, *)
    let shape: [Int] = input.shape.dropLast(2) + [rows.count, columns.count]
    var values = Tensor<Scalar>(uninitialized: shape)
    let indices = Tensor<Int64>(uninitialized: shape)
    withExtendedLifetime(dense.storage) {
        rows.withKernelAxis { rows in
            columns.withKernelAxis { columns in
                lk_max_pool(
                    Scalar.kernelType, planes, rows, columns, dense.pointer, values.storage.pointer,
                    indices.storage.pointer)
            }
        }
    }
    if let node = dense.node, records(node) {
        values.node = MaxPoolNode<Scalar>(input: node, indices, shape: input.shape)
    }
    return (values, indices)
}

private func meanPool<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ rows: PoolingWindows, _ columns: PoolingWindows
) -> Tensor<Scalar> {
    let dense = input.contiguous()
    var result = Tensor<Scalar>(uninitialized: input.shape.dropLast(2) + [rows.count, columns.count])
    let planes = input.shape.dropLast(2).reduce(1, *)
    withExtendedLifetime(dense.storage) {
        rows.withKernelAxis { rows in
            columns.withKernelAxis { columns in
                lk_mean_pool(Scalar.kernelType, planes, rows, columns, dense.pointer, result.storage.pointer)
            }
        }
    }
    if let node = dense.node, records(node) { result.node = MeanPoolNode<Scalar>(input: node, rows, columns) }
    return result
}

/// The gradient of a mean pool's input from that of its result: each mean, divided, in all places of its window.
private func spreadMeans<Scalar: FloatingScalar>(
    _ means: Tensor<Scalar>, _ rows: PoolingWindows, _ columns: PoolingWindows
) -> Tensor<Scalar> {
    let dense = means.contiguous()
    var result = Tensor<Scalar>.zeros(means.shape.dropLast(2) + [rows.size, columns.size])
    let planes = means.shape.dropLast(2).reduce(1, *)
    withExtendedLifetime(dense.storage) {
        rows.withKernelAxis { rows in
            columns.withKernelAxis { columns in
                lk_mean_pool_gradient(Scalar.kernelType, planes, rows, columns, dense.pointer, result.storage.pointer)
            }
        }
    }
    if let node = dense.node, records(node) { result.node = MeanSpreadNode<Scalar>(input: node, rows, columns) }
    return result
}

final class MaxPoolNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var indices: Tensor<Int64>?
    private let shape: [Int]

    init(input: Node, _ indices: Tensor<Int64>, shape: [Int]) {
        self.indices = indices
        self.shape = shape
        super.init(inputs: [input])
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let indices = saved(indices)
        let dense = gradient.contiguous()
        let part = Tensor<Scalar>(uninitialized: shape)
        withExtendedLifetime((dense.storage, indices.storage)) {
            lk_scatter_planes(
                Scalar.kernelType, shape.dropLast(2).reduce(1, *), shape.suffix(2).reduce(1, *),
                indices.shape.suffix(2).reduce(1, *), dense.pointer, indices.pointer, part.storage.pointer)
        }
        send(part, to: 0)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let places = saved(indices).flattened(from: -2)
        let part = Tensor.zeros(shape).flattened(from: -2)
            .scatterAdding(gradient.flattened(from: -2), axis: -1, indices: places)
        send(part.reshaped(to: shape), to: 0)
    }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { indices = nil }
}

final class MeanPoolNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private let rows: PoolingWindows
    private let columns: PoolingWindows

    init(input: Node, _ rows: PoolingWindows, _ columns: PoolingWindows) {
        (self.rows, self.columns) = (rows, columns)
        super.init(inputs: [input])
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) { send(spreadMeans(gradient, rows, columns), to: 0) }
    override func recordedBackward(_ gradient: Tensor<Scalar>) { backward(gradient) }
}

/// What a mean pool's backward does, whose own backward is the pool.
final class MeanSpreadNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private let rows: PoolingWindows
    private let columns: PoolingWindows

    init(input: Node, _ rows: PoolingWindows, _ columns: PoolingWindows) {
        (self.rows, self.columns) = (rows, columns)
        super.init(inputs: [input])
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) { send(meanPool(gradient, rows, columns), to: 0) }
    override func recordedBackward(_ gradient: Tensor<Scalar>) { backward(gradient) }
    override var operationName: String { "AvgPool2DBackwardBackward0" }
}
