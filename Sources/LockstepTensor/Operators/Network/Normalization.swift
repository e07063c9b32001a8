import CLockstepKernels

/// Normalizes over the last axes: y = (x − mean) / √(variance + eps) · weight + bias, with the mean and the variance (over n, not
/// n − 1) of the last axes, which have the shape `shape`; so have `weight` and `bias`.
///
/// One pass forward and one backward, with mean and scale saved. Gradients: with ŷ the normalized input and h = g · weight,
/// (h − mean(h) − ŷ mean(h ŷ)) / √(variance + eps), the sums of g ŷ, the sums of g. Stops where the shapes do not fit.
///
/// `eps` is 1e-5 unless given, as in PyTorch. Source: `torch.nn.functional.layer_norm`; J. L. Ba et al., "Layer normalization", 2016.
@_specialize(where Scalar == Float)
public func layerNorm<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, shape: [Int], weight: Tensor<Scalar>? = nil, bias: Tensor<Scalar>? = nil,
    eps: Double = 1e-5
) -> Tensor<Scalar> {
    normalized(input, shape: shape, weight: weight, bias: bias, eps: eps, centered: true)
}

/// Divides by the root of the mean square of the last axes: y = x / √(mean(x²) + eps) · weight.
///
/// The last axes have the shape `shape`; so has `weight`. `eps` is the smallest step above 1 of the element type unless given,
/// as in PyTorch. Gradients: with ŷ = x / √(…) and h = g · weight, (h − ŷ mean(h ŷ)) / √(…), and the sums of g ŷ.
///
/// Source: `torch.nn.functional.rms_norm`; B. Zhang and R. Sennrich, "Root mean square layer normalization", 2019.
public func rmsNorm<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, shape: [Int], weight: Tensor<Scalar>? = nil, eps: Double? = nil
) -> Tensor<Scalar> {
    normalized(
        input, shape: shape, weight: weight, bias: nil, eps: eps ?? Double(Scalar.ulpOfOne), centered: false)
}

/// Normalizes each sample over groups of its channels: as `layerNorm` over a group's channels and places, then one weight and one
/// bias for each channel.
///
/// `input` is [n, c, …], `weight` and `bias` are [c]. Gradients: as those of `layerNorm`. Stops where `groups` does not divide c.
///
/// `eps` is 1e-5 unless given. Source: `torch.nn.functional.group_norm`; Y. Wu and K. He, "Group normalization", ECCV 2018.
public func groupNorm<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, groups: Int, weight: Tensor<Scalar>? = nil, bias: Tensor<Scalar>? = nil,
    eps: Double = 1e-5
) -> Tensor<Scalar> {
    guard input.rank >= 2 else {
        fatalError("Expected at least 2 dimensions for input tensor but received \(input.rank)")
    }
    let channels = input.shape[1]
    guard groups > 0, channels % groups == 0 else {
        fatalError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape \(input.shape) and "
                + "num_groups=\(groups)")
    }
    checkChannels(weight, channels, "weight")
    checkChannels(bias, channels, "bias")
    let size = channels / groups * input.shape.dropFirst(2).reduce(1, *)
    let rows = normalized(
        input.reshaped(to: [input.shape[0] * groups, size]), shape: [size], weight: nil, bias: nil, eps: eps,
        centered: true)
    return rows.reshaped(to: input.shape).scaledByChannels(weight, bias)
}

