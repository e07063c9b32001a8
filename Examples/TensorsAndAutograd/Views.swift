import Lockstep

/// view: the same elements in another shape. Nothing is copied.
func views() {
    heading("view")

    let t = Tensor<Float>([[2, 3, 4, 5], [3, 4, 5, 6], [4, 5, 6, 7]])
    print(t)
    print(t.reshaped(to: [4, 3]))
    print(t.reshaped(to: [2, 6]))

    // -1 is whatever is left over.
    print(t.reshaped(to: [-1, 2]))
}

/// squeeze and unsqueeze: axes of one element, taken out and put in.
func squeezing() {
    heading("Squeeze, Unsqueeze")

    // Tensor<Int32> is PyTorch's IntTensor. What is not Float, Int64 or Bool is said when it is printed.
    let flat = Tensor<Int32>([1, 2, 3, 4, 5])
    let t = flat.reshaped(to: [1, 1, 5, 1])
    print(t)

    print(t.squeezed().shape)
    print(t.squeezed(axis: 0).shape)
    print(t.squeezed(axis: 1).shape)
    print(t.squeezed(axis: 2).shape)  // nothing happens where there is more than one element
    print(t.squeezed(axis: 3).shape)
    print(t.squeezed(axis: -1).shape)  // the last axis

    print(flat.unsqueezed(axis: -1).shape)
    print(flat.unsqueezed(axis: -1))
    print(flat.unsqueezed(axis: 0).shape)
    print(flat.unsqueezed(axis: 0))
}
