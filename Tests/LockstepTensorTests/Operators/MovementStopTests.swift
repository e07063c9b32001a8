import LockstepTensor
import Testing

/// A programmer's error in indexing, moving or reducing stops with PyTorch's message.
@Suite struct MovementStopTests {
    static func ones(_ shape: Int...) -> Tensor<Float> { .ones(shape) }

    static let stops: [Stop] = [
        Stop("Index tensor must have the same number of dimensions as input tensor") {
            _ = ones(3, 3).gathered(axis: 0, indices: .zeros([2, 2, 2]))
        },
        Stop("Size does not match at dimension 0 expected index [2, 4] to be no larger than self [3, 3] apart from") {
            _ = ones(3, 3).gathered(axis: 0, indices: .zeros([2, 4]))
        },
        Stop("index -1 is out of bounds for dimension 0 with size 3") {
            _ = ones(3).gathered(axis: 0, indices: Tensor([-1]))
        },
        Stop("index out of range in self") { _ = ones(3).selected(axis: 0, indices: Tensor([5])) },
        Stop("index_select(): Index is supposed to be a vector") {
            _ = ones(3).selected(axis: 0, indices: .zeros([1, 1]))
        },
        Stop("Expected index [2] to be no larger than self [3] apart from dimension 0 and to be no larger size than") {
            _ = ones(3).scatterAdding(ones(1), axis: 0, indices: Tensor([0, 1]))
        },
        Stop("Index tensor must have the same number of dimensions as self tensor") {
            _ = ones(3, 3).scattering(ones(2), axis: 0, indices: Tensor([0, 1]))
        },
        Stop("index 3 is out of bounds for dimension 0 with size 3") {
            _ = ones(3).scatterAdding(ones(2), axis: 0, indices: Tensor([0, 3]))
        },
        Stop("index -7 is out of bounds for dimension 0 with size 3") { _ = ones(3)[Tensor<Int64>([-7])] },
        Stop("invalid index of a 0-dim tensor.") { _ = Tensor<Float>(1)[0] },
        Stop("step must be greater than zero") { _ = ones(3)[.slice(by: 0)] },
        Stop("The shape of the mask [4] at index 0 does not match the shape of the indexed tensor [3] at index 0") {
            _ = ones(3)[Tensor<Bool>.zeros([4])]
        },
        Stop("shape mismatch: value tensor of shape [3] cannot be broadcast to indexing result of shape [2]") {
            var x = ones(3)
            x[Tensor([true, true, false])] = ones(3)
        },
        Stop("a leaf Variable that requires grad is being used in an in-place operation.") {
            var x = ones(3).requiringGrad()
            x[0] = 1
        },
        Stop("select(): index 5 out of range for tensor of size [3] at dimension 0") {
            _ = ones(3).selected(axis: 0, index: 5)
        },
        Stop("split expects split_size be non-negative, but got split_size=-1") { _ = ones(3).split(-1) },
        Stop("split_size can only be 0 if dimension size is 0, but got dimension size of 3") { _ = ones(3).split(0) },
        Stop("split_with_sizes expects split_sizes to sum exactly to 3 (input tensor's size at dimension 0)") {
            _ = ones(3).split([1, 1])
        },
        Stop("chunk expects `chunks` to be greater than 0, got: 0") { _ = ones(3).chunked(0) },
        Stop("Dimension specified as 0 but tensor has no dimensions") { _ = Tensor<Float>(1).unbound() },
        Stop("dim 0 appears multiple times in the list of dims") { _ = ones(3).flipped(axes: [0, -1]) },
        Stop("shifts and dimensions must align. shifts: 2, dims:1") { _ = ones(3).rolled(by: [1, 1], axes: [0]) },
        Stop("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor") {
            _ = ones(3, 3).repeated([2])
        },
        Stop("Trying to create tensor with negative dimension") { _ = ones(3).repeated([-1]) },
        Stop("movedim: repeated dim in `source` ([0, 0])") { _ = ones(3, 3).movedAxes(from: [0, 0], to: [0, 1]) },
        Stop("diag(): Supports 1D or 2D tensors. Got 3D") { _ = ones(3, 3, 3).diag() },
        Stop("diagonal dimensions cannot be identical 0, -2") { _ = ones(3, 3).diagonal(axes: 0, -2) },
        Stop("trace: expected a matrix, but got tensor with dim 1") { _ = ones(3).trace() },
        Stop("tril: input tensor must have at least 2 dimensions") { _ = ones(3).tril() },
        Stop("selected index k out of range") { _ = ones(3).topk(4) },
        Stop("mm: mat2 must be a matrix, got 1-D tensor") { _ = ones(3, 3).mm(ones(3)) },
        Stop("Expected size for first two dimensions of batch2 tensor to be: [2, 3] but got: [1, 3].") {
            _ = ones(2, 3, 3).bmm(ones(1, 3, 3))
        },
        Stop("vector + matrix @ vector expected, got 1, 2, 2") { _ = ones(3, 3).mv(ones(3, 3)) },
        Stop("1D tensors expected, but got 2D and 1D tensors") { _ = ones(3, 3).dot(ones(3)) },
        Stop("outer: Expected 1-D argument vec2, but got 2-D") { _ = ones(3).outer(ones(3, 3)) },
        Stop("amax(): Expected reduction dim to be specified for input.numel() == 0.") { _ = ones(0).amax() },
        Stop("amin(): Expected reduction dim 1 to have non-zero size.") { _ = ones(2, 0).amin(axes: [1]) },
    ]

    @Test(arguments: stops.indices) func stopsWithItsMessage(_ place: Int) async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [place] in
            MovementStopTests.stops[place].run()
        }
        #expect(said(MovementStopTests.stops[place].message, result), "\(MovementStopTests.stops[place].message)")
    }
}
