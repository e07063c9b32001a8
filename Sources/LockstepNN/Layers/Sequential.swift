public import LockstepTensor

/// Layers one after another, each fed with the output of the one before.
///
/// They are named by their index: `0.weight`, `0.bias`, `2.weight`, … Source: `torch.nn.Sequential`.
///
///     let model = Sequential(Flatten(), Linear(784, 128), ReLU(), Linear(128, 10))
public final class Sequential: Module, Layer, CustomReflectable {
    public let layers: [any Layer]

    public init(_ layers: [any Layer]) { self.layers = layers }

    public convenience init(_ layers: any Layer...) { self.init(layers) }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        var (value, index) = (input, 0)
        while index < layers.count {
            if let linear = layers[index] as? Linear, index + 1 < layers.count, layers[index + 1] is ReLU {
                // The same bits as one after the other, in one pass over the result.
                value = linear(value, activation: .relu)
                index += 2
            } else {
                value = layers[index](value)
                index += 1
            }
        }
        return value
    }

    /// The layers under the names that PyTorch gives them, rather than `layers.0`.
    public var customMirror: Mirror {
        Mirror(self, children: layers.enumerated().map { (label: String($0.offset), value: $0.element as Any) })
    }
}
