/// Normalizes each channel of each sample over its other axes: [n, c, s…]; `groupNorm` with a group for each channel.
///
/// y = (x − mean) / √(variance + eps) · weight + bias, with the variance over the number of elements, and `weight` and `bias` [c].
/// `eps` is 1e-5 unless given. Gradients: those of `groupNorm`. Stops where the shapes do not fit.
///
/// Source: `torch.nn.functional.instance_norm`.
public func instanceNorm<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, weight: Tensor<Scalar>? = nil, bias: Tensor<Scalar>? = nil, eps: Double = 1e-5
) -> Tensor<Scalar> {
    guard input.rank >= 3, input.shape.dropFirst(2).reduce(1, *) != 1 else {
        fatalError("Expected more than 1 spatial element when training, got input size \(input.shape)")
    }
    return groupNorm(input, groups: input.shape[1], weight: weight, bias: bias, eps: eps)
}
