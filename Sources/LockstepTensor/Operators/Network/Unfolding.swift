/// The windows of images as columns: [n, c, h, w] becomes [n, c · k · l, windows], or without n for one image.
///
/// What `conv2d` multiplies with its weight. Windows are in row-major order; zeros count where they reach into the padding. Gradient:
/// `fold`. Stops where there is no room for a window.
///
/// Source: `torch.nn.functional.unfold`.
public func unfold<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, kernel: Size2D, stride: Size2D = 1, padding: Size2D = 0, dilation: Size2D = 1
) -> Tensor<Scalar> {
    if input.rank == 3 {
        return unfold(input.unsqueezed(axis: 0), kernel: kernel, stride: stride, padding: padding, dilation: dilation)
            .squeezed(axis: 0)
    }
    guard input.rank == 4 else {
        fatalError("Expected 3D or 4D (batch mode) tensor for input of unfold, but got \(input.shape)")
    }
    let padded = input.padded([padding.width, padding.width, padding.height, padding.height])
    let rows = windowPlaces(padded.shape[2], kernel.height, stride.height, dilation.height)
    let columns = windowPlaces(padded.shape[3], kernel.width, stride.width, dilation.width)
    // [n, c, k · h′, l · w′], and then the window's places before those of windows.
    let picked = padded.selected(axis: 2, indices: rows.flattened()).selected(axis: 3, indices: columns.flattened())
    return picked.reshaped(to: [input.shape[0], input.shape[1]] + rows.shape + columns.shape)
        .permuted([0, 1, 2, 4, 3, 5])
        .reshaped(to: [
            input.shape[0], input.shape[1] * kernel.height * kernel.width, rows.shape[1] * columns.shape[1],
        ])
}

/// Columns put back as the windows of images, and added up where windows overlap: [n, c · k · l, windows] becomes [n, c, `size`], or
/// without n for one image.
///
/// Undoes `unfold` up to how often each pixel is in a window. Gradient: `unfold`. Stops where the shapes do not fit.
///
/// Source: `torch.nn.functional.fold`.
public func fold<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, size: Size2D, kernel: Size2D, stride: Size2D = 1, padding: Size2D = 0,
    dilation: Size2D = 1
) -> Tensor<Scalar> {
    if input.rank == 2 {
        return fold(
            input.unsqueezed(axis: 0), size: size, kernel: kernel, stride: stride, padding: padding, dilation: dilation
        ).squeezed(axis: 0)
    }
    let (height, width) = (size.height + 2 * padding.height, size.width + 2 * padding.width)
    let rows = windowPlaces(height, kernel.height, stride.height, dilation.height)
    let columns = windowPlaces(width, kernel.width, stride.width, dilation.width)
    let area = kernel.height * kernel.width
    guard input.rank == 3, input.shape[1] % area == 0, input.shape[2] == rows.shape[1] * columns.shape[1] else {
        fatalError(
            "Given output_size=\(size), kernel_size=\(kernel), stride=\(stride), padding=\(padding), dilation=\(dilation), expected "
                + "an input of size [n, c · \(area), \(rows.shape[1] * columns.shape[1])], but got \(input.shape)")
    }
    let (batch, channels) = (input.shape[0], input.shape[1] / area)
    // Along one axis after the other: first columns, then rows.
    let windows = input.reshaped(to: [
        batch, channels, kernel.height, kernel.width, rows.shape[1], columns.shape[1],
    ]).permuted([0, 1, 2, 4, 3, 5])
    let wide = Tensor.zeros([batch, channels, rows.count, width]).indexAdding(
        windows.reshaped(to: [batch, channels, rows.count, columns.count]), axis: 3, indices: columns.flattened())
    let high = Tensor.zeros([batch, channels, height, width]).indexAdding(wide, axis: 2, indices: rows.flattened())
    return high.padded([-padding.width, -padding.width, -padding.height, -padding.height])
}

/// Where the elements of each window lie along an axis: [kernel, windows].
private func windowPlaces(_ size: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) -> Tensor<Int64> {
    guard kernel > 0, stride > 0, dilation > 0 else {
        fatalError(
            "kernel size, stride and dilation should be greater than zero, got \(kernel), \(stride) and \(dilation)")
    }
    let room = size - dilation * (kernel - 1) - 1
    guard room >= 0 else {
        fatalError(
            "a window of \(kernel) elements, \(dilation) apart, does not fit an axis of size \(size), padding included")
    }
    return Tensor<Int64>.arange(Int64(kernel)).unsqueezed(axis: 1) * Int64(dilation)
        + Tensor<Int64>.arange(Int64(room / stride + 1)) * Int64(stride)
}
