public import LockstepTensor

/// Normalizes each channel over the batch; see `batchNorm`.
///
/// While it trains, a channel is normalized with the batch's own mean and variance, and running ones follow them:
/// running ← (1 − momentum) · running + momentum · batch's (with the variance over n − 1). While it evaluates, the running ones
/// are used. `weight` starts as ones and `bias` as zeros, the running mean as zeros and the running variance as ones, all [c].
///
/// The running statistics are buffers: `running_mean`, `running_var` and `num_batches_tracked` in the state dictionary.
///
/// Source: S. Ioffe and C. Szegedy, "Batch normalization", ICML 2015; `torch.nn.BatchNorm1d` and its siblings.
public class BatchNorm: Module, Layer, CustomReflectable {
    /// What each normalized channel is multiplied with; nil without.
    public final let weight: Parameter?
    /// What is added to each normalized channel; nil without.
    public final let bias: Parameter?
    /// The mean of each channel that evaluation uses; nil where the batch's own is always used.
    public final let runningMean: Buffer<Float>?
    /// The variance of each channel that evaluation uses; nil where the batch's own is always used.
    public final let runningVariance: Buffer<Float>?
    /// How many batches the running statistics have followed: one number without axes.
    public final let batchesTracked: Buffer<Int64>?
    /// How many values a channel of the last input had; while training there must be more than one.
    package private(set) final var valuesPerChannel: Int?
    private let momentum: Double?
    private let eps: Double
    private let ranks: ClosedRange<Int>

    fileprivate init(
        _ channels: Int, eps: Double, momentum: Double?, affine: Bool, tracksStatistics: Bool, ranks: ClosedRange<Int>
    ) {
        (self.eps, self.momentum, self.ranks) = (eps, momentum, ranks)
        weight = affine ? Parameter(.ones([channels])) : nil
        bias = affine ? Parameter(.zeros([channels])) : nil
        runningMean = tracksStatistics ? Buffer<Float>(.zeros([channels])) : nil
        runningVariance = tracksStatistics ? Buffer<Float>(.ones([channels])) : nil
        batchesTracked = tracksStatistics ? Buffer<Int64>(Tensor(0)) : nil
    }

    public final func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        guard ranks.contains(input.rank) else {
            fatalError(
                "expected \(ranks.map { "\($0)D" }.joined(separator: " or ")) input (got \(input.rank)D input)")
        }
        valuesPerChannel = input.rank < 2 ? nil : input.count / Swift.max(input.shape[1], 1)
        if !isTraining, let runningMean, let runningVariance {
            return batchNorm(
                input, mean: runningMean.value, variance: runningVariance.value, weight: weight?.value,
                bias: bias?.value, eps: eps)
        }
        let (output, mean, variance) = batchNorm(input, weight: weight?.value, bias: bias?.value, eps: eps)
        if isTraining { follow(mean, variance, samples: input.count / Swift.max(mean.count, 1)) }
        return output
    }

    /// Moves the running statistics towards those of a batch.
    private func follow(_ mean: Tensor<Float>, _ variance: Tensor<Float>, samples: Int) {
        guard let runningMean, let runningVariance, let batchesTracked else { return }
        noGrad {
            batchesTracked.value += 1
            // Without a momentum: the mean over all batches so far.
            let share = Float(momentum ?? 1 / Double(batchesTracked.value.item()))
            let unbiased = variance * (Float(samples) / Float(samples - 1))
            runningMean.value = runningMean.value * (1 - share) + mean * share
            runningVariance.value = runningVariance.value * (1 - share) + unbiased * share
        }
    }

    /// Parameters and buffers under the names that PyTorch gives them.
    public final var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "weight": weight as Any, "bias": bias as Any, "running_mean": runningMean as Any,
                "running_var": runningVariance as Any, "num_batches_tracked": batchesTracked as Any,
            ])
    }
}

/// A batch normalization of [n, c] or [n, c, l]; see `BatchNorm`. Source: `torch.nn.BatchNorm1d`.
public final class BatchNorm1d: BatchNorm {
    /// A normalization of `channels` channels; `momentum` nil makes the running statistics the mean of all batches'.
    public init(
        _ channels: Int, eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true,
        tracksStatistics: Bool = true
    ) {
        super.init(
            channels, eps: eps, momentum: momentum, affine: affine, tracksStatistics: tracksStatistics, ranks: 2...3)
    }
}

/// A batch normalization of [n, c, h, w]; see `BatchNorm`. Source: `torch.nn.BatchNorm2d`.
public final class BatchNorm2d: BatchNorm {
    /// A normalization of `channels` channels; `momentum` nil makes the running statistics the mean of all batches'.
    public init(
        _ channels: Int, eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true,
        tracksStatistics: Bool = true
    ) {
        super.init(
            channels, eps: eps, momentum: momentum, affine: affine, tracksStatistics: tracksStatistics, ranks: 4...4)
    }
}

/// A batch normalization of [n, c, d, h, w]; see `BatchNorm`. Source: `torch.nn.BatchNorm3d`.
public final class BatchNorm3d: BatchNorm {
    /// A normalization of `channels` channels; `momentum` nil makes the running statistics the mean of all batches'.
    public init(
        _ channels: Int, eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true,
        tracksStatistics: Bool = true
    ) {
        super.init(
            channels, eps: eps, momentum: momentum, affine: affine, tracksStatistics: tracksStatistics, ranks: 5...5)
    }
}
