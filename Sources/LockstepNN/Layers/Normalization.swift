public import LockstepTensor

/// Normalizes each sample over its last axes; see `layerNorm`.
///
/// `weight` starts as ones and `bias` as zeros, of the shape of these axes. Source: `torch.nn.LayerNorm`.
public final class LayerNorm: Module, Layer {
    /// What the normalized input is multiplied with; nil without.
    public let weight: Parameter?
    /// What is added to the normalized input; nil without.
    public let bias: Parameter?
    /// The shape of the last axes.
    public let shape: [Int]
    private let eps: Double

    /// A normalization over last axes of the given shape, with a weight and a bias unless told otherwise.
    public init(_ shape: [Int], eps: Double = 1e-5, affine: Bool = true, bias: Bool = true) {
        self.shape = shape
        self.eps = eps
        weight = affine ? Parameter(.ones(shape)) : nil
        self.bias = affine && bias ? Parameter(.zeros(shape)) : nil
    }

    /// A normalization over a last axis of `size`.
    public convenience init(_ size: Int, eps: Double = 1e-5, affine: Bool = true, bias: Bool = true) {
        self.init([size], eps: eps, affine: affine, bias: bias)
    }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        layerNorm(input, shape: shape, weight: weight?.value, bias: bias?.value, eps: eps)
    }
}

/// Divides each sample by the root of its mean square over the last axes; see `rmsNorm`.
///
/// `weight` starts as ones of the shape of these axes. Source: `torch.nn.RMSNorm`.
public final class RMSNorm: Module, Layer {
    /// What the normalized input is multiplied with; nil without.
    public let weight: Parameter?
    /// The shape of the last axes.
    public let shape: [Int]
    private let eps: Double?

    /// A normalization over last axes of the given shape, with a weight unless told otherwise.
    public init(_ shape: [Int], eps: Double? = nil, affine: Bool = true) {
        self.shape = shape
        self.eps = eps
        weight = affine ? Parameter(.ones(shape)) : nil
    }

    /// A normalization over a last axis of `size`.
    public convenience init(_ size: Int, eps: Double? = nil, affine: Bool = true) {
        self.init([size], eps: eps, affine: affine)
    }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        rmsNorm(input, shape: shape, weight: weight?.value, eps: eps)
    }
}

/// Normalizes each sample [n, c, …] over groups of its channels; see `groupNorm`.
///
/// `weight` starts as ones and `bias` as zeros, [c]. Source: `torch.nn.GroupNorm`.
public final class GroupNorm: Module, Layer {
    /// What the normalized input is multiplied with; nil without.
    public let weight: Parameter?
    /// What is added to the normalized input; nil without.
    public let bias: Parameter?
    private let groups: Int
    private let eps: Double

    /// A normalization over `groups` groups of `channels` channels, with a weight and a bias unless told otherwise.
    public init(_ groups: Int, _ channels: Int, eps: Double = 1e-5, affine: Bool = true) {
        guard groups > 0, channels % groups == 0 else {
            fatalError("num_channels (\(channels)) must be divisible by num_groups (\(groups))")
        }
        (self.groups, self.eps) = (groups, eps)
        weight = affine ? Parameter(.ones([channels])) : nil
        bias = affine ? Parameter(.zeros([channels])) : nil
    }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        groupNorm(input, groups: groups, weight: weight?.value, bias: bias?.value, eps: eps)
    }
}
