import CLockstepKernels

extension Tensor where Scalar: FloatingScalar {
    /// Adds b, broadcast to the shape of a. In place where nobody else holds the memory.
    ///
    /// Recorded like `a + b`; inside `noGrad` it changes the values alone, and a leaf stays one. Stops where the result would have
    /// another shape than a, and outside of `noGrad` for a leaf that requires a gradient.
    @_specialize(where Scalar == Float)
    public static func += (a: inout Tensor, b: Tensor) { a.update(.add, b) { $0 + $1 } }
    /// Subtracts b; as `+=`.
    @_specialize(where Scalar == Float)
    public static func -= (a: inout Tensor, b: Tensor) { a.update(.subtract, b) { $0 - $1 } }
    /// Multiplies by b; as `+=`.
    @_specialize(where Scalar == Float)
    public static func *= (a: inout Tensor, b: Tensor) { a.update(.multiply, b) { $0 * $1 } }
    /// Divides by b; as `+=`.
    @_specialize(where Scalar == Float)
    public static func /= (a: inout Tensor, b: Tensor) { a.update(.divide, b) { $0 / $1 } }

    /// Adds one number to all elements; as `+=` with a tensor.
    @_specialize(where Scalar == Float)
    public static func += (a: inout Tensor, b: Scalar) { a += Tensor(b) }
    /// Subtracts one number from all elements; as `+=` with a tensor.
    @_specialize(where Scalar == Float)
    public static func -= (a: inout Tensor, b: Scalar) { a -= Tensor(b) }
    /// Multiplies all elements by one number; as `+=` with a tensor.
    @_specialize(where Scalar == Float)
    public static func *= (a: inout Tensor, b: Scalar) { a *= Tensor(b) }
    /// Divides all elements by one number; as `+=` with a tensor.
    @_specialize(where Scalar == Float)
    public static func /= (a: inout Tensor, b: Scalar) { a /= Tensor(b) }

    private mutating func update(_ operation: LKBinary, _ b: Tensor, recorded: (Tensor, Tensor) -> Tensor) {
        checkKeepsShape(b)
        if records(node, b.node) {
            checkNotLeaf()
            self = recorded(self, b)
        } else if isUniqueAndContiguous {
            Tensor.run(operation, self, b, into: storage.pointer + layout.offset, shape: shape)
        } else {
            let node = node
            self = .computed(operation, self, b)
            self.node = node
        }
    }
}

extension Tensor where Scalar: IntegerScalar {
    /// Adds b, broadcast to the shape of a. In place where nobody else holds the memory.
    ///
    /// Stops where the result would have another shape than a.
    public static func += (a: inout Tensor, b: Tensor) { a.update(.add, b) }
    /// Subtracts b; as `+=`.
    public static func -= (a: inout Tensor, b: Tensor) { a.update(.subtract, b) }
    /// Multiplies by b; as `+=`.
    public static func *= (a: inout Tensor, b: Tensor) { a.update(.multiply, b) }

    /// Adds one number to all elements; as `+=` with a tensor.
    public static func += (a: inout Tensor, b: Scalar) { a += Tensor(b) }
    /// Subtracts one number from all elements; as `+=` with a tensor.
    public static func -= (a: inout Tensor, b: Scalar) { a -= Tensor(b) }
    /// Multiplies all elements by one number; as `+=` with a tensor.
    public static func *= (a: inout Tensor, b: Scalar) { a *= Tensor(b) }

    private mutating func update(_ operation: LKInteger, _ b: Tensor) {
        checkKeepsShape(b)
        if isUniqueAndContiguous {
            Tensor.combine(operation, self, b, into: storage.pointer + layout.offset, shape: shape)
        } else {
            self = .combined(operation, self, b)
        }
    }
}

extension Tensor {
    /// Stops where an in-place operation with `b` would change the shape.
    fileprivate func checkKeepsShape(_ b: Tensor) {
        let common = Layout.broadcast(shape, b.shape)
        guard common == shape else {
            fatalError("output with shape \(shape) doesn't match the broadcast shape \(common)")
        }
    }
}
