public import LockstepTensor

/// A buffer of any element type; see ``Buffer``.
public class AnyBuffer {
    fileprivate init() {}

    /// Elements along each axis.
    public var shape: [Int] { tensor.shape }
    /// A snapshot of the elements with their type.
    public var tensor: AnyTensor { fatalError("a buffer is a Buffer") }
    /// Replaces the elements by those of a tensor of the same shape, converted.
    package func load(_ tensor: AnyTensor) { fatalError("a buffer is a Buffer") }
}

/// A tensor that belongs to a module's state but is not trained, such as the running mean of a batch normalization.
///
/// It is found as parameters are, by the stored property that holds it, and is in the state dictionary with its element type;
/// optimizers pass it over.
///
/// Source: `torch.nn.Module.register_buffer`, `torch.nn.Buffer`.
public final class Buffer<Scalar: TensorScalar>: AnyBuffer {
    /// The elements; the module that owns the buffer sets them.
    public var value: Tensor<Scalar> {
        didSet { value = value.detached() }
    }

    /// A buffer that starts from `value`.
    public init(_ value: Tensor<Scalar>) { self.value = value.detached() }

    public override var tensor: AnyTensor { AnyTensor(value) }
    package override func load(_ tensor: AnyTensor) { value = tensor.to(Scalar.self) }
}
