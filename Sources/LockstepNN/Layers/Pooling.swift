public import LockstepTensor

/// The largest element of each window of a signal; see `maxPool1d`. Source: `torch.nn.MaxPool1d`.
public final class MaxPool1d: Module, Layer {
    private let apply: (Tensor<Float>) -> Tensor<Float>

    /// Windows of `kernel` elements, each `stride` (the kernel's size unless given) after the one before.
    public init(_ kernel: Int, stride: Int? = nil, padding: Int = 0, dilation: Int = 1, ceil: Bool = false) {
        apply = {
            maxPool1d($0, kernel: kernel, stride: stride, padding: padding, dilation: dilation, ceil: ceil)
        }
    }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { apply(input) }
}

/// The largest element of each window of an image; see `maxPool2d`. Source: `torch.nn.MaxPool2d`.
public final class MaxPool2d: Module, Layer {
    private let apply: (Tensor<Float>) -> Tensor<Float>

    /// Windows of `kernel` elements, each `stride` (the kernel's size unless given) after the one before.
    public init(_ kernel: Size2D, stride: Size2D? = nil, padding: Size2D = 0, dilation: Size2D = 1, ceil: Bool = false)
    {
        apply = {
            maxPool2d($0, kernel: kernel, stride: stride, padding: padding, dilation: dilation, ceil: ceil)
        }
    }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { apply(input) }
}

/// The mean of each window of a signal; see `avgPool1d`. Source: `torch.nn.AvgPool1d`.
public final class AvgPool1d: Module, Layer {
    private let apply: (Tensor<Float>) -> Tensor<Float>

    /// Windows of `kernel` elements, each `stride` (the kernel's size unless given) after the one before.
    public init(_ kernel: Int, stride: Int? = nil, padding: Int = 0, ceil: Bool = false, countsPadding: Bool = true) {
        apply = {
            avgPool1d($0, kernel: kernel, stride: stride, padding: padding, ceil: ceil, countsPadding: countsPadding)
        }
    }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { apply(input) }
}

/// The mean of each window of an image; see `avgPool2d`. Source: `torch.nn.AvgPool2d`.
public final class AvgPool2d: Module, Layer {
    private let apply: (Tensor<Float>) -> Tensor<Float>

    /// Windows of `kernel` elements, each `stride` (the kernel's size unless given) after the one before.
    public init(
        _ kernel: Size2D, stride: Size2D? = nil, padding: Size2D = 0, ceil: Bool = false, countsPadding: Bool = true,
        divisor: Int? = nil
    ) {
        apply = {
            avgPool2d(
                $0, kernel: kernel, stride: stride, padding: padding, ceil: ceil, countsPadding: countsPadding,
                divisor: divisor)
        }
    }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { apply(input) }
}

/// The means of as many windows as make an image of the given size; see `adaptiveAvgPool2d`.
///
/// Source: `torch.nn.AdaptiveAvgPool2d`.
public final class AdaptiveAvgPool2d: Module, Layer {
    private let height: Int?
    private let width: Int?

    /// An output of `height` by `width`; nil keeps the input's.
    public init(height: Int?, width: Int?) { (self.height, self.width) = (height, width) }
    /// An output of `size`.
    public convenience init(_ size: Size2D) { self.init(height: size.height, width: size.width) }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        adaptiveAvgPool2d(input, height: height, width: width)
    }
}

/// The largest elements of as many windows as make an image of the given size; see `adaptiveMaxPool2d`.
///
/// Source: `torch.nn.AdaptiveMaxPool2d`.
public final class AdaptiveMaxPool2d: Module, Layer {
    private let height: Int?
    private let width: Int?

    /// An output of `height` by `width`; nil keeps the input's.
    public init(height: Int?, width: Int?) { (self.height, self.width) = (height, width) }
    /// An output of `size`.
    public convenience init(_ size: Size2D) { self.init(height: size.height, width: size.width) }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        adaptiveMaxPool2d(input, height: height, width: width)
    }
}

/// The means of `size` windows that cover a signal; see `adaptiveAvgPool1d`. Source: `torch.nn.AdaptiveAvgPool1d`.
public final class AdaptiveAvgPool1d: Module, Layer {
    private let size: Int

    /// An output of `size` elements.
    public init(_ size: Int) { self.size = size }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { adaptiveAvgPool1d(input, size: size) }
}

/// The largest elements of `size` windows that cover a signal; see `adaptiveMaxPool1d`. Source: `torch.nn.AdaptiveMaxPool1d`.
public final class AdaptiveMaxPool1d: Module, Layer {
    private let size: Int

    /// An output of `size` elements.
    public init(_ size: Int) { self.size = size }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { adaptiveMaxPool1d(input, size: size) }
}
