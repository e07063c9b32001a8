/// β · input + α · A B, with the input broadcast to the shape of the product of the two matrices.
///
/// β and α are 1 unless given; where β is 0 the input's values, NaN among them, do not count. Gradients: βg, αg Bᵀ and α Aᵀ g.
///
/// Stops where the shapes do not fit, with PyTorch's message.
///
/// Source: `torch.addmm`.
public func addmm<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, beta: Scalar = 1, alpha: Scalar = 1
) -> Tensor<Scalar> {
    guard a.rank == 2 else { fatalError("addmm: mat1 must be a matrix, got \(a.rank)-D tensor") }
    guard b.rank == 2 else { fatalError("addmm: mat2 must be a matrix, got \(b.rank)-D tensor") }
    let product = alpha == 1 ? a.matmul(b) : a.matmul(b) * alpha
    // Stops where the input does not stretch to the product.
    let stretched = input.expanded(to: product.shape)
    if beta == 0 { return product }
    return ((beta == 1 ? stretched : stretched * beta) + product).named(.addmm)
}
