public import LockstepTensor

/// The rectifier: max(x, 0), element by element. Its gradient at 0 is 0. Source: `torch.nn.ReLU`.
public final class ReLU: Module, Layer {
    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.relu() }
}

/// The logistic function: 1 / (1 + e⁻ˣ), element by element. Source: `torch.nn.Sigmoid`.
public final class Sigmoid: Module, Layer {
    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.sigmoid() }
}

/// The hyperbolic tangent, element by element. Source: `torch.nn.Tanh`.
public final class Tanh: Module, Layer {
    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.tanh() }
}