/// Normalizes each channel over the batch and all places: y = (x − mean) / √(variance + eps) · weight + bias; what a batch
/// normalization does while it trains.
///
/// `input` is [n, c] or [n, c, …], `weight` and `bias` are [c]. Also returns the means and the variances (over n, not n − 1) of the
/// channels, [c], for running statistics. Gradients: as those of `layerNorm`, over a channel; none through the statistics
/// returned. Stops for a channel with a single element. An empty vector stays as it is.
///
/// `eps` is 1e-5 unless given. Source: `torch.nn.functional.batch_norm` with `training`; S. Ioffe and C. Szegedy, "Batch
/// normalization", ICML 2015.
public func batchNorm<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, weight: Tensor<Scalar>? = nil, bias: Tensor<Scalar>? = nil, eps: Double = 1e-5
) -> (output: Tensor<Scalar>, mean: Tensor<Scalar>, variance: Tensor<Scalar>) {
    if input.shape == [0] { return (input, input.detached(), input.detached()) }
    let channels = channelCount(input)
    checkChannels(weight, channels, "weight")
    checkChannels(bias, channels, "bias")
    if input.count == channels, channels > 0 {
        fatalError("Expected more than 1 value per channel when training, got input size \(input.shape)")
    }
    // Channels first, so that each is a row.
    let axes = [1, 0] + Array(2..<input.rank)
    let rows = input.permuted(axes)
    let size = channels == 0 ? 0 : input.count / channels
    let flat = rows.reshaped(to: [channels, size])
    let (output, means, scales) = normalizedRows(flat, weight: nil, bias: nil, eps: eps, centered: true)
    // 1 / scale² = variance + eps
    let variance = noGrad { (1 / scales.square() - Scalar(eps)).clamp(min: 0) }
    let back = output.reshaped(to: rows.shape).permuted(axes)
    return (back.scaledByChannels(weight, bias), means, variance)
}

/// Normalizes each channel with given statistics: y = (x − mean) / √(variance + eps) · weight + bias; what a batch normalization
/// does when it evaluates.
///
/// `input` is [n, c] or [n, c, …]; the rest is [c]. Gradients: g · weight / √(variance + eps), the sums of g times the normalized
/// input, the sums of g; none for the statistics.
///
/// `eps` is 1e-5 unless given. Source: `torch.nn.functional.batch_norm` without `training`.
public func batchNorm<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, mean: Tensor<Scalar>, variance: Tensor<Scalar>, weight: Tensor<Scalar>? = nil,
    bias: Tensor<Scalar>? = nil, eps: Double = 1e-5
) -> Tensor<Scalar> {
    if input.shape == [0] { return input }
    let channels = channelCount(input)
    for (tensor, name) in [(mean, "running_mean"), (variance, "running_var"), (weight, "weight"), (bias, "bias")] {
        checkChannels(tensor, channels, name)
    }
    let scale = noGrad { 1 / (variance + Scalar(eps)).sqrt() }
    let shape = [channels] + [Int](repeating: 1, count: input.rank - 2)
    let normalized =
        (input - mean.detached().reshaped(to: shape)) * scale.reshaped(to: shape)
    return normalized.scaledByChannels(weight, bias)
}

private func channelCount<Scalar>(_ input: Tensor<Scalar>) -> Int {
    guard input.rank >= 2 else {
        fatalError("batchNorm: expected an input of [n, c] or [n, c, …], got \(input.shape)")
    }
    return input.shape[1]
}

private func checkChannels<Scalar>(_ tensor: Tensor<Scalar>?, _ channels: Int, _ name: String) {
    if let tensor, tensor.shape != [channels] {
        fatalError("\(name) should contain \(channels) elements not \(tensor.count)")
    }
}

extension Tensor where Scalar: FloatingScalar {
    /// [n, c, …] times one weight plus one bias for each channel.
    fileprivate func scaledByChannels(_ weight: Tensor?, _ bias: Tensor?) -> Tensor {
        let shape = [self.shape[1]] + [Int](repeating: 1, count: rank - 2)
        var result = self
        if let weight { result = result * weight.reshaped(to: shape) }
        if let bias { result = result + bias.reshaped(to: shape) }
        return result
    }
}

private func normalized<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, shape: [Int], weight: Tensor<Scalar>?, bias: Tensor<Scalar>?, eps: Double, centered: Bool
) -> Tensor<Scalar> {
    guard !shape.isEmpty, input.shape.suffix(shape.count) == shape[...] else {
        fatalError(
            "Given normalized_shape=\(shape), expected input with shape [*, \(shape.map(String.init).joined(separator: ", "))], "
                + "but got input of size\(input.shape)")
    }
    for (tensor, name) in [(weight, "weight"), (bias, "bias")] {
        if let tensor, tensor.shape != shape {
            fatalError(
                "Expected \(name) to be of same shape as normalized_shape, but got \(name) of shape \(tensor.shape) and "
                    + "normalized_shape = \(shape)")
        }
    }
    let columns = shape.reduce(1, *)
    let rows = columns == 0 ? 0 : input.count / columns
    return normalizedRows(
        input.reshaped(to: [rows, columns]), weight: weight?.reshaped(to: [columns]),
        bias: bias?.reshaped(to: [columns]),
        eps: eps, centered: centered
    ).output.reshaped(to: input.shape)
}

