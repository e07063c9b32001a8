public import LockstepTensor

/// Layers one after another, each fed with the output of the one before.
///
/// They are named by their index: `0.weight`, `0.bias`, `2.weight`, … Source: `torch.nn.Sequential`.
///
///     let model = Sequential(Flatten(), Linear(784, 128), ReLU(), Linear(128, 10))
public final class Sequential: Module, Layer, CustomReflectable {
    /// The layers, in order.
    public let layers: [any Layer]

    /// The given layers, one after another.
    public init(_ layers: [any Layer]) { self.layers = layers }

    /// The given layers, one after another.
    public convenience init(_ layers: any Layer...) { self.init(layers) }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        var (value, index) = (input, 0)
        while index < layers.count {
            // With what is applied next the same bits as one after the other, in one pass over the result.
            let activation = activation(at: index + 1)
            if let linear = layers[index] as? Linear, let activation {
                value = linear(value, activation: activation)
                index += 2
            } else if let convolution = layers[index] as? Conv2d, let activation {
                value = convolution(value, activation: activation)
                index += 2
            } else {
                value = layers[index](value)
                index += 1
            }
        }
        return value
    }

    /// What the layer at a place applies, if `Linear` and `Conv2d` can do so themselves.
    private func activation(at index: Int) -> Activation? {
        guard index < layers.count else { return nil }
        if layers[index] is ReLU { return .relu }
        if let gelu = layers[index] as? GELU, case .none = gelu.approximate { return .gelu }
        return nil
    }

    /// The layers under the names that PyTorch gives them, rather than `layers.0`.
    public var customMirror: Mirror {
        Mirror(self, children: layers.enumerated().map { (label: String($0.offset), value: $0.element as Any) })
    }
}
