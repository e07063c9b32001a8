extension Tensor {
    /// The elements of two axes whose places are `offset` apart, as a new last axis; the two axes are dropped.
    ///
    /// For a matrix yᵢ = x[i, i + offset]; a negative offset is below the main diagonal. A view. Gradient: g on the diagonal, 0
    /// elsewhere. Stops where the axes are the same.
    ///
    /// Source: `torch.diagonal`.
    public func diagonal(offset: Int = 0, axes first: Int = 0, _ second: Int = 1) -> Tensor {
        let (a, b) = (layout.resolve(axis: first), layout.resolve(axis: second))
        guard a != b else { fatalError("diagonal dimensions cannot be identical \(first), \(second)") }
        return view(
            layout.diagonal(offset, a, b),
            record {
                SliceRecord(
                    operationName: "DiagonalBackward0", shape: $0.shape,
                    region: Layout(contiguous: $0.shape).diagonal(offset, a, b))
            })
    }

    /// The diagonal of a matrix as a vector, or a square matrix with a vector on its diagonal and 0 elsewhere.
    ///
    /// Gradient: the other way round. Stops for more than two axes.
    ///
    /// Source: `torch.diag`.
    public func diag(_ offset: Int = 0) -> Tensor {
        guard rank == 1 || rank == 2 else { fatalError("diag(): Supports 1D or 2D tensors. Got \(rank)D") }
        if rank == 2 { return diagonal(offset: offset) }
        let size = count + Swift.abs(offset)
        var result = Tensor.zeros([size, size])
        result.write(self, at: result.layout.diagonal(offset, 0, 1))
        result.node = record { _ in DiagonalRecord(offset: offset) }
        return result
    }

    /// The elements on and below a diagonal of the matrices in the last two axes, and 0 elsewhere.
    ///
    /// Those with column − row ≤ `diagonal` stay. Gradient: likewise. Stops for fewer than two axes.
    ///
    /// Source: `torch.tril`.
    public func tril(diagonal: Int = 0) -> Tensor { triangle("tril", below: diagonal + 1, isLower: true) }

    /// The elements on and above a diagonal of the matrices in the last two axes, and 0 elsewhere.
    ///
    /// Those with column − row ≥ `diagonal` stay. Gradient: likewise. Stops for fewer than two axes.
    ///
    /// Source: `torch.triu`.
    public func triu(diagonal: Int = 0) -> Tensor { triangle("triu", below: diagonal, isLower: false) }

    /// The elements with column − row < `limit`, or the others.
    private func triangle(_ name: String, below limit: Int, isLower: Bool) -> Tensor {
        guard rank >= 2 else { fatalError("\(name): input tensor must have at least 2 dimensions") }
        let (rows, columns) = (shape[rank - 2], shape[rank - 1])
        let dropped = Tensor<Bool>(shape: [rows, columns]) { mask in
            for row in 0..<rows {
                let lower = Swift.min(Swift.max(row + limit, 0), columns)
                let (start, end) = (row * columns, (row + 1) * columns)
                mask[start..<(start + lower)].update(repeating: !isLower)
                mask[(start + lower)..<end].update(repeating: isLower)
            }
        }
        return replacing(with: Scalar.zero, where: dropped).named(isLower ? .tril : .triu)
    }
}

extension Tensor where Scalar: FloatingScalar {
    /// The sum of the diagonal of a matrix. Gradient: g on the diagonal, 0 elsewhere. Stops where there are not two axes.
    ///
    /// Source: `torch.trace`.
    public func trace() -> Tensor { diagonalOfMatrix().sum().named(.trace) }
}

extension Tensor where Scalar: IntegralScalar {
    /// The sum of the diagonal of a matrix. Stops where there are not two axes.
    ///
    /// Source: `torch.trace`.
    public func trace() -> Tensor<Int64> { diagonalOfMatrix().sum() }
}

extension Tensor {
    fileprivate func diagonalOfMatrix() -> Tensor {
        guard rank == 2 else { fatalError("trace: expected a matrix, but got tensor with dim \(rank)") }
        return diagonal()
    }
}

extension Layout {
    /// The diagonal of axes `a` and `b`, as a last axis.
    fileprivate func diagonal(_ offset: Int, _ a: Int, _ b: Int) -> Layout {
        let (skippedRows, skippedColumns) = (Swift.max(-offset, 0), Swift.max(offset, 0))
        let size = Swift.max(Swift.min(shape[a] - skippedRows, shape[b] - skippedColumns), 0)
        let others = shape.indices.filter { $0 != a && $0 != b }
        return Layout(
            shape: others.map { shape[$0] } + [size], strides: others.map { strides[$0] } + [strides[a] + strides[b]],
            offset: size == 0 ? self.offset : self.offset + skippedRows * strides[a] + skippedColumns * strides[b])
    }
}

/// A vector put on the diagonal of a matrix.
struct DiagonalRecord: ViewRecord {
    let offset: Int
    func undo<Scalar: FloatingScalar>(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
        gradient.diagonal(offset: offset)
    }
}
