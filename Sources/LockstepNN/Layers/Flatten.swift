public import LockstepTensor

/// A layer that joins axes: [n, …] becomes [n, the product of the rest] unless told otherwise.
///
/// Source: `torch.nn.Flatten`.
public final class Flatten: Module, Layer {
    private let first: Int
    private let last: Int

    /// The axes from `first` through `last` become one.
    public init(from first: Int = 1, through last: Int = -1) { (self.first, self.last) = (first, last) }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        // A vector of samples has no rest: each is a row of its own.
        if first == 1, last == -1, input.rank == 1 { return input.unsqueezed(axis: 1) }
        return input.flattened(from: first, through: last)
    }
}
