import CLockstepKernels

/// The windows of a pool along one axis.
struct PoolingWindows: Sendable {
    let size: Int
    private(set) var starts: [Int] = []
    private(set) var ends: [Int] = []
    private var divisors: [Double] = []
    private var step = 1

    var count: Int { starts.count }

    /// Windows of `kernel` elements, `dilation` apart, each `stride` after the one before.
    ///
    /// With `ceil` a last window that begins in the input or before it, but does not fit, counts too. A mean is divided by the
    /// window's size, imagined elements included where `countsPadding`.
    init(
        size: Int, kernel: Int, stride: Int, padding: Int, dilation: Int = 1, ceil: Bool, countsPadding: Bool = true
    ) {
        guard kernel > 0 else { fatalError("kernel size should be greater than zero, but got \(kernel)") }
        guard stride > 0 else { fatalError("stride should be greater than zero, but got \(stride)") }
        guard dilation > 0 else { fatalError("dilation should be greater than zero, but got dilation \(dilation)") }
        let reach = dilation * (kernel - 1) + 1
        guard padding >= 0, padding <= reach / 2 else {
            fatalError(
                "pad should be at most half of effective kernel size, but got pad=\(padding), kernel_size=\(kernel) and "
                    + "dilation=\(dilation)")
        }
        self.size = size
        step = dilation
        let room = size + 2 * padding - reach
        var count = room < 0 && !ceil ? 0 : (room + (ceil ? stride - 1 : 0)) / stride + 1
        if ceil, (count - 1) * stride >= size + padding { count -= 1 }
        guard count > 0 else {
            fatalError("Given input size: \(size). Calculated output size: \(count). Output size is too small")
        }
        for window in 0..<count {
            let start = window * stride - padding
            let end = start + reach
            // A dilated window takes its first element inside of the input.
            let first = start >= 0 ? start : start + (-start + dilation - 1) / dilation * dilation
            starts.append(first)
            ends.append(Swift.min(end, size))
            divisors.append(
                Double(countsPadding ? Swift.min(end, size + padding) - start : Swift.min(end, size) - first))
        }
    }

    /// `count` windows that cover the whole input, as equal in size as they can be: ⌊i·size / count⌋ ..< ⌈(i + 1)·size / count⌉.
    init(size: Int, adaptedTo count: Int) {
        guard count >= 0 else {
            fatalError("adaptive pooling: elements of output_size must be greater than or equal to 0")
        }
        self.size = size
        for window in 0..<count {
            starts.append(window * size / count)
            ends.append(((window + 1) * size + count - 1) / count)
            divisors.append(Double(ends[window] - starts[window]))
        }
    }

    /// The same windows, whose means are divided by `divisor` whatever their size.
    func dividing(by divisor: Double) -> PoolingWindows {
        var result = self
        result.divisors = divisors.map { _ in divisor }
        return result
    }

    /// Calls `body` with the windows as kernels take them.
    func withKernelAxis<R>(_ body: (UnsafePointer<LKPoolAxis>) -> R) -> R {
        starts.withUnsafeBufferPointer { starts in
            ends.withUnsafeBufferPointer { ends in
                divisors.withUnsafeBufferPointer { divisors in
                    var axis = LKPoolAxis(
                        size: size, count: count, starts: starts.baseAddress, ends: ends.baseAddress, step: step,
                        divisors: divisors.baseAddress)
                    return withUnsafePointer(to: &axis, body)
                }
            }
        }
    }
}
