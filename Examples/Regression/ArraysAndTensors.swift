import Lockstep

/// numpy, torch: what NumPy's arrays are to Python, arrays and tensors are to Swift.
func arraysAndTensors() {
    heading("numpy, torch")

    print([1, 2, 3], Tensor<Int64>([1, 2, 3]))

    // Single precision is the rule, and four digits are shown. Double precision is there, and says so.
    print(Tensor<Float>([3.123456789]))
    print(Tensor<Double>([3.123456789]))

    print(Tensor<Int64>.arange(10))
    print(Tensor<Float>.linspace(0, 1, steps: 10))
    print(Tensor<Float>.randn([10]))
}

/// A vector of three, a column of three rows, a row of three columns.
func vectors() {
    heading("length n vector, n x 1 col-vector, 1 x n row-vector")

    print(Tensor<Int64>([1, 2, 3]).shape)

    print(Tensor<Int64>([[1], [2], [3]]).shape)
    print(Tensor<Int64>([1, 2, 3]).reshaped(to: [3, 1]).shape)

    print(Tensor<Int64>([[1, 2, 3]]).shape)
    print(Tensor<Int64>([1, 2, 3]).reshaped(to: [1, 3]).shape)
}
