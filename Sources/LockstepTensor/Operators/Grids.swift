/// The grid of the points that have their coordinates in vectors: for each axis a tensor of that coordinate, of the shape of the grid.
///
/// The first tensor changes along the first axis (`indexing="ij"`), or, with `isXY`, along the second, as NumPy has it. A scalar counts
/// as a vector of one. Views; gradients are summed over the copies. Stops for a tensor of more axes.
///
/// Source: `torch.meshgrid`.
public func meshgrid<Scalar: TensorScalar>(_ coordinates: [Tensor<Scalar>], isXY: Bool = false) -> [Tensor<Scalar>] {
    for each in coordinates where each.rank > 1 {
        fatalError("torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: \(each.shape)")
    }
    let sizes = coordinates.map(\.count)
    let grids = coordinates.enumerated().map { axis, vector in
        var along = [Int](repeating: 1, count: sizes.count)
        along[axis] = vector.count
        return vector.reshaped(to: along).expanded(to: sizes)
    }
    return isXY && grids.count > 1 ? grids.map { $0.transposed(0, 1) } : grids
}

/// All points with their coordinates in vectors, one row each, the last coordinate changing fastest; of one vector itself.
///
/// Gradient: summed over the copies. Source: `torch.cartesian_prod`.
public func cartesianProduct<Scalar: TensorScalar>(_ vectors: [Tensor<Scalar>]) -> Tensor<Scalar> {
    if vectors.count == 1 { return vectors[0] }
    return stacked(meshgrid(vectors).map { $0.flattened() }, axis: 1)
}

/// Matrices along the diagonal of one, and 0 elsewhere; a vector counts as a row, a scalar as a matrix of one element.
///
/// Gradient: each matrix's part of g. Source: `torch.block_diag`.
public func blockDiagonal<Scalar: TensorScalar>(_ blocks: [Tensor<Scalar>]) -> Tensor<Scalar> {
    let matrices = blocks.map { block in
        guard block.rank <= 2 else {
            fatalError("torch.block_diag: Input tensors must have 2 or fewer dimensions, got \(block.rank)")
        }
        return block.reshaped(to: block.rank == 2 ? block.shape : [1, block.count])
    }
    let width = matrices.map { $0.shape[1] }.reduce(0, +)
    var left = 0
    return concatenated(
        matrices.map { matrix in
            defer { left += matrix.shape[1] }
            return matrix.padded([left, width - left - matrix.shape[1]])
        })
}

extension Tensor where Scalar: ExpressibleByIntegerLiteral {
    /// A matrix of ones on the main diagonal and zeros elsewhere, square unless `columns` is given.
    ///
    /// Source: `torch.eye`.
    public static func eye(_ rows: Int, _ columns: Int? = nil) -> Tensor {
        guard rows >= 0, columns ?? 0 >= 0 else { fatalError("n must be greater or equal to 0, got \(rows)") }
        let width = columns ?? rows
        return Tensor(shape: [rows, width]) { buffer in
            buffer.update(repeating: .zero)
            for place in 0..<Swift.min(rows, width) { buffer[place * width + place] = 1 }
        }
    }
}

extension Tensor where Scalar: FloatingScalar {
    /// `steps` numbers from base^start to base^end, both included, whose logarithms are at equal distances.
    ///
    /// Source: `torch.logspace`.
    public static func logspace(_ start: Scalar, _ end: Scalar, steps: Int, base: Scalar = 10) -> Tensor {
        Tensor(base).pow(linspace(start, end, steps: steps))
    }

    /// The powers of a vector's elements as columns, from the highest to 0, or, with `increasing`, from 0 up.
    ///
    /// As many columns as elements unless `columns` is given. Gradient: that of the powers. Source: `torch.vander`.
    public func vander(columns: Int? = nil, increasing: Bool = false) -> Tensor {
        guard rank == 1 else { fatalError("x must be a one-dimensional tensor.") }
        let powers = (0..<(columns ?? count)).map { pow(Scalar($0)) }
        if powers.isEmpty { return .zeros([count, 0]) }
        return stacked(increasing ? powers : powers.reversed(), axis: 1)
    }
}

extension Tensor<Int64> {
    /// The places of the elements on and below a diagonal of a matrix, in row-major order: a row of rows and a row of columns.
    ///
    /// Source: `torch.tril_indices`.
    public static func trilIndices(_ rows: Int, _ columns: Int, offset: Int = 0) -> Tensor {
        Tensor<Bool>.full([rows, columns], true).tril(diagonal: offset).nonzero().t
    }

    /// The places of the elements on and above a diagonal of a matrix, in row-major order: a row of rows and a row of columns.
    ///
    /// Source: `torch.triu_indices`.
    public static func triuIndices(_ rows: Int, _ columns: Int, offset: Int = 0) -> Tensor {
        Tensor<Bool>.full([rows, columns], true).triu(diagonal: offset).nonzero().t
    }
}

extension Tensor {
    /// Matrices with the last axis's elements on a diagonal and 0 elsewhere, as two new last axes.
    ///
    /// Gradient: that of the diagonal. Source: `torch.diag_embed`.
    public func diagEmbed(offset: Int = 0) -> Tensor {
        guard rank > 0 else { fatalError("diag_embed: expected a tensor of at least one axis") }
        let size = shape[rank - 1] + Swift.abs(offset)
        let flat = reshaped(to: [shape.dropLast().reduce(1, *), shape[rank - 1]])
        // Each element is at the place of its row and column in a matrix without gaps.
        let first = offset > 0 ? offset : -offset * size
        let places = Tensor<Int64>.arange(Int64(flat.shape[1])) * Int64(size + 1) + Int64(first)
        let matrices = Tensor.zeros([flat.shape[0], size * size]).indexCopying(flat, axis: 1, indices: places)
        return matrices.reshaped(to: shape.dropLast() + [size, size])
    }

