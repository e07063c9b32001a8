public import LockstepTensor

/// Filters that make longer signals of shorter ones: [n, in, l] or [in, l] becomes [n, out, l'] or [out, l']; see `convTranspose1d`.
///
/// `weight` is [in, out / groups, k] and `bias` [out], both first drawn uniformly from ±1/√(out / groups · k), as PyTorch takes the fan in
/// of this shape, from the thread's default generator; after `manualSeed` they are PyTorch's, bit for bit.
///
/// Source: `torch.nn.ConvTranspose1d`.
public final class ConvTranspose1d: Module, Layer {
    /// The filters.
    public let weight: Parameter
    /// One number for each output channel; nil where there is none.
    public let bias: Parameter?
    private let stride: Int
    private let padding: Int
    private let outputPadding: Int
    private let groups: Int
    private let dilation: Int

    /// Filters of `kernel` places from `inChannels` channels to `outChannels`; see `convTranspose2d` for the rest.
    public init(
        _ inChannels: Int, _ outChannels: Int, kernel: Int, stride: Int = 1, padding: Int = 0, outputPadding: Int = 0,
        groups: Int = 1, bias: Bool = true, dilation: Int = 1
    ) {
        checkGroups(groups, inChannels, outChannels)
        (weight, self.bias) = convolutionParameters(
            [inChannels, outChannels / groups, kernel], outChannels, bias: bias)
        (self.stride, self.padding, self.outputPadding) = (stride, padding, outputPadding)
        (self.groups, self.dilation) = (groups, dilation)
    }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        convTranspose1d(
            input, weight.value, bias?.value, stride: stride, padding: padding, outputPadding: outputPadding,
            groups: groups, dilation: dilation)
    }
}

/// Filters that slide over volumes: [n, in, d, h, w] or [in, d, h, w] becomes [n, out, d', h', w'] or [out, d', h', w']; see `conv3d`.
///
/// `weight` is [out, in / groups, j, k, l] and `bias` [out], both first drawn uniformly from ±1/√(in / groups · j · k · l) from the
/// thread's default generator; after `manualSeed` they are PyTorch's, bit for bit. Source: `torch.nn.Conv3d`.
public final class Conv3d: Module, Layer {
    /// The filters.
    public let weight: Parameter
    /// One number for each output channel; nil where there is none.
    public let bias: Parameter?
    private let stride: Size3D
    private let padding: Size3D
    private let dilation: Size3D
    private let groups: Int

    /// Filters of `kernel` places from `inChannels` channels to `outChannels`; see `conv3d` for the rest.
    public init(
        _ inChannels: Int, _ outChannels: Int, kernel: Size3D, stride: Size3D = 1, padding: Size3D = 0,
        dilation: Size3D = 1, groups: Int = 1, bias: Bool = true
    ) {
        checkGroups(groups, inChannels, outChannels)
        (weight, self.bias) = convolutionParameters(
            [outChannels, inChannels / groups, kernel.depth, kernel.height, kernel.width], outChannels, bias: bias)
        (self.stride, self.padding, self.dilation, self.groups) = (stride, padding, dilation, groups)
    }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        conv3d(
            input, weight.value, bias?.value, stride: stride, padding: padding, dilation: dilation, groups: groups)
    }
}
