/// The transposed convolution of signals with a set of filters: `convTranspose2d` along one axis.
///
/// `input` is [n, in, l], or [in, l] for one signal; `weight` is [in, out / groups, k], `bias` [out]; the result [n, out, l'].
///
/// Source: `torch.nn.functional.conv_transpose1d`.
public func convTranspose1d<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ weight: Tensor<Scalar>, _ bias: Tensor<Scalar>? = nil, stride: Int = 1, padding: Int = 0,
    outputPadding: Int = 0, groups: Int = 1, dilation: Int = 1
) -> Tensor<Scalar> {
    guard weight.rank == 3, input.rank == 2 || input.rank == 3 else {
        fatalError(
            "Expected 2D (unbatched) or 3D (batched) input to conv_transpose1d and a 3D weight, but got \(input.shape) and "
                + "\(weight.shape)")
    }
    return convTranspose2d(
        input.unsqueezed(axis: -2), weight.unsqueezed(axis: -2), bias, stride: Size2D(1, stride),
        padding: Size2D(0, padding), outputPadding: Size2D(0, outputPadding), groups: groups,
        dilation: Size2D(1, dilation)
    ).squeezed(axis: -2)
}

/// The convolution of volumes with a set of filters: a sum of `conv2d`, one for each layer of the filters.
///
/// `input` is [n, in, d, h, w], or [in, d, h, w] for one volume; `weight` is [out, in / groups, j, k, l], `bias` [out]; the result
/// [n, out, d', h', w'], sizes as those of `conv2d`. Gradients: those of the convolutions. Stops where the shapes do not fit.
///
/// Source: `torch.nn.functional.conv3d`.
public func conv3d<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ weight: Tensor<Scalar>, _ bias: Tensor<Scalar>? = nil, stride: Size3D = 1,
    padding: Size3D = 0, dilation: Size3D = 1, groups: Int = 1
) -> Tensor<Scalar> {
    guard weight.rank == 5, input.rank == 4 || input.rank == 5 else {
        fatalError(
            "Expected 4D (unbatched) or 5D (batched) input to conv3d and a 5D weight, but got \(input.shape) and \(weight.shape)"
        )
    }
    if input.rank == 4 {
        return conv3d(
            input.unsqueezed(axis: 0), weight, bias, stride: stride, padding: padding, dilation: dilation,
            groups: groups
        ).squeezed(axis: 0)
    }
    guard stride.depth > 0, dilation.depth > 0, padding.depth >= 0 else {
        fatalError("conv3d: stride and dilation must be positive and padding not negative")
    }
    let padded = input.padded([0, 0, 0, 0, padding.depth, padding.depth])
    let (batch, layers) = (input.shape[0], weight.shape[2])
    let room = padded.shape[2] - dilation.depth * (layers - 1) - 1
    guard room >= 0 else {
        fatalError(
            "Calculated padded input size per channel: (\(padded.shape[2]) x …). Kernel size: (\(layers) x …). Kernel size can't be "
                + "greater than actual input size")
    }
    let depth = room / stride.depth + 1
    var sum: Tensor<Scalar>?
    for layer in 0..<layers {
        // The slices that this layer of the filters meets, as so many images.
        let first = layer * dilation.depth
        let end = first + (depth - 1) * stride.depth + 1
        let slices = padded[.all, .all, .slice(first, end, by: stride.depth)]
        let images = slices.transposed(1, 2).flattened(from: 0, through: 1)
        let part = conv2d(
            images, weight[.all, .all, layer], layer == 0 ? bias : nil, stride: stride.plane,
            padding: .by(padding.plane), dilation: dilation.plane, groups: groups)
        sum = sum.map { $0 + part } ?? part
    }
    guard let sum else { fatalError("conv3d: kernel size should be greater than zero, but got \(weight.shape)") }
    return sum.reshaped(to: [batch, depth] + sum.shape[1...]).transposed(1, 2)
}
