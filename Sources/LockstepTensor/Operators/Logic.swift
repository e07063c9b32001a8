import CLockstepKernels

infix operator .& : LogicalConjunctionPrecedence
infix operator .| : LogicalDisjunctionPrecedence
infix operator .^ : LogicalDisjunctionPrecedence

// Element by element, broadcast to a common shape, and named as Swift's SIMD masks name them.
extension Tensor<Bool> {
    /// Where both a and b are true. Stops where the shapes do not fit.
    ///
    /// Source: `torch.logical_and`.
    public static func .& (a: Tensor, b: Tensor) -> Tensor { combined(.and, a, b) }

    /// Where a or b is true. Stops where the shapes do not fit.
    ///
    /// Source: `torch.logical_or`.
    public static func .| (a: Tensor, b: Tensor) -> Tensor { combined(.or, a, b) }

    /// Where one of a and b is true and the other is not. Stops where the shapes do not fit.
    ///
    /// Source: `torch.logical_xor`.
    public static func .^ (a: Tensor, b: Tensor) -> Tensor { combined(.exclusiveOr, a, b) }

    /// How many elements are true.
    public var countTrue: Int { withUnsafeElements { $0.reduce(0) { $0 + ($1 ? 1 : 0) } } }

    /// The elements negated.
    ///
    /// Source: `torch.logical_not`.
    public static prefix func ! (mask: Tensor) -> Tensor { mask .== Tensor(false) }
}

extension Tensor {
    /// f(a, b) of whole numbers or truth values, with broadcasting.
    static func combined(_ operation: LKInteger, _ a: Tensor, _ b: Tensor) -> Tensor {
        let result = Tensor(uninitialized: Layout.broadcast(a.shape, b.shape))
        combine(operation, a, b, into: result.storage.pointer, shape: result.shape)
        return result
    }

    /// Writes f(a, b), broadcast to `shape`, to `output` in row-major order; it may be where `a` or `b` lies in that order.
    static func combine(
        _ operation: LKInteger, _ a: Tensor, _ b: Tensor, into output: UnsafeMutablePointer<Scalar>, shape: [Int]
    ) {
        let loops = LoopNest(
            shape: shape,
            strides: [
                a.layout.strides(broadcastTo: shape), b.layout.strides(broadcastTo: shape),
                Layout.contiguousStrides(shape),
            ])
        withExtendedLifetime((a.storage, b.storage)) {
            loops.forEachPlane { offsets in
                lk_integer(
                    Scalar.dtype.element, operation, loops.rows, loops.columns,
                    a.pointer + offsets[0], loops.rowStrides[0], loops.columnStrides[0],
                    b.pointer + offsets[1], loops.rowStrides[1], loops.columnStrides[1], output + offsets[2])
            }
        }
    }
}
