public import LockstepTensor

/// A tensor that belongs to a module's state but is not trained, such as the running mean of a batch normalization.
///
/// It is found as parameters are, by the stored property that holds it, and is in the state dictionary; optimizers pass it over.
///
/// Source: `torch.nn.Module.register_buffer`, `torch.nn.Buffer`.
public final class Buffer {
    /// The elements; the module that owns the buffer sets them.
    public var value: Tensor<Float> {
        didSet { value = value.detached() }
    }

    /// A buffer that starts from `value`.
    public init(_ value: Tensor<Float>) { self.value = value.detached() }

    /// Elements along each axis.
    public var shape: [Int] { value.shape }
}
