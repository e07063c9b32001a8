public import LockstepTensor

/// A weight and a bias as every convolution of PyTorch's starts from: both drawn uniformly from ±1/√(the weight's fan in), the
/// weight first.
func convolutionParameters(_ shape: [Int], _ outputs: Int, bias: Bool) -> (Parameter, Parameter?) {
    // The slope √5 makes the bound 1/√fan in.
    let weight = Parameter(kaimingUniform(shape, negativeSlope: (5.0).squareRoot()))
    guard bias else { return (weight, nil) }
    let fanIn = fans(ofShape: shape).in
    let bound = fanIn > 0 ? Float(1 / Double(fanIn).squareRoot()) : 0
    return (weight, Parameter(.uniform([outputs], from: -bound, to: bound)))
}

/// Stops where the groups do not divide the channels.
func checkGroups(_ groups: Int, _ inputs: Int, _ outputs: Int) {
    guard groups > 0 else { fatalError("groups must be a positive integer") }
    guard inputs % groups == 0 else { fatalError("in_channels must be divisible by groups") }
    guard outputs % groups == 0 else { fatalError("out_channels must be divisible by groups") }
}

/// Filters that slide over signals: [n, in, l] or [in, l] becomes [n, out, l'] or [out, l']; see `conv1d`.
///
/// `weight` is [out, in / groups, k] and `bias` [out], both first drawn uniformly from ±1/√(in / groups · k) from the thread's default
/// generator; after `manualSeed` they are PyTorch's, bit for bit. Source: `torch.nn.Conv1d`.
public final class Conv1d: Module, Layer {
    /// The filters.
    public let weight: Parameter
    /// One number for each output channel; nil where there is none.
    public let bias: Parameter?
    private let stride: Int
    private let padding: ConvolutionPadding<Int>
    private let dilation: Int
    private let groups: Int

    /// Filters of `kernel` places from `inChannels` channels to `outChannels`; see `conv1d` for the rest.
    public init(
        _ inChannels: Int, _ outChannels: Int, kernel: Int, stride: Int = 1, padding: ConvolutionPadding<Int> = 0,
        dilation: Int = 1, groups: Int = 1, bias: Bool = true
    ) {
        checkGroups(groups, inChannels, outChannels)
        (weight, self.bias) = convolutionParameters(
            [outChannels, inChannels / groups, kernel], outChannels, bias: bias)
        (self.stride, self.padding, self.dilation, self.groups) = (stride, padding, dilation, groups)
    }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        conv1d(
            input, weight.value, bias?.value, stride: stride, padding: padding, dilation: dilation, groups: groups)
    }
}

/// Filters that slide over images: [n, in, h, w] or [in, h, w] becomes [n, out, h', w'] or [out, h', w']; see `conv2d`.
///
/// `weight` is [out, in / groups, k, l] and `bias` [out], both first drawn uniformly from ±1/√(in / groups · k · l) from the thread's
/// default generator; after `manualSeed` they are PyTorch's, bit for bit. Source: `torch.nn.Conv2d`.
public final class Conv2d: Module, Layer {
    /// The filters.
    public let weight: Parameter
    /// One number for each output channel; nil where there is none.
    public let bias: Parameter?
    private let stride: Size2D
    private let padding: ConvolutionPadding<Size2D>
    private let dilation: Size2D
    private let groups: Int

    /// Filters of `kernel` places from `inChannels` channels to `outChannels`; see `conv2d` for the rest.
    public init(
        _ inChannels: Int, _ outChannels: Int, kernel: Size2D, stride: Size2D = 1,
        padding: ConvolutionPadding<Size2D> = 0, dilation: Size2D = 1, groups: Int = 1, bias: Bool = true
    ) {
        checkGroups(groups, inChannels, outChannels)
        (weight, self.bias) = convolutionParameters(
            [outChannels, inChannels / groups, kernel.height, kernel.width], outChannels, bias: bias)
        (self.stride, self.padding, self.dilation, self.groups) = (stride, padding, dilation, groups)
    }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { self(input, activation: .none) }

    /// The output with an activation applied to it.
    public func callAsFunction(_ input: Tensor<Float>, activation: Activation) -> Tensor<Float> {
        conv2d(
            input, weight.value, bias?.value, stride: stride, padding: padding, dilation: dilation, groups: groups,
            activation: activation)
    }
}

/// Filters that make larger images of smaller ones: [n, in, h, w] or [in, h, w] becomes [n, out, h', w'] or [out, h', w']; see
/// `convTranspose2d`.
///
/// `weight` is [in, out / groups, k, l] and `bias` [out], both first drawn uniformly from ±1/√(out / groups · k · l), as PyTorch takes
/// the fan in of this shape, from the thread's default generator; after `manualSeed` they are PyTorch's, bit for bit.
///
/// Source: `torch.nn.ConvTranspose2d`.
public final class ConvTranspose2d: Module, Layer {
    /// The filters.
    public let weight: Parameter
    /// One number for each output channel; nil where there is none.
    public let bias: Parameter?
    private let stride: Size2D
    private let padding: Size2D
    private let outputPadding: Size2D
    private let groups: Int
    private let dilation: Size2D

    /// Filters of `kernel` places from `inChannels` channels to `outChannels`; see `convTranspose2d` for the rest.
    public init(
        _ inChannels: Int, _ outChannels: Int, kernel: Size2D, stride: Size2D = 1, padding: Size2D = 0,
        outputPadding: Size2D = 0, groups: Int = 1, bias: Bool = true, dilation: Size2D = 1
    ) {
        checkGroups(groups, inChannels, outChannels)
        (weight, self.bias) = convolutionParameters(
            [inChannels, outChannels / groups, kernel.height, kernel.width], outChannels, bias: bias)
        (self.stride, self.padding, self.outputPadding) = (stride, padding, outputPadding)
        (self.groups, self.dilation) = (groups, dilation)
    }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        convTranspose2d(
            input, weight.value, bias?.value, stride: stride, padding: padding, outputPadding: outputPadding,
            groups: groups, dilation: dilation)
    }
}
