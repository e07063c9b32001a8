/// A type that a tensor can compute with: `Float`, `Double`, `Int64`, `Int32` or `UInt8`.
///
/// For what has no gradient and works on all of them: comparing, sorting, extrema. Arithmetic is defined for `FloatingScalar`,
/// where it is recorded for backward, and for `IntegerScalar`, where there is nothing to record; it is deliberately not
/// defined here, because generic code would then compute with floating-point tensors and lose their gradients.
public protocol NumericScalar: TensorScalar, Numeric, Comparable {}

/// A whole-number type that a tensor can compute with: `Int64`, `Int32` or `UInt8`. Results that do not fit wrap around.
public protocol IntegerScalar: NumericScalar, FixedWidthInteger {}

extension Int64: IntegerScalar {}
extension Int32: IntegerScalar {}
extension UInt8: IntegerScalar {}