    /// The tensor with the order of its columns (axis 1) reversed. A view. Source: `torch.fliplr`.
    public func fliplr() -> Tensor {
        guard rank >= 2 else { fatalError("Input must be >= 2-d.") }
        return flipped(axes: [1])
    }

    /// The tensor with the order of its rows (axis 0) reversed. A view. Source: `torch.flipud`.
    public func flipud() -> Tensor {
        guard rank >= 1 else { fatalError("Input must be >= 1-d.") }
        return flipped(axes: [0])
    }

    /// The tensor turned by quarters in the plane of two axes, from the first towards the second; negative turns go back. A view.
    ///
    /// Source: `torch.rot90`.
    public func rot90(_ turns: Int = 1, axes first: Int = 0, _ second: Int = 1) -> Tensor {
        switch ((turns % 4) + 4) % 4 {
        case 1: flipped(axes: [second]).transposed(first, second)
        case 2: flipped(axes: [first, second])
        case 3: flipped(axes: [first]).transposed(first, second)
        default: self
        }
    }

    /// The tensor with one axis as several, of the given sizes; one of them may be −1 and is worked out. A view. Gradient: reshaped.
    ///
    /// Source: `torch.unflatten`.
    public func unflattened(axis: Int, sizes: [Int]) -> Tensor {
        let axis = layout.resolve(axis: axis)
        guard rank > 0 else { fatalError("unflatten: cannot unflatten a 0-dim tensor") }
        let known = sizes.filter { $0 != -1 }.reduce(1, *)
        let whole = sizes.map { $0 == -1 && known > 0 ? shape[axis] / known : $0 }
        guard whole.reduce(1, *) == shape[axis] else {
            fatalError(
                "unflatten: Provided sizes \(sizes) don't multiply up to the size of dim \(axis) (\(shape[axis])) in the input "
                    + "tensor")
        }
        return reshaped(to: shape[..<axis] + whole + shape[(axis + 1)...])
    }

    /// `count` parts along an axis, the first ones larger by one where it does not come out even. Views; gradients: each part's.
    ///
    /// Source: `torch.tensor_split`.
    public func tensorSplit(_ count: Int, axis: Int = 0) -> [Tensor] {
        let axis = layout.resolve(axis: axis)
        guard rank > 0, count > 0 else {
            fatalError(
                "number of sections must be larger than 0, got \(count), and the tensor of at least one dimension")
        }
        let (size, larger) = (shape[axis] / count, shape[axis] % count)
        return split((0..<count).map { $0 < larger ? size + 1 : size }, axis: axis)
    }

    /// Windows of `size` elements along an axis, each `step` after the one before, as a new last axis; a view would share memory between
    /// windows, so elements are copied. Gradient: added up where the elements came from.
    ///
    /// A scalar counts as one window. Stops where there is no room for a window. Source: `torch.Tensor.unfold`.
    public func windows(axis: Int, size: Int, step: Int) -> Tensor {
        let axis = layout.resolve(axis: axis)
        let whole = rank == 0 ? 1 : shape[axis]
        guard size >= 0, size <= whole else {
            fatalError("maximum size for tensor at dimension \(axis) is \(whole) but size is \(size)")
        }
        guard step > 0 else { fatalError("step is \(step) but must be > 0") }
        let tensor = rank == 0 ? reshaped(to: [1]) : self
        let starts = Tensor<Int64>.arange(Int64((whole - size) / step + 1)) * Int64(step)
        let places = starts.unsqueezed(axis: 1) + Tensor<Int64>.arange(Int64(size))
        if rank == 0 { return tensor.selected(axis: 0, indices: places.flattened()) }
        return tensor.selected(axis: axis, indices: places.flattened())
            .unflattened(axis: axis, sizes: places.shape).movedAxis(from: axis + 1, to: -1)
    }
}

/// Tensors side by side: along axis 1, or 0 where they are vectors; scalars count as vectors. Source: `torch.hstack`.
public func hstack<Scalar: TensorScalar>(_ tensors: [Tensor<Scalar>]) -> Tensor<Scalar> {
    let tensors = tensors.map { $0.rank == 0 ? $0.reshaped(to: [1]) : $0 }
    return concatenated(tensors, axis: tensors.first?.rank == 1 ? 0 : 1)
}

/// Tensors one above the other: along axis 0; vectors count as rows. Source: `torch.vstack`.
public func vstack<Scalar: TensorScalar>(_ tensors: [Tensor<Scalar>]) -> Tensor<Scalar> {
    concatenated(tensors.map { $0.rank < 2 ? $0.reshaped(to: [1, $0.count]) : $0 })
}

/// Tensors one behind the other: along axis 2; matrices count as [n, m, 1], vectors as [1, n, 1]. Source: `torch.dstack`.
public func dstack<Scalar: TensorScalar>(_ tensors: [Tensor<Scalar>]) -> Tensor<Scalar> {
    concatenated(
        tensors.map { tensor in
            switch tensor.rank {
            case 0, 1: tensor.reshaped(to: [1, tensor.count, 1])
            case 2: tensor.unsqueezed(axis: 2)
            default: tensor
            }
        }, axis: 2)
}
