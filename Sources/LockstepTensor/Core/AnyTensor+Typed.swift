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
}
