/// The element type of a tensor, by PyTorch's name.
///
/// In Swift code the element type is in the tensor's type (`Tensor<Float>`), so mixing two does not compile. A `DType` is for
/// the places where it is known only at run time: files, messages, printing.
public enum DType: String, Sendable, CaseIterable {
    /// `Float`: single precision.
    case float32
    /// `Double`: double precision.
    case float64
    /// `Int64`, which indices and counts are.
    case int64
    /// `Int32`.
    case int32
    /// `UInt8`: 0 through 255.
    case uint8
    /// `Bool`, one byte each, which masks are.
    case bool

    /// Bytes of one element.
    public var size: Int {
        switch self {
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .uint8, .bool: 1
        }
    }

    /// Whether elements have a fraction, and so a gradient.
    public var isFloatingPoint: Bool { self == .float32 || self == .float64 }
}

/// A type that a tensor can hold.
public protocol TensorScalar: Sendable, Equatable, BitwiseCopyable {
    /// The element type's run-time name.
    static var dtype: DType { get }
    /// The value that new memory starts from: zero, or `false`.
    static var zero: Self { get }
}

extension Float: TensorScalar { public static var dtype: DType { .float32 } }
extension Double: TensorScalar { public static var dtype: DType { .float64 } }
extension Int64: TensorScalar { public static var dtype: DType { .int64 } }
extension Int32: TensorScalar { public static var dtype: DType { .int32 } }
extension UInt8: TensorScalar { public static var dtype: DType { .uint8 } }
extension Bool: TensorScalar {
    public static var dtype: DType { .bool }
    public static var zero: Bool { false }
}
