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

/// β · input + α · A B for batches of matrices, [b, n, m] and [b, m, p], with the input broadcast to the shape of the products.
///
/// β and α are 1 unless given; where β is 0 the input's values do not count. Gradients: βg, αg Bᵀ and α Aᵀ g. Stops where the
/// shapes do not fit.
///
/// Source: `torch.baddbmm`.
public func baddbmm<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, beta: Scalar = 1, alpha: Scalar = 1
) -> Tensor<Scalar> {
    weighted(input, a.bmm(b), beta, alpha)
}

/// β · input + α · A v, with the input broadcast to the shape of the product of matrix and vector; see `addmm`.
///
/// Source: `torch.addmv`.
public func addmv<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ matrix: Tensor<Scalar>, _ vector: Tensor<Scalar>, beta: Scalar = 1, alpha: Scalar = 1
) -> Tensor<Scalar> {
    weighted(input, matrix.mv(vector), beta, alpha)
}

/// β · input + α · u vᵀ, with the input broadcast to the shape of the outer product; see `addmm`.
///
/// Source: `torch.addr`.
public func addr<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ u: Tensor<Scalar>, _ v: Tensor<Scalar>, beta: Scalar = 1, alpha: Scalar = 1
) -> Tensor<Scalar> {
    weighted(input, u.outer(v), beta, alpha)
}

private func weighted<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ product: Tensor<Scalar>, _ beta: Scalar, _ alpha: Scalar
) -> Tensor<Scalar> {
    // Stops where the input does not stretch to the product.
    let stretched = input.expanded(to: product.shape)
    return beta == 0 ? product * alpha : stretched * beta + product * alpha
}
