import Lockstep

/// cat and stack: several tensors into one.
func joining() {
    heading("Cat, Stack")

    let (a, b) = (Tensor<Float>([1, 2, 3]), Tensor<Float>([4, 5, 6]))
    print(concatenated([a, b]))

    // Of several axes, the first is joined unless another is named.
    let (firstRow, secondRow) = (Tensor<Float>([[1, 2, 3]]), Tensor<Float>([[4, 5, 6]]))
    print(concatenated([firstRow, secondRow]))
    print(concatenated([firstRow, secondRow], axis: 1))

    // Stacking adds an axis.
    print(stacked([a, b]))
    print(stacked([a, b], axis: 1))
}

/// zeros, ones, zeros_like, ones_like: tensors of one value.
func filling() {
    heading("zeros_like, ones_like")

    print(Tensor<Float>.zeros([2, 2]))
    print(Tensor<Float>.ones([4]))

    // In the shape, and with the type, of another.
    let t = Tensor<Int32>([1, 2, 3, 4, 5])
    print(t)
    print(Tensor.zerosLike(t))
    print(Tensor.onesLike(t))
}
