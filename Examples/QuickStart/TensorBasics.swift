import Lockstep

/// What tensors are made of, and how they are taken apart.
func tensors(folder: String) throws {
    heading("Tensors")
    // Elements are Float32 unless one says otherwise, which computes fastest.
    let x = Tensor<Float>([[1, 2], [3, 4]])
    print(x, x.dtype)

    // Lists of numbers that there are already become tensors too.
    let values = [0.5, 1.5]
    print(Tensor(values.map(Float.init)))

    print(Tensor<Float>.zeros([2, 3]))
    // Uniform from 0 to 1; normal with mean 0 and standard deviation 1.
    print(Tensor<Float>.rand([2, 2]))
    print(Tensor<Float>.randn([2, 2]))

    // Shapes that differ are broadcast: the row is added to each row.
    let y = Tensor<Float>([10, 20])
    print(x + y)

    // All rows of the column 1. A range keeps its axis, an index drops it.
    print(x[.all, 1], x[.all, 1].shape)
    print(x[.all, 1..<2], x[.all, 1..<2].shape)

    // The number in a tensor of one element.
    print(x.sum().item())

    // To NumPy: numpy.load("x.npy").
    try NPY(.float32(x)).write(to: "\(folder)/x.npy")
}
