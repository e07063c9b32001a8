import CLockstepKernels

/// The convolution (cross-correlation) of images with a set of filters, and optionally an activation of it.
///
/// y[n, o, i, j] = b[o] + Σ w[o, c, k, l] x[n, c, i·s + k·d − p, j·s + l·d − p] over the channels c of o's group and the filter's
/// places (k, l), with zeros outside of the image. `input` is [n, in, h, w], or [in, h, w] for one image; `weight` is
/// [out, in / groups, k, l], `bias` [out]; the result [n, out, h', w'] with h' = ⌊(h + 2p − d(k − 1) − 1) / s⌋ + 1.
///
/// Gradients: for the input the transposed convolution of g with the weight, for the weight the correlation of input and g, for
/// the bias the sums of g. Bias and relu are applied while a sample's result is in the cache. Stops where the shapes do not fit, with
/// PyTorch's message.
///
/// Source: `torch.nn.functional.conv2d`.
@_specialize(where Scalar == Float)
public func conv2d<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ weight: Tensor<Scalar>, _ bias: Tensor<Scalar>? = nil, stride: Size2D = 1,
    padding: ConvolutionPadding<Size2D> = 0, dilation: Size2D = 1, groups: Int = 1, activation: Activation = .none
) -> Tensor<Scalar> {
    checkConvolution(input, weight, bias, rank: 2, groups: groups, outputs: weight.shape.first ?? 0)
    if input.rank == 3 {
        return conv2d(
            input.unsqueezed(axis: 0), weight, bias, stride: stride, padding: padding, dilation: dilation,
            groups: groups, activation: activation
        ).squeezed(axis: 0)
    }
    guard input.shape[1] == weight.shape[1] * groups else {
        fatalError(
            "Given groups=\(groups), weight of size \(weight.shape), expected input\(input.shape) to have "
                + "\(weight.shape[1] * groups) channels, but got \(input.shape[1]) channels instead")
    }
    guard weight.shape[0] % groups == 0 else {
        fatalError(
            "expected weight to be divisible by \(groups) at dimension 0, but got weight of size \(weight.shape) instead"
        )
    }
    let geometry = ConvolutionGeometry(
        batch: input.shape[0], inputs: input.shape[1], outputs: weight.shape[0], groups: groups,
        windows: LKWindows(
            image: Size2D(input.shape[2], input.shape[3]), kernel: Size2D(weight.shape[2], weight.shape[3]),
            stride: stride, padding: padding, dilation: dilation))
    var result = geometry.output(input, weight, bias, relu: activation == .relu)
    if records([input.node, weight.node, bias?.node]) {
        result.node = ConvolutionNode(
            .output, input, weight, bias, geometry, rectified: activation == .relu ? result : nil)
    }
    return activation == .gelu ? result.gelu() : result
}

/// The convolution of signals with a set of filters: `conv2d` along one axis.
///
/// `input` is [n, in, l], or [in, l] for one signal; `weight` is [out, in / groups, k], `bias` [out]; the result [n, out, l'].
///
/// Source: `torch.nn.functional.conv1d`.
public func conv1d<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ weight: Tensor<Scalar>, _ bias: Tensor<Scalar>? = nil, stride: Int = 1,
    padding: ConvolutionPadding<Int> = 0, dilation: Int = 1, groups: Int = 1
) -> Tensor<Scalar> {
    checkConvolution(input, weight, bias, rank: 1, groups: groups, outputs: weight.shape.first ?? 0)
    return conv2d(
        input.unsqueezed(axis: -2), weight.unsqueezed(axis: -2), bias, stride: Size2D(1, stride),
        padding: padding.ofOneRow, dilation: Size2D(1, dilation), groups: groups
    ).squeezed(axis: -2)
}