/// The rows of a matrix, normalized, with their means (zeros where not centered) and scales.
private func normalizedRows<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, weight: Tensor<Scalar>?, bias: Tensor<Scalar>?, eps: Double, centered: Bool
) -> (output: Tensor<Scalar>, means: Tensor<Scalar>, scales: Tensor<Scalar>) {
    let (rows, columns) = (input.shape[0], input.shape[1])
    let dense = input.contiguous()
    let (weight, bias) = (weight?.contiguous(), bias?.contiguous())
    var output = Tensor<Scalar>(uninitialized: input.shape)
    let means = Tensor<Scalar>(uninitialized: [rows])
    let scales = Tensor<Scalar>(uninitialized: [rows])
    withExtendedLifetime((dense.storage, weight?.storage, bias?.storage)) {
        lk_normalize_rows(
            Scalar.kernelType, centered, rows, columns, dense.pointer, weight?.pointer, bias?.pointer, eps,
            output.storage.pointer, means.storage.pointer, scales.storage.pointer)
    }
    if records([dense.node, weight?.node, bias?.node]) {
        output.node = NormalizeNode(dense, weight, bias, means, scales, eps: eps, centered: centered)
    }
    return (output, means, scales)
}

/// Normalization of the rows of a matrix.
final class NormalizeNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private struct Values {
        let input: Tensor<Scalar>
        let weight: Tensor<Scalar>?
        let means: Tensor<Scalar>
        let scales: Tensor<Scalar>
    }
    private var values: Values?
    private let eps: Double
    private let centered: Bool

    init(
        _ input: Tensor<Scalar>, _ weight: Tensor<Scalar>?, _ bias: Tensor<Scalar>?, _ means: Tensor<Scalar>,
        _ scales: Tensor<Scalar>, eps: Double, centered: Bool
    ) {
        values = Values(input: input.detached(), weight: weight?.detached(), means: means, scales: scales)
        (self.eps, self.centered) = (eps, centered)
        super.init(inputs: [input.node, weight?.node, bias?.node])
    }

    override func backward(_ gradient: Tensor<Scalar>) {
        let values = saved(values)
        let (rows, columns) = (gradient.shape[0], gradient.shape[1])
        let dense = gradient.contiguous()
        let part = wants(0) ? Tensor<Scalar>(uninitialized: [rows, columns]) : nil
        func run(weightGradient: UnsafeMutablePointer<Scalar>?) {
            withExtendedLifetime((values.input.storage, values.weight?.storage, dense.storage)) {
                lk_normalize_rows_gradient(
                    Scalar.kernelType, centered, rows, columns, values.input.pointer, values.weight?.pointer,
                    values.means.pointer, values.scales.pointer, dense.pointer, part?.storage.pointer, weightGradient)
            }
        }
        input(2)?.accumulateColumnSums(dense)
        if let weight = input(1) {
            weight.accumulate(shape: [columns]) { destination, adding in
                if !adding { destination.fill(0, count: columns) }
                run(weightGradient: destination)
            }
        } else {
            run(weightGradient: nil)
        }
        if let part { send(part, to: 0) }
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let values = saved(values)
        func mean(_ rows: Tensor<Scalar>) -> Tensor<Scalar> { rows.mean(axis: 1, keepAxis: true) }
        // Mean and scale once more, as functions of the input.
        let input = asInput(0, values.input)
        let distance = centered ? input - mean(input) : input
        let scale = 1 / (mean(distance.square()) + Scalar(eps)).sqrt()
        let normalized = distance * scale
        let weighed = values.weight.map { gradient * asInput(1, $0) } ?? gradient
        let shift = centered ? weighed - mean(weighed) : weighed
        send(gradient.sum(axis: 0), to: 2)
        send((gradient * normalized).sum(axis: 0), to: 1)
        send(scale * (shift - normalized * mean(weighed * normalized)), to: 0)
    }

    override func releaseSaved() { values = nil }
}
