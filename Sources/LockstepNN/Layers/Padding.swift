public import LockstepTensor

/// Adds elements at the ends of the last axes; see `padded`.
///
/// Source: `torch.nn.ZeroPad2d`, `torch.nn.ConstantPad2d`, `torch.nn.ReflectionPad2d`, `torch.nn.ReplicationPad2d`,
/// `torch.nn.CircularPad2d` and their siblings for other numbers of axes.
public final class Pad: Module, Layer {
    private let apply: (Tensor<Float>) -> Tensor<Float>

    /// Elements of `value`, 0 unless given; `amounts` from the last axis backwards, as in PyTorch: [left, right, top, bottom, …].
    public init(_ amounts: [Int], value: Float = 0) { apply = { $0.padded(amounts, value: value) } }

    /// Elements taken from the tensor itself.
    public init(_ amounts: [Int], mode: PaddingMode) { apply = { $0.padded(amounts, mode: mode) } }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { apply(input) }
}
