public import LockstepTensor

/// A layer that joins all axes but the first: [n, …] becomes [n, the product of the rest].
///
/// Source: `torch.nn.Flatten`, with its default axes.
public final class Flatten: Module, Layer {
    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        // Not −1: with no samples at all the rest could not be told.
        input.reshaped(to: [input.shape[0], input.shape.dropFirst().reduce(1, *)])
    }
}
