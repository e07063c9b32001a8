// Products for operands of fixed rank. `matmul` takes all of them; these stop where an operand has another rank.

extension Tensor where Scalar: FloatingScalar {
    /// The product of two matrices; see `matmul`.
    ///
    /// Source: `torch.mm`.
    @_specialize(where Scalar == Float)
    public func mm(_ other: Tensor) -> Tensor {
        checkMatrices(shape, other.shape)
        return matmul(other)
    }

    /// The products of two equally long batches of matrices, [b, n, m] and [b, m, p]; see `matmul`. Nothing is broadcast.
    ///
    /// Source: `torch.bmm`.
    @_specialize(where Scalar == Float)
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
    @_specialize(where Scalar == Float)
    public func mv(_ vector: Tensor) -> Tensor {
        guard rank == 2, vector.rank == 1 else {
            fatalError("vector + matrix @ vector expected, got 1, \(rank), \(vector.rank)")
        }
        return matmul(vector)
    }

    /// The sum of the products of the elements of two vectors. Gradients: gb and ga.
    ///
    /// Source: `torch.dot`.
    @_specialize(where Scalar == Float)
    public func dot(_ other: Tensor) -> Tensor {
        guard rank == 1, other.rank == 1 else {
            fatalError("1D tensors expected, but got \(rank)D and \(other.rank)D tensors")
        }
        return matmul(other)
    }

    /// The products of all elements of one vector with all of another: yᵢⱼ = aᵢ bⱼ. Gradients: Gb and Gᵀa.
    ///
    /// Source: `torch.outer`.
    @_specialize(where Scalar == Float)
    public func outer(_ other: Tensor) -> Tensor {
        guard rank == 1 else { fatalError("outer: Expected 1-D argument self, but got \(rank)-D") }
        guard other.rank == 1 else { fatalError("outer: Expected 1-D argument vec2, but got \(other.rank)-D") }
        return unsqueezed(axis: 1) * other
    }
}

/// Stops, with PyTorch's message, where one of these is not the shape of a matrix.
func checkMatrices(_ a: [Int], _ b: [Int]) {
    guard a.count == 2 else { fatalError("mm: self must be a matrix, got \(a.count)-D tensor") }
    guard b.count == 2 else { fatalError("mm: mat2 must be a matrix, got \(b.count)-D tensor") }
}
