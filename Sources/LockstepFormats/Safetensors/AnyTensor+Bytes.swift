package import LockstepTensor

extension AnyTensor {
    /// A tensor of an element type known only at run time, whose bytes (row-major, little-endian) `fill` writes.
    ///
    /// The caller has checked that the product of `shape` does not overflow. For `bool`, `fill` must leave only 0 and 1.
    package init(
        dtype: DType, shape: [Int], filledBy fill: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        func tensor<Scalar>(_: Scalar.Type) throws -> Tensor<Scalar> {
            try Tensor(shape: shape) { try fill(UnsafeMutableRawBufferPointer($0)) }
        }
        self =
            switch dtype {
            case .float32: .float32(try tensor(Float.self))
            case .float64: .float64(try tensor(Double.self))
            case .int64: .int64(try tensor(Int64.self))
            case .int32: .int32(try tensor(Int32.self))
            case .uint8: .uint8(try tensor(UInt8.self))
            case .bool: .bool(try tensor(Bool.self))
            }
    }

    /// Calls `body` with the elements' bytes, row-major and little-endian.
    package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        switch self {
        case .float32(let tensor): try tensor.withUnsafeElements { try body(UnsafeRawBufferPointer($0)) }
        case .float64(let tensor): try tensor.withUnsafeElements { try body(UnsafeRawBufferPointer($0)) }
        case .int64(let tensor): try tensor.withUnsafeElements { try body(UnsafeRawBufferPointer($0)) }
        case .int32(let tensor): try tensor.withUnsafeElements { try body(UnsafeRawBufferPointer($0)) }
        case .uint8(let tensor): try tensor.withUnsafeElements { try body(UnsafeRawBufferPointer($0)) }
        case .bool(let tensor): try tensor.withUnsafeElements { try body(UnsafeRawBufferPointer($0)) }
        }
    }
}
