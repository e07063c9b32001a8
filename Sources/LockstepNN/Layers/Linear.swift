public import LockstepTensor

/// A layer that computes y = x Wᵀ + b.
///
/// Input [..., inFeatures], output [..., outFeatures]; `weight` is [outFeatures, inFeatures] and `bias` is [outFeatures].
///
/// Both are first drawn uniformly from [−1/√inFeatures, 1/√inFeatures) from the thread's default generator, the weight before
/// the bias; after `manualSeed` they are PyTorch's, bit for bit.
///
/// Stops with PyTorch's message when the input's last axis is not inFeatures long. Source: `torch.nn.Linear`.
public final class Linear: Module, Layer {
    /// What the input is multiplied by, shape [outFeatures, inFeatures].
    public let weight: Parameter
    /// What is added to the product, shape [outFeatures]; nil where the layer was made without.
    public let bias: Parameter?

    /// A layer from `inFeatures` numbers to `outFeatures`, with a bias unless told otherwise.
    public init(_ inFeatures: Int, _ outFeatures: Int, bias: Bool = true) {
        // The slope √5 makes the bound 1/√inFeatures.
        weight = Parameter(kaimingUniform([outFeatures, inFeatures], negativeSlope: (5.0).squareRoot()))
        if bias {
            let bound = inFeatures > 0 ? Float(1 / Double(inFeatures).squareRoot()) : 0
            self.bias = Parameter(.uniform([outFeatures], from: -bound, to: bound))
        } else {
            self.bias = nil
        }
    }

    /// The number of numbers in a sample of the input.
    public var inFeatures: Int { weight.shape[1] }
    /// The number of numbers in a sample of the output.
    public var outFeatures: Int { weight.shape[0] }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { self(input, activation: .none) }

    /// The output with an activation applied in the same pass.
    public func callAsFunction(_ input: Tensor<Float>, activation: Activation) -> Tensor<Float> {
        linear(input, weight.value, bias?.value, activation: activation)
    }
}
