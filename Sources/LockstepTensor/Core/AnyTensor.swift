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
}
