/// yₒ = x₁ᵀ Wₒ x₂ + bₒ, linear in either input.
///
/// The inputs are […, in₁] and […, in₂], `weight` [out, in₁, in₂], `bias` [out], the result […, out]. Gradients: those of the products.
/// Stops where the shapes do not fit.
///
/// Source: `torch.nn.functional.bilinear`.
public func bilinear<Scalar: FloatingScalar>(
    _ first: Tensor<Scalar>, _ second: Tensor<Scalar>, _ weight: Tensor<Scalar>, _ bias: Tensor<Scalar>? = nil
) -> Tensor<Scalar> {
    guard weight.rank == 3, first.rank == second.rank, first.rank > 0,
        first.shape.dropLast() == second.shape.dropLast(),
        first.shape.last == weight.shape[1], second.shape.last == weight.shape[2]
    else {
        fatalError(
            "bilinear(): inputs of \(first.shape) and \(second.shape) do not fit a weight of \(weight.shape)")
    }
    let outer = Array(first.shape.dropLast())
    let (outputs, inner) = (weight.shape[0], weight.shape[2])
    // x₁ᵀ Wₒ for all o at once, and then each with x₂.
    let flat = weight.permuted([1, 0, 2]).reshaped(to: [weight.shape[1], outputs * inner])
    let half = first.matmul(flat).reshaped(to: outer + [outputs, inner])
    let result = (half * second.unsqueezed(axis: -2)).sum(axis: -1)
    return bias.map { result + $0 } ?? result
}
