public import LockstepTensor

/// A layer of two inputs: yₒ = x₁ᵀ Wₒ x₂ + bₒ; see `bilinear`.
///
/// `weight` is [out, in₁, in₂] and `bias` [out], both first drawn uniformly from ±1/√in₁ from the thread's default generator; after
/// `manualSeed` they are PyTorch's, bit for bit. Source: `torch.nn.Bilinear`.
public final class Bilinear: Module {
    /// A matrix for each output, [out, in₁, in₂].
    public let weight: Parameter
    /// [out]; nil where there is none.
    public let bias: Parameter?

    /// A layer from `inFeatures1` and `inFeatures2` numbers to `outFeatures`, with a bias unless told otherwise.
    public init(_ inFeatures1: Int, _ inFeatures2: Int, _ outFeatures: Int, bias: Bool = true) {
        guard inFeatures1 > 0 else { fatalError("in1_features must be > 0, but got \(inFeatures1)") }
        let bound = Float(1 / Double(inFeatures1).squareRoot())
        weight = Parameter(.uniform([outFeatures, inFeatures1, inFeatures2], from: -bound, to: bound))
        self.bias = bias ? Parameter(.uniform([outFeatures], from: -bound, to: bound)) : nil
    }

    /// The output for inputs [..., in₁] and [..., in₂].
    public func callAsFunction(_ first: Tensor<Float>, _ second: Tensor<Float>) -> Tensor<Float> {
        bilinear(first, second, weight.value, bias?.value)
    }
}
