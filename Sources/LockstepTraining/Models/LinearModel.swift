internal import LockstepNN
internal import LockstepTensor

/// One linear layer over all numbers of a sample: the models `linear` and `logistic`.
///
/// The parameters are `weight` [outputs, inputs] and `bias` [outputs], as of PyTorch's `Linear(inputs, outputs)`.
final class LinearModel: Module, Layer, CustomReflectable {
    private let linear: Linear

    init(_ inputs: Int, _ outputs: Int) { linear = Linear(inputs, outputs) }

    func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { linear(input.flattened(from: 1)) }

    /// The layer's parameters as the model's own.
    var customMirror: Mirror { Mirror(reflecting: linear) }
}
