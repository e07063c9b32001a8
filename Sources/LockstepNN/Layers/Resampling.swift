public import LockstepTensor

/// Signals, images or volumes [n, c, s…] brought to another size; see `interpolate`. Source: `torch.nn.Upsample`.
public final class Upsample: Module, Layer {
    private let apply: (Tensor<Float>) -> Tensor<Float>

    /// To the given size, one number for each axis but the first two.
    public init(size: [Int], mode: InterpolationMode = .nearest, alignsCorners: Bool = false) {
        apply = { interpolate($0, size: size, mode: mode, alignsCorners: alignsCorners) }
    }

    /// By a factor for each axis but the first two.
    public init(scale: Double, mode: InterpolationMode = .nearest, alignsCorners: Bool = false) {
        apply = { interpolate($0, scale: scale, mode: mode, alignsCorners: alignsCorners) }
    }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { apply(input) }
}

/// [n…, c · r², h, w] becomes [n…, c, h · r, w · r]; see `pixelShuffled`. Source: `torch.nn.PixelShuffle`.
public final class PixelShuffle: Module, Layer {
    private let factor: Int

    /// Images finer by `factor` on each side.
    public init(_ factor: Int) { self.factor = factor }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.pixelShuffled(factor) }
}

/// [n…, c, h · r, w · r] becomes [n…, c · r², h, w]; see `pixelUnshuffled`. Source: `torch.nn.PixelUnshuffle`.
public final class PixelUnshuffle: Module, Layer {
    private let factor: Int

    /// Images coarser by `factor` on each side.
    public init(_ factor: Int) { self.factor = factor }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.pixelUnshuffled(factor) }
}

/// The windows of images as columns; see `unfold`. Source: `torch.nn.Unfold`.
public final class Unfold: Module, Layer {
    private let apply: (Tensor<Float>) -> Tensor<Float>

    /// Windows of `kernel` places.
    public init(_ kernel: Size2D, stride: Size2D = 1, padding: Size2D = 0, dilation: Size2D = 1) {
        apply = { unfold($0, kernel: kernel, stride: stride, padding: padding, dilation: dilation) }
    }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { apply(input) }
}

/// Columns put back as the windows of images; see `fold`. Source: `torch.nn.Fold`.
public final class Fold: Module, Layer {
    private let apply: (Tensor<Float>) -> Tensor<Float>

    /// Images of `size` from windows of `kernel` places.
    public init(_ size: Size2D, kernel: Size2D, stride: Size2D = 1, padding: Size2D = 0, dilation: Size2D = 1) {
        apply = { fold($0, size: size, kernel: kernel, stride: stride, padding: padding, dilation: dilation) }
    }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { apply(input) }
}

/// One axis as several of the given sizes; see `unflattened`. Source: `torch.nn.Unflatten`.
public final class Unflatten: Module, Layer {
    private let axis: Int
    private let sizes: [Int]

    /// The sizes in place of `axis`; one may be −1 and is worked out.
    public init(axis: Int, sizes: [Int]) { (self.axis, self.sizes) = (axis, sizes) }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.unflattened(axis: axis, sizes: sizes) }
}
