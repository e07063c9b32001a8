import Lockstep

/// Tensor and NumPy: what a tensor is made of, and what it knows of itself.
func tensors() {
    heading("Tensor and NumPy")

    // The element type is written once, with the type: Tensor<Float> is PyTorch's FloatTensor.
    var t = Tensor<Float>([1, 2, 3])
    print(t)

    // A list of lists is a matrix.
    t = Tensor([[3, 4], [5, 6]])
    print(t)

    // PyTorch's dim(), size() and shape.
    print(t.rank)
    print(t.shape)

    // A row times a column: each is stretched to the shape of both.
    let row = Tensor<Float>([[1, 2, 3, 4]])
    let column = Tensor<Float>([[1], [2], [3]])
    print(row * column)
}
