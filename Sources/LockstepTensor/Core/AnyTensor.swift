/// A tensor whose element type is known only at run time: one read from a file or a message.
public enum AnyTensor: Sendable {
    case float32(Tensor<Float>)
    case float64(Tensor<Double>)
    case int64(Tensor<Int64>)
    case int32(Tensor<Int32>)
    case uint8(Tensor<UInt8>)
    case bool(Tensor<Bool>)

    /// The element type.
    public var dtype: DType {
        switch self {
        case .float32: .float32
        case .float64: .float64
        case .int64: .int64
        case .int32: .int32
        case .uint8: .uint8
        case .bool: .bool
        }
    }

    /// Elements along each axis.
    public var shape: [Int] {
        switch self {
        case .float32(let tensor): tensor.shape
        case .float64(let tensor): tensor.shape
        case .int64(let tensor): tensor.shape
        case .int32(let tensor): tensor.shape
        case .uint8(let tensor): tensor.shape
        case .bool(let tensor): tensor.shape
        }
    }

    /// The elements as a tensor of one type: the tensor itself where it is of that type, otherwise converted.
    ///
    ///     let x = try NPY(contentsOf: "x.npy").tensor.to(Float.self)
    ///
    /// See `Tensor.init(converting:)` for what conversions do. Source: `torch.Tensor.to`.
    public func to<Scalar: TensorScalar>(_ type: Scalar.Type) -> Tensor<Scalar> {
        func converted<Other>(_ tensor: Tensor<Other>) -> Tensor<Scalar> {
            tensor as? Tensor<Scalar> ?? Tensor<Scalar>(converting: tensor)
        }
        return switch self {
        case .float32(let tensor): converted(tensor)
        case .float64(let tensor): converted(tensor)
        case .int64(let tensor): converted(tensor)
        case .int32(let tensor): converted(tensor)
        case .uint8(let tensor): converted(tensor)
        case .bool(let tensor): converted(tensor)
        }
    }
}

extension AnyTensor: CustomStringConvertible {
    /// The tensor as PyTorch prints it.
    public var description: String {
        switch self {
        case .float32(let tensor): tensor.description
        case .float64(let tensor): tensor.description
        case .int64(let tensor): tensor.description
        case .int32(let tensor): tensor.description
        case .uint8(let tensor): tensor.description
        case .bool(let tensor): tensor.description
        }
    }
}
