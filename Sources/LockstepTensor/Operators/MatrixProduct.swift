extension Tensor where Scalar: FloatingScalar {
    /// The product of two vectors (a scalar), of a matrix and a vector, of two matrices, or of batches of matrices.
    ///
    /// C[…, i, j] = Σₖ A[…, i, k] B[…, k, j]. The axes before the last two are batches and are broadcast. A vector on the left is taken
    /// as a row, one on the right as a column, and that axis is dropped from the result. Gradients: G Bᵀ and Aᵀ G, summed over
    /// batches that were stretched. Transposed operands cost no copy.
    ///
    /// Stops where the shapes do not fit, with PyTorch's message.
    ///
    /// Source: `torch.matmul`.
    @_specialize(where Scalar == Float)
    public func matmul(_ other: Tensor) -> Tensor {
        checkMatrixProduct(shape, other.shape)
        switch (rank, other.rank) {
        case (1, 1):
            return unsqueezed(axis: 0).multiplied(by: other.unsqueezed(axis: 1)).reshaped(to: []).named(.dot)
        case (2, 1): return multiplied(by: other.unsqueezed(axis: 1)).squeezed(axis: -1).named(.mv)
        case (2, 2): return multiplied(by: other)
        case (1, _): return unsqueezed(axis: 0).matmul(other).squeezed(axis: -2)
        case (_, 1): return matmul(other.unsqueezed(axis: 1)).squeezed(axis: -1)
        case (_, 2):
            // One large product instead of a batch of small ones.
            return reshaped(to: [shape.dropLast().reduce(1, *), shape[rank - 1]]).multiplied(by: other)
                .reshaped(to: shape.dropLast() + [other.shape[1]])
        default:
            let batch = Layout.broadcast(Array(shape.dropLast(2)), Array(other.shape.dropLast(2)))
            return expanded(to: batch + shape.suffix(2)).multipliedInBatches(
                by: other.expanded(to: batch + other.shape.suffix(2)))
        }
    }

    /// The product of two matrices.
    private func multiplied(by other: Tensor) -> Tensor {
        var result = Tensor(uninitialized: [shape[0], other.shape[1]])
        BLAS.multiply(MatrixOperand(self), MatrixOperand(other), into: result.storage.pointer, adding: false)
        if records(node, other.node) { result.node = ProductNode(self, other) }
        return result
    }

    /// The products of two equally long batches of matrices, of any number of leading axes.
    fileprivate func multipliedInBatches(by other: Tensor) -> Tensor {
        let batch = Array(shape.dropLast(2))
        let size = [shape[rank - 2], other.shape[rank - 1]]
        var result = Tensor(uninitialized: batch + size)
        let loops = LoopNest(
            shape: batch, strides: [layout, other.layout, result.layout].map { Array($0.strides.dropLast(2)) })
        loops.forEachPlane { offsets in
            for row in 0..<loops.rows {
                for column in 0..<loops.columns {
                    func place(_ operand: Int) -> Int {
                        offsets[operand] + row * loops.rowStrides[operand] + column * loops.columnStrides[operand]
                    }
                    BLAS.multiply(
                        MatrixOperand(self, at: place(0)), MatrixOperand(other, at: place(1)),
                        into: result.storage.pointer + place(2), adding: false)
                }
            }
        }
        if records(node, other.node) { result.node = BatchedProductNode(self, other) }
        return result
    }
}

/// Stops, with PyTorch's message, where tensors of these shapes have no product.
func checkMatrixProduct(_ a: [Int], _ b: [Int]) {
    switch (a.count, b.count) {
    case (0, _), (_, 0):
        fatalError("both arguments to matmul need to be at least 1D, but they are \(a.count)D and \(b.count)D")
    case (1, 1):
        guard a == b else {
            fatalError(
                "inconsistent tensor size, expected tensor \(a) and src \(b) to have the same number of elements, but got "
                    + "\(a[0]) and \(b[0]) elements respectively")
        }
    case (2, 1):
        guard a[1] == b[0] else {
            fatalError("size mismatch, got input (\(a[0])), mat (\(a[0])x\(a[1])), vec (\(b[0]))")
        }
    case (1, _): checkMatrixProduct([1] + a, b)
    case (_, 1): checkMatrixProduct(a, b + [1])
    case (let rank, 2):
        guard a[rank - 1] == b[0] else {
            let rows = a.dropLast().reduce(1, *)
            fatalError("mat1 and mat2 shapes cannot be multiplied (\(rows)x\(a[rank - 1]) and \(b[0])x\(b[1]))")
        }
    default:
        let batch = Layout.broadcast(Array(a.dropLast(2)), Array(b.dropLast(2)))
        guard a[a.count - 1] == b[b.count - 2] else {
            let count = batch.reduce(1, *)
            fatalError(
                "Expected size for first two dimensions of batch2 tensor to be: [\(count), \(a[a.count - 1])] but got: "
                    + "[\(count), \(b[b.count - 2])].")
        }
    }
}

/// A product of two matrices. Gradients are computed straight into where they are added up.
final class ProductNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var values: (a: Tensor<Scalar>, b: Tensor<Scalar>)?

    init(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) {
        values = (a.detached(), b.detached())
        super.init(inputs: [a.node, b.node])
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let (a, b) = saved(values)
        let g = MatrixOperand(gradient)
        input(0)?.accumulateProduct(g, MatrixOperand(b).transposed)
        input(1)?.accumulateProduct(MatrixOperand(a).transposed, g)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let (a, b) = saved(values)
        send(gradient.matmul(asInput(1, b).t), to: 0)
        send(asInput(0, a).t.matmul(gradient), to: 1)
    }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { values = nil }
}

/// A batch of products of matrices.
final class BatchedProductNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var values: (a: Tensor<Scalar>, b: Tensor<Scalar>)?

    init(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) {
        values = (a.detached(), b.detached())
        super.init(inputs: [a.node, b.node])
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let (a, b) = saved(values)
        send(gradient.multipliedInBatches(by: b.transposed(-1, -2)), to: 0)
        send(a.transposed(-1, -2).multipliedInBatches(by: gradient), to: 1)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let (a, b) = saved(values)
        send(gradient.multipliedInBatches(by: asInput(1, b).transposed(-1, -2)), to: 0)
        send(asInput(0, a).transposed(-1, -2).multipliedInBatches(by: gradient), to: 1)
    }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { values = nil }
}

extension GraphNode {
    /// Adds the product of two matrices to the gradient.
    func accumulateProduct(_ a: MatrixOperand<Scalar>, _ b: MatrixOperand<Scalar>) {
        accumulate(shape: [a.rows, b.columns]) { destination, adding in
            BLAS.multiply(a, b, into: destination, adding: adding)
        }
    }
}
