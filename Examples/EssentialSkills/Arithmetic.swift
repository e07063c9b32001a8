import Lockstep

/// Tensors: a scalar is one number, a vector a row of them, a matrix a table, a tensor any number of axes.
func arithmetic() {
    let tensor1 = Tensor<Float>([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])
    print(tensor1)

    let tensor2 = Tensor<Float>([[[9, 10], [11, 12]], [[13, 14], [15, 16]]])
    print(tensor2)

    // Operators work element by element.
    let sumTensor = tensor1 + tensor2
    print(sumTensor)

    let subTensor = tensor1 - tensor2
    print(subTensor)

    let mulTensor = tensor1 * tensor2
    print(mulTensor)

    let divTensor = tensor1 / tensor2
    print(divTensor)

    // The same four as functions.
    print(add(tensor1, tensor2))
    print(sub(tensor1, tensor2))
    print(mul(tensor1, tensor2))
    print(div(tensor1, tensor2))

    // The matrix product, for each pair of matrices.
    print(tensor1.matmul(tensor2))
}
