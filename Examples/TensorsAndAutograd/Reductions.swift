import Lockstep

/// mean, max, min, argmax: of all elements, or along an axis.
func reductions() {
    heading("mean, max, min, argmax")

    // The mean of a tensor is a tensor too, one without axes; item() is its number.
    let t = Tensor<Float>([1, 2, 3])
    print(t.mean())
    print(t.mean().item())

    // PyTorch's dim is called axis here, everywhere.
    let sums = Tensor<Float>([[1, 2, 3, 4]]) + Tensor<Float>([[1], [2], [3]])
    print(sums)
    print(sums.mean())
    print(sums.mean(axis: 0))

    // Along an axis, max and min also say where they found what they found.
    print(t)
    print(t.max())
    let (values, indices) = t.min(axis: 0)
    print("values=\(values)")
    print("indices=\(indices)")

    print(t.argmax())
    print(t.argmin(axis: 0))
}
