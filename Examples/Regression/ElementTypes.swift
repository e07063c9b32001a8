import Lockstep

/// torch's dtype is a part of a tensor's type here, so what does not go together does not compile.
func elementTypes() {
    heading("dtype")

    // PyTorch looks at the numbers: fractions become float32. Here the type is written.
    let fractions = Tensor<Float>([1.23, 2.34])
    print(fractions)
    print(fractions.dtype)

    // Whole numbers become int64 there, which goes together with little else.
    let whole = Tensor<Int64>([1, 2])
    print(whole)
    print(whole.dtype)

    // Written as float32 they are what the rest is.
    let floats = Tensor<Float>([1, 2])
    print(floats)
    print(floats.dtype)

    // Or converted later: torch's float().
    print(whole.to(Float.self))

    heading("mixed dtypes")

    // torch.tensor([1,2]) - torch.tensor([1.0,2.0]): PyTorch converts one of the two by itself. Here it is written.
    //
    //     whole - floats        // error: cannot convert value of type 'Tensor<Float>' to expected argument type …
    print(whole.to(Float.self) - floats)

    // In a matrix product PyTorch does not convert: "expected scalar type Float but found Long", when the line is reached. Here
    // the compiler says so before the program runs:
    //
    //     Tensor<Float>([[1, 0], [0, 1]]).matmul(Tensor<Int64>([[1], [2]]))
    //     Tensor<Int64>([[1, 0], [0, 1]]).matmul(Tensor<Float>([[1], [2]]))
    //
    // Both whole, or, better, both fractions.
    print(Tensor<Int64>([[1, 0], [0, 1]]).matmul(Tensor<Int64>([[1], [2]])))
    print(Tensor<Float>([[1, 0], [0, 1]]).matmul(Tensor<Float>([[1], [2]])))
}
