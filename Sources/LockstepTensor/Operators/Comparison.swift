import CLockstepKernels

infix operator .== : ComparisonPrecedence
infix operator .!= : ComparisonPrecedence
infix operator .< : ComparisonPrecedence
infix operator .<= : ComparisonPrecedence
infix operator .> : ComparisonPrecedence
infix operator .>= : ComparisonPrecedence

// Element by element, broadcast to a common shape, and named as Swift's SIMD types name them; not differentiable.
extension Tensor {
    /// Where a and b are equal. Stops where the shapes do not fit.
    public static func .== (a: Tensor, b: Tensor) -> Tensor<Bool> { compare(.equal, a, b) }
    /// Where a and b are not equal. Stops where the shapes do not fit.
    public static func .!= (a: Tensor, b: Tensor) -> Tensor<Bool> { compare(.notEqual, a, b) }
    /// Where an element equals a value.
    public static func .== (a: Tensor, b: Scalar) -> Tensor<Bool> { a .== Tensor(b) }
    /// Where an element does not equal a value.
    public static func .!= (a: Tensor, b: Scalar) -> Tensor<Bool> { a .!= Tensor(b) }

    private static func compare(_ comparison: LKComparison, _ a: Tensor, _ b: Tensor) -> Tensor<Bool> {
        let result = Tensor<Bool>(uninitialized: Layout.broadcast(a.shape, b.shape))
        let loops = LoopNest(
            shape: result.shape,
            strides: [
                a.layout.strides(broadcastTo: result.shape), b.layout.strides(broadcastTo: result.shape),
                result.layout.strides,
            ])
        withExtendedLifetime((a.storage, b.storage)) {
            loops.forEachPlane { offsets in
                lk_compare(
                    Scalar.dtype.element, comparison, loops.rows, loops.columns,
                    a.pointer + offsets[0], loops.rowStrides[0], loops.columnStrides[0],
                    b.pointer + offsets[1], loops.rowStrides[1], loops.columnStrides[1],
                    result.storage.pointer + offsets[2])
            }
        }
        return result
    }
}

extension Tensor where Scalar: Comparable {
    /// Where a is less than b. Stops where the shapes do not fit.
    public static func .< (a: Tensor, b: Tensor) -> Tensor<Bool> { compare(.less, a, b) }
    /// Where a is less than or equal to b. Stops where the shapes do not fit.
    public static func .<= (a: Tensor, b: Tensor) -> Tensor<Bool> { compare(.lessOrEqual, a, b) }
    /// Where a is greater than b. Stops where the shapes do not fit.
    public static func .> (a: Tensor, b: Tensor) -> Tensor<Bool> { compare(.less, b, a) }
    /// Where a is greater than or equal to b. Stops where the shapes do not fit.
    public static func .>= (a: Tensor, b: Tensor) -> Tensor<Bool> { compare(.lessOrEqual, b, a) }
    /// Where an element is less than a value.
    public static func .< (a: Tensor, b: Scalar) -> Tensor<Bool> { a .< Tensor(b) }
    /// Where an element is less than or equal to a value.
    public static func .<= (a: Tensor, b: Scalar) -> Tensor<Bool> { a .<= Tensor(b) }
    /// Where an element is greater than a value.
    public static func .> (a: Tensor, b: Scalar) -> Tensor<Bool> { a .> Tensor(b) }
    /// Where an element is greater than or equal to a value.
    public static func .>= (a: Tensor, b: Scalar) -> Tensor<Bool> { a .>= Tensor(b) }
}

extension Tensor: Equatable {
    /// Whether the shapes are the same and all elements are equal; NaN equals nothing.
    public static func == (a: Tensor, b: Tensor) -> Bool {
        a.shape == b.shape
            && a.withUnsafeElements { first in b.withUnsafeElements { second in first.elementsEqual(second) } }
    }
}

extension DType {
    /// The kernels' name for the type; `Bool` is compared as the byte that it is.
    var element: LKElement {
        switch self {
        case .float32: .float32
        case .float64: .float64
        case .int64: .int64
        case .int32: .int32
        case .uint8, .bool: .uInt8
        }
    }
}
