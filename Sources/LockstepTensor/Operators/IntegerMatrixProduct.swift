extension Tensor where Scalar: IntegerScalar {
    /// The product of two vectors (a scalar), of a matrix and a vector, of two matrices, or of batches of matrices.
    ///
    /// As for floating-point tensors, with sums that wrap around where they do not fit in the type, as in PyTorch. Nothing is
    /// recorded, and no BLAS is used: these are small products, such as of indices and counts.
    ///
    /// Stops where the shapes do not fit, with PyTorch's message.
    ///
    /// Source: `torch.matmul`.
    public func matmul(_ other: Tensor) -> Tensor {
        checkMatrixProduct(shape, other.shape)
        // A vector is a row on the left and a column on the right, until the end.
        let (a, b) = (rank == 1 ? unsqueezed(axis: 0) : self, other.rank == 1 ? other.unsqueezed(axis: 1) : other)
        let batch = Layout.broadcast(Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
        var result = a.expanded(to: batch + a.shape.suffix(2)).multipliedInBatches(
            by: b.expanded(to: batch + b.shape.suffix(2)))
        if other.rank == 1 { result = result.squeezed(axis: -1) }
        if rank == 1 { result = result.squeezed(axis: other.rank == 1 ? -1 : -2) }
        return result
    }

    /// The product of two matrices; see `matmul`.
    ///
    /// Source: `torch.mm`.
    public func mm(_ other: Tensor) -> Tensor {
        checkMatrices(shape, other.shape)
        return matmul(other)
    }

    /// The products of two equally long batches of matrices.
    private func multipliedInBatches(by other: Tensor) -> Tensor {
        let (rows, inner, columns) = (shape[rank - 2], shape[rank - 1], other.shape[rank - 1])
        let batch = Array(shape.dropLast(2))
        var result = Tensor.zeros(batch + [rows, columns])
        result.withUnsafeMutableElements { c in
            withUnsafeElements { a in
                other.withUnsafeElements { b in
                    // Row by row of b, so that all three are read in the order in which they lie in memory.
                    for row in 0..<batch.reduce(1, *) * rows {
                        let matrix = row / rows * inner * columns
                        for k in 0..<inner {
                            let factor = a[row * inner + k]
                            for column in 0..<columns {
                                c[row * columns + column] &+= factor &* b[matrix + k * columns + column]
                            }
                        }
                    }
                }
            }
        }
        return result
    }
}
