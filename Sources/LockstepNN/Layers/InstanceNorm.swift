public import LockstepTensor

/// Normalizes each channel of each sample over its other axes; see `instanceNorm`. The base of `InstanceNorm1d` and `InstanceNorm2d`.
///
/// `weight` starts as ones and `bias` as zeros, [c], where the layer has them. Running statistics (PyTorch's `track_running_stats`) are not
/// kept: training and evaluation do the same.
///
/// Source: D. Ulyanov et al., "Instance normalization", 2016; `torch.nn.InstanceNorm1d` and its siblings.
public class InstanceNorm: Module, Layer {
    /// What each normalized channel is multiplied with; nil without.
    public final let weight: Parameter?
    /// What is added to each normalized channel; nil without.
    public final let bias: Parameter?
    private let eps: Double
    private let rank: Int

    fileprivate init(_ channels: Int, eps: Double, affine: Bool, rank: Int) {
        (self.eps, self.rank) = (eps, rank)
        weight = affine ? Parameter(.ones([channels])) : nil
        bias = affine ? Parameter(.zeros([channels])) : nil
    }

    public final func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        if input.rank == rank - 1 { return self(input.unsqueezed(axis: 0)).squeezed(axis: 0) }
        guard input.rank == rank else {
            fatalError("expected \(rank - 1)D or \(rank)D input (got \(input.rank)D input)")
        }
        return instanceNorm(input, weight: weight?.value, bias: bias?.value, eps: eps)
    }
}

/// An instance normalization of [n, c, l] or [c, l]; see `InstanceNorm`. Source: `torch.nn.InstanceNorm1d`.
public final class InstanceNorm1d: InstanceNorm {
    /// A normalization of `channels` channels, without weight and bias unless told otherwise, as in PyTorch.
    public init(_ channels: Int, eps: Double = 1e-5, affine: Bool = false) {
        super.init(channels, eps: eps, affine: affine, rank: 3)
    }
}

/// An instance normalization of [n, c, h, w] or [c, h, w]; see `InstanceNorm`. Source: `torch.nn.InstanceNorm2d`.
public final class InstanceNorm2d: InstanceNorm {
    /// A normalization of `channels` channels, without weight and bias unless told otherwise, as in PyTorch.
    public init(_ channels: Int, eps: Double = 1e-5, affine: Bool = false) {
        super.init(channels, eps: eps, affine: affine, rank: 4)
    }
}
