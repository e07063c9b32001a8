import Lockstep

/// Shapes in a matrix product, PyTorch's @. A wrong one is a mistake in the program, which stops and says so.
func shapes(_ mistake: Mistake?) {
    heading("shape of vector")

    let matrix = Tensor<Float>([[2, 0], [0, 3]])  // the document's A, b1, b2 and b3
    let row = Tensor<Float>([[-1, -5]])
    let column = Tensor<Float>([[-1], [-5]])
    let vector = Tensor<Float>([-1, -5])
    print(matrix.shape, row.shape, column.shape, vector.shape)

    // A row goes on the left: the matrix by the row stops.
    if mistake == .matrixTimesRow { print(matrix.matmul(row)) }
    print(row.matmul(matrix))

    // A column goes on the right: the column by the matrix stops.
    print(matrix.matmul(column))
    if mistake == .columnTimesMatrix { print(column.matmul(matrix)) }

    // A vector goes on either side: as a column on the right, as a row on the left.
    print(matrix.matmul(vector).shape)
    print(vector.matmul(matrix).shape)

    heading("broadcasting")

    let a = Tensor<Int64>([1, 2, 3])
    let b = Tensor<Int64>([[1], [2], [3]])
    print(a - 1)
    print(b - 1)
    // A vector and a column of three: one would expect an error, but the vector is taken as a row, and there are nine differences.
    print(a - b)
}
