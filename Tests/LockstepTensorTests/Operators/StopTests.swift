import LockstepTensor
import Testing

/// A programmer's error stops with PyTorch's message.
@Suite struct StopTests {
    static func ones(_ shape: Int...) -> Tensor<Float> { .ones(shape) }

    static let stops: [Stop] = [
        Stop("mat1 and mat2 shapes cannot be multiplied (2x2 and 1x2)") { _ = ones(2, 2).matmul(ones(1, 2)) },
        Stop("mat1 and mat2 shapes cannot be multiplied (1x2 and 3x4)") { _ = ones(2).matmul(ones(3, 4)) },
        Stop("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)") { _ = linear(ones(2, 3), ones(5, 4)) },
        Stop("mat1 and mat2 shapes cannot be multiplied (2x2 and 1x2)") {
            _ = Tensor<Int64>([[1, 2], [3, 4]]).matmul(Tensor([[1, 2]]))
        },
        Stop("mm: mat2 must be a matrix, got 1-D tensor") { _ = Tensor<Int64>([[1, 2]]).mm(Tensor([1, 2])) },
        Stop("inconsistent tensor size, expected tensor [3] and src [4]") { _ = ones(3).matmul(ones(4)) },
        Stop("size mismatch, got input (2), mat (2x3), vec (4)") { _ = ones(2, 3).matmul(ones(4)) },
        Stop("batch2 tensor to be: [2, 3] but got: [2, 4].") { _ = ones(2, 2, 3).matmul(ones(2, 4, 2)) },
        Stop("tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0") {
            _ = ones(2, 2, 3).matmul(ones(3, 3, 2))
        },
        Stop("both arguments to matmul need to be at least 1D, but they are 0D and 1D") {
            _ = Tensor<Float>(1).matmul(ones(3))
        },
        Stop("tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1") {
            _ = ones(2, 3) + ones(2, 4)
        },
        Stop("output with shape [3] doesn't match the broadcast shape [2, 3]") {
            var x = ones(3)
            x += ones(2, 3)
        },
        Stop("The expanded size of the tensor (4) must match the existing size (5)") {
            _ = linear(ones(2, 3), ones(4, 3), ones(5))
        },
        Stop("shape '[4]' is invalid for input of size 6") { _ = ones(2, 3).reshaped(to: [4]) },
        Stop("shape '[-1, 4]' is invalid for input of size 6") { _ = ones(2, 3).reshaped(to: [-1, 4]) },
        Stop("only one dimension can be inferred") { _ = ones(2, 3).reshaped(to: [-1, -1]) },
        Stop("invalid shape dimension -2 at index 0 of shape [-2, 3]") { _ = ones(2, 3).reshaped(to: [-2, 3]) },
        Stop("unspecified dimension size -1 can be any value") { _ = ones(0, 3).reshaped(to: [-1, 0]) },
        Stop("shape '[4]' is invalid for input of size 3") { _ = Tensor<Float>([1, 2, 3], shape: [4]) },
        Stop("Dimension size must be non-negative") { _ = ones(-1) },
        Stop("expected to be in range of [-2, 1], but got 2") { _ = ones(2, 3).transposed(0, 2) },
        Stop("expected to be in range of [-2, 1], but got -3") { _ = ones(2, 3).sum(axis: -3) },
        Stop("expected to be in range of [-2, 1], but got 2") { _ = ones(3).unsqueezed(axis: 2) },
        Stop("expected to be in range of [-1, 0], but got 1") { _ = ones(3).softmax(axis: 1) },
        Stop("t() expects a tensor with <= 2 dimensions, but self is 3D") { _ = ones(2, 3, 4).t },
        Stop("input.dim() = 2 is not equal to len(dims) = 1") { _ = ones(2, 3).permuted([0]) },
        Stop("permute(): duplicate dims are not allowed.") { _ = ones(2, 3).permuted([0, -2]) },
        Stop("Target sizes: [4].  Tensor sizes: [3]") { _ = ones(3).expanded(to: [4]) },
        Stop("the number of sizes provided (1) must be greater or equal") { _ = ones(2, 3).expanded(to: [3]) },
        Stop("flatten() has invalid args") { _ = ones(2, 3).flattened(from: 1, through: 0) },
        Stop("Expected size 3 but got size 4 for tensor number 1") { _ = concatenated([ones(2, 3), ones(2, 4)]) },
        Stop("expected a non-empty list of Tensors") { _ = concatenated([Tensor<Float>]()) },
        Stop("Tensors must have same number of dimensions: got 2 and 1") { _ = concatenated([ones(2, 3), ones(2)]) },
        Stop("zero-dimensional tensor (at position 0) cannot be concatenated") { _ = concatenated([Tensor<Float>(1)]) },
        Stop("got [3] at entry 0 and [4] at entry 1") { _ = stacked([ones(3), ones(4)]) },
        Stop("index 5 is out of bounds for dimension 0 with size 3") { _ = ones(3)[5] },
        Stop("index -7 is out of bounds for dimension 1 with size 4") { _ = ones(3, 4)[0, -7] },
        Stop("too many indices for tensor of dimension 1") { _ = ones(3)[0, 0] },
        Stop("start (1) + length (3) exceeds dimension size (3).") {
            _ = ones(3).narrowed(axis: 0, start: 1, count: 3)
        },
        Stop("start out of range (expected to be in range of [-3, 3], but got 5)") {
            _ = ones(3).narrowed(axis: 0, start: 5, count: 1)
        },
        Stop("a Tensor with 3 elements cannot be converted to Scalar") { _ = ones(3).item() },
        Stop("dim 0 appears multiple times in the list of dims") { _ = ones(3, 4).sum(axes: [0, -2]) },
        Stop("max(): Expected reduction dim to be specified for input.numel() == 0.") { _ = ones(0).max() },
        Stop("min(): Expected reduction dim 1 to have non-zero size.") { _ = ones(2, 0).min(axis: 1) },
        Stop("Expected input batch_size (2) to match target batch_size (3).") {
            _ = crossEntropy(ones(2, 3), targets: Tensor([0, 1, 2]))
        },
        Stop("Target 3 is out of bounds.") { _ = crossEntropy(ones(2, 3), targets: Tensor([0, 3])) },
        Stop("Target -1 is out of bounds.") { _ = crossEntropy(ones(2, 3), targets: Tensor([0, -1])) },
        Stop("grad can be implicitly created only for scalar outputs") {
            ones(3).requiringGrad().exp().backward()
        },
        Stop("element 0 of tensors does not require grad and does not have a grad_fn") { ones(3).sum().backward() },
        Stop("grad_output[0] has a shape of [2] and output[0] has a shape of [3].") {
            ones(3).requiringGrad().exp().backward(gradient: ones(2))
        },
        Stop("Trying to backward through the graph a second time") {
            let loss = ones(3).requiringGrad().exp().sum()
            loss.backward()
            loss.backward()
        },
        Stop("a leaf Variable that requires grad is being used in an in-place operation.") {
            var x = ones(3).requiringGrad()
            x += 1
        },
        Stop("a leaf Variable that requires grad is being used in an in-place operation.") {
            var x = ones(3).requiringGrad()
            x[0] = Tensor(1)
        },
        Stop("a tensor that requires grad can be written to inside of noGrad alone") {
            var x = ones(3).requiringGrad() * 2
            x.withUnsafeMutableElements { $0[0] = 1 }
        },
        Stop("attempting to assign a gradient of size '[2]' to a tensor of size '[3]'") {
            ones(3).requiringGrad().gradient = ones(2)
        },
        Stop("attempting to assign a gradient of size '[2]' to a tensor of size '[3]'") {
            Parameter(ones(3)).gradient = ones(2)
        },
        Stop("a parameter of shape [3] cannot be set to a value of shape [1, 3]") {
            Parameter(ones(3)).value = ones(1, 3)
        },
        Stop("upper bound and lower bound inconsistent with step sign") { _ = Tensor<Float>.arange(0, 3, step: -1) },
        Stop("step must be nonzero") { _ = Tensor<Int64>.arange(0, 3, step: 0) },
        Stop("number of steps must be non-negative") { _ = Tensor<Float>.linspace(0, 1, steps: -1) },
        Stop("a parameter appears more than once in a ParameterBuffer: [\"a\", \"b\"]") {
            let shared = Parameter(ones(3))
            _ = ParameterBuffer([("a", shared), ("b", shared)])
        },
        Stop("this ParameterBuffer is no longer in use") {
            let (a, b) = (Parameter(ones(3)), Parameter(ones(3)))
            let first = ParameterBuffer([("a", a), ("b", b)])
            _ = ParameterBuffer([("b", b)])
            first.update { _, _ in }
        },
    ]

    @Test(arguments: stops.indices) func stopsWithItsMessage(_ place: Int) async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [place] in
            StopTests.stops[place].run()
        }
        #expect(said(StopTests.stops[place].message, result), "\(StopTests.stops[place].message)")
    }
}