/// The transposed convolution of images with a set of filters: what a convolution's backward does with its gradient.
///
/// y[n, o, i·s + k·d − p, j·s + l·d − p] is b[o] plus the sum of w[c, o, k, l] x[n, c, i, j] over all that fall there. `input` is
/// [n, in, h, w], or [in, h, w] for one image; `weight` is [in, out / groups, k, l], `bias` [out]; the result [n, out, h', w'] with
/// h' = (h − 1)s − 2p + d(k − 1) + outputPadding + 1. `outputPadding` adds rows and columns at one end, to tell between the
/// sizes that a convolution with a stride would have made h of.
///
/// Gradients: for the input the convolution of g with the weight, for the weight the correlation of g and input, for the bias
/// the sums of g. Stops where the shapes do not fit, with PyTorch's message.
///
/// Source: `torch.nn.functional.conv_transpose2d`.
public func convTranspose2d<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ weight: Tensor<Scalar>, _ bias: Tensor<Scalar>? = nil, stride: Size2D = 1,
    padding: Size2D = 0, outputPadding: Size2D = 0, groups: Int = 1, dilation: Size2D = 1
) -> Tensor<Scalar> {
    checkConvolution(
        input, weight, bias, rank: 2, groups: groups, outputs: weight.rank > 1 ? weight.shape[1] * groups : 0)
    if input.rank == 3 {
        return convTranspose2d(
            input.unsqueezed(axis: 0), weight, bias, stride: stride, padding: padding, outputPadding: outputPadding,
            groups: groups, dilation: dilation
        ).squeezed(axis: 0)
    }
    guard input.shape[1] == weight.shape[0], weight.shape[0] % groups == 0 else {
        fatalError(
            "Given transposed=1, weight of size \(weight.shape), expected input\(input.shape) to have \(weight.shape[0]) "
                + "channels, but got \(input.shape[1]) channels instead")
    }
    guard outputPadding.height < Swift.max(stride.height, dilation.height),
        outputPadding.width < Swift.max(stride.width, dilation.width)
    else {
        fatalError(
            "output padding must be smaller than either stride or dilation, but got output_padding: \(outputPadding), "
                + "stride: \(stride), dilation: \(dilation)")
    }
    func size(_ input: Int, _ kernel: Int, _ axis: KeyPath<Size2D, Int>) -> Int {
        (input - 1) * stride[keyPath: axis] - 2 * padding[keyPath: axis] + dilation[keyPath: axis] * (kernel - 1)
            + outputPadding[keyPath: axis] + 1
    }
    let image = Size2D(
        size(input.shape[2], weight.shape[2], \.height), size(input.shape[3], weight.shape[3], \.width))
    guard image.height > 0, image.width > 0 else {
        fatalError(
            "Given input size per channel: (\(input.shape[2]) x \(input.shape[3])). Calculated output size per channel: "
                + "(\(image.height) x \(image.width)). Output size is too small")
    }
    // The convolution that would make the input of the result.
    let windows = LKWindows(
        height: image.height, width: image.width, kernel_height: weight.shape[2], kernel_width: weight.shape[3],
        stride_height: stride.height, stride_width: stride.width, top: padding.height, left: padding.width,
        dilation_height: dilation.height, dilation_width: dilation.width, out_height: input.shape[2],
        out_width: input.shape[3])
    let geometry = ConvolutionGeometry(
        batch: input.shape[0], inputs: weight.shape[1] * groups, outputs: weight.shape[0], groups: groups,
        windows: windows)
    var result = geometry.input(input.detached(), weight)
    result.addToChannels(bias)
    if records([input.node, weight.node, bias?.node]) {
        result.node = ConvolutionNode(.input, input, weight, bias, geometry)
    }
    return result
}

/// Stops where the numbers of axes or the bias do not fit.
private func checkConvolution<Scalar>(
    _ input: Tensor<Scalar>, _ weight: Tensor<Scalar>, _ bias: Tensor<Scalar>?, rank: Int, groups: Int, outputs: Int
) {
    guard weight.rank == rank + 2 else {
        fatalError(
            "expected \(rank + 2)D weight for a convolution over \(rank) axes, but got weight of size \(weight.shape)")
    }
    guard input.rank == rank + 2 || input.rank == rank + 1 else {
        fatalError(
            "Expected \(rank + 1)D (unbatched) or \(rank + 2)D (batched) input to conv\(rank)d, but got input of size: "
                + "\(input.shape)")
    }
    guard groups > 0 else { fatalError("non-positive groups is not supported") }
    if let bias, bias.shape != [outputs] {
        fatalError(
            "Given weight of size \(weight.shape), expected bias to be 1-dimensional with \(outputs) elements, but got bias "
                + "of size \(bias.shape) instead")
    }
}

extension Tensor where Scalar: FloatingScalar {
    /// Adds one number to each channel of [n, channels, h, w], in place and unrecorded.
    fileprivate mutating func addToChannels(_ bias: Tensor?) {
        guard let bias, count > 0 else { return }
        Tensor.run(
            .add, self, bias.detached().reshaped(to: [bias.count, 1, 1]), into: storage.pointer, shape: shape)
    }
}
