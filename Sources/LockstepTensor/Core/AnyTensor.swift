/// A tensor whose element type is known only at run time: one read from a file or a message.
public enum AnyTensor: Sendable {
    /// Elements of type `Float`.
    case float32(Tensor<Float>)
    /// Elements of type `Double`.
    case float64(Tensor<Double>)
    /// Elements of type `Int64`.
    case int64(Tensor<Int64>)
    /// Elements of type `Int32`.
    case int32(Tensor<Int32>)
    /// Elements of type `UInt8`.
    case uint8(Tensor<UInt8>)
    /// Elements of type `Bool`.
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
}

extension AnyTensor {
    /// A tensor whose element type is known, as one of a type known at run time.
    public init<Scalar: TensorScalar>(_ tensor: Tensor<Scalar>) {
        switch tensor {
        case let tensor as Tensor<Float>: self = .float32(tensor)
        case let tensor as Tensor<Double>: self = .float64(tensor)
        case let tensor as Tensor<Int64>: self = .int64(tensor)
        case let tensor as Tensor<Int32>: self = .int32(tensor)
        case let tensor as Tensor<UInt8>: self = .uint8(tensor)
        case let tensor as Tensor<Bool>: self = .bool(tensor)
        default: fatalError("\(Scalar.self) is no element type of AnyTensor")
        }
    }

    /// The elements converted to a type, as `Tensor(converting:)` does; the tensor itself, without a copy, where it has that type.
    public func to<Scalar: TensorScalar>(_ type: Scalar.Type) -> Tensor<Scalar> {
        func converted<Other: TensorScalar>(_ tensor: Tensor<Other>) -> Tensor<Scalar> {
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
