import CLockstepKernels

/// A floating-point type that a tensor can compute with: `Float` or `Double`.
public protocol FloatingScalar: NumericScalar, BinaryFloatingPoint {}

extension Float: FloatingScalar {}
extension Double: FloatingScalar {}

extension FloatingScalar {
    /// The kernels' name for the type.
    static var kernelType: LKType { dtype == .float64 ? .float64 : .float32 }
}
