import Lockstep

/// The network: 28×28 pixels in, a score for each of ten classes out.
///
/// A network is a class that inherits from `Module`, holds its layers, and says what calling it computes.
final class Net: Module, Layer {
    /// Layers one after another. Weights and biases are in the `Linear` ones.
    let layers: Sequential

    init(inputSize: Int = 784, classes: Int = 10) {
        layers = Sequential(
            Linear(inputSize, 64),
            ReLU(),
            Linear(64, classes))
    }

    func callAsFunction(_ x: Tensor<Float>) -> Tensor<Float> {
        // [N, 28, 28] becomes [N, 784]: the size of the batch stays, and −1 stands for what is left.
        let flat = x.reshaped(to: [x.shape[0], -1])
        // No softmax at the end: the loss has it, and the greatest score is the greatest with or without.
        return layers(flat)
    }
}
