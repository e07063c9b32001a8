// Products for operands of fixed rank. `matmul` takes all of them; these stop where an operand has another rank.

extension Tensor where Scalar: FloatingScalar {
    /// The product of two matrices; see `matmul`.
    ///
    /// Source: `torch.mm`.
    public func mm(_ other: Tensor) -> Tensor {
        guard rank == 2 else { fatalError("mm: self must be a matrix, got \(rank)-D tensor") }
        guard other.rank == 2 else { fatalError("mm: mat2 must be a matrix, got \(other.rank)-D tensor") }
        return matmul(other)
    }

    /// The products of two equally long batches of matrices, [b, n, m] and [b, m, p]; see `matmul`. Nothing is broadcast.
    ///
    /// Source: `torch.bmm`.
    public func bmm(_ other: Tensor) -> Tensor {
        guard rank == 3 else { fatalError("batch1 must be a 3D tensor") }
        guard other.rank == 3 else { fatalError("batch2 must be a 3D tensor") }
        guard shape[0] == other.shape[0], shape[2] == other.shape[1] else {
            fatalError(
                "Expected size for first two dimensions of batch2 tensor to be: [\(shape[0]), \(shape[2])] but got: "
                    + "[\(other.shape[0]), \(other.shape[1])].")
        }
        return matmul(other)
    }

    /// The product of a matrix and a vector; see `matmul`.
    ///
    /// Source: `torch.mv`.
    public func mv(_ vector: Tensor) -> Tensor {
        guard rank == 2, vector.rank == 1 else {
            fatalError("vector + matrix @ vector expected, got 1, \(rank), \(vector.rank)")
        }
        return matmul(vector)
    }

    /// The sum of the products of the elements of two vectors. Gradients: gb and ga.
    ///
    /// Source: `torch.dot`.
    public func dot(_ other: Tensor) -> Tensor {
        guard rank == 1, other.rank == 1 else {
            fatalError("1D tensors expected, but got \(rank)D and \(other.rank)D tensors")
        }
        return matmul(other)
    }

    /// The products of all elements of one vector with all of another: yᵢⱼ = aᵢ bⱼ. Gradients: Gb and Gᵀa.
    ///
    /// Source: `torch.outer`.
    public func outer(_ other: Tensor) -> Tensor {
        guard rank == 1 else { fatalError("outer: Expected 1-D argument self, but got \(rank)-D") }
        guard other.rank == 1 else { fatalError("outer: Expected 1-D argument vec2, but got \(other.rank)-D") }
        return unsqueezed(axis: 1) * other
    }
}

extension Tensor where Scalar: FloatingScalar {
    /// The sums of the products of the elements of two last axes: for vectors `dot`, for [n…, d] and [m…, d] a result of [n…, m…].
    ///
    /// Source: `torch.inner`.
    public func inner(_ other: Tensor) -> Tensor {
        guard rank > 0, other.rank > 0 else { return self * other }
        return tensordot(self, other, axes: [-1], [-1])
    }

    /// The Kronecker product: each element of this tensor times all of `other`, in blocks; axes are counted from the last.
    ///
    /// Gradients: those of the product. Source: `torch.kron`.
    public func kron(_ other: Tensor) -> Tensor {
        let rank = Swift.max(rank, other.rank)
        func shape(_ tensor: Tensor) -> [Int] { [Int](repeating: 1, count: rank - tensor.rank) + tensor.shape }
        let (a, b) = (shape(self), shape(other))
        let product = reshaped(to: a.flatMap { [$0, 1] }) * other.reshaped(to: b.flatMap { [1, $0] })
        return product.reshaped(to: zip(a, b).map { $0 * $1 })
    }
}

extension Tensor where Scalar: IntegerScalar {
    /// The product of two matrices, of a matrix and a vector, or of batches of matrices, of whole numbers; what does not fit wraps around.
    ///
    /// See the other `matmul` for shapes. For small matrices: each element is added up by itself, without BLAS. Stops where the shapes
    /// do not fit.
    ///
    /// Source: `torch.matmul`.
    public func matmul(_ other: Tensor) -> Tensor {
        guard rank > 0, other.rank > 0 else {
            fatalError("both arguments to matmul need to be at least 1D, but they are \(rank)D and \(other.rank)D")
        }
        if rank == 1 { return unsqueezed(axis: 0).matmul(other).squeezed(axis: other.rank == 1 ? 0 : -2) }
        if other.rank == 1 { return matmul(other.unsqueezed(axis: 1)).squeezed(axis: -1) }
        let (rows, inner, columns) = (shape[rank - 2], shape[rank - 1], other.shape[other.rank - 1])
        guard inner == other.shape[other.rank - 2] else {
            fatalError(
                "mat1 and mat2 shapes cannot be multiplied (\(rows)x\(inner) and \(other.shape[other.rank - 2])x\(columns))"
            )
        }
        let batch = Layout.broadcast(Array(shape.dropLast(2)), Array(other.shape.dropLast(2)))
        return Tensor(shape: batch + [rows, columns]) { output in
            output.update(repeating: 0)
            expanded(to: batch + [rows, inner]).withUnsafeElements { a in
                other.expanded(to: batch + [inner, columns]).withUnsafeElements { b in
                    for row in 0..<(batch.reduce(1, *) * rows) {
                        let matrix = row / Swift.max(rows, 1) * inner * columns
                        for place in 0..<inner {
                            let factor = a[row * inner + place]
                            for column in 0..<columns {
                                output[row * columns + column] &+= factor &* b[matrix + place * columns + column]
                            }
                        }
                    }
                }
            }
        }
    }
}
