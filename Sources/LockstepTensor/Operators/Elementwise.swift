import CLockstepKernels

// How element-wise operators reach their kernels, and what they have in common in backward. To add one: its line in the table of
// LKElementwise.h, and its method next to those of its kind.

extension Tensor where Scalar: FloatingScalar {
    /// f(a, b) with broadcasting; not recorded.
    static func computed(_ operation: LKBinary, _ a: Tensor, _ b: Tensor, p: Double = 0, q: Double = 0) -> Tensor {
        let shape = Layout.broadcast(a.shape, b.shape)
        let result = shape == a.shape ? Tensor(uninitializedLike: a.layout) : Tensor(uninitialized: shape)
        run(operation, a, b, into: result.storage.pointer, shape: result.shape, p: p, q: q)
        return result
    }

    /// Writes f(a, b), broadcast to `shape`, to `output` in row-major order; it may be where `a` or `b` lies in that order.
    static func run(
        _ operation: LKBinary, _ a: Tensor, _ b: Tensor, into output: UnsafeMutablePointer<Scalar>, shape: [Int],
        p: Double = 0, q: Double = 0
    ) {
        let type = Scalar.kernelType
        withExtendedLifetime((a.storage, b.storage)) {
            // Most operands have no gaps and the same shape, or one is a single number: no loops to work out.
            if a.layout.isContiguous, b.layout.isContiguous {
                let count = Swift.max(a.count, b.count)
                if a.shape == b.shape || (b.count == 1 && a.shape == shape) || (a.count == 1 && b.shape == shape) {
                    lk_binary(
                        type, operation, 1, count, a.pointer, 0, a.count == count ? 1 : 0,
                        b.pointer, 0, b.count == count ? 1 : 0, output, p, q)
                    return
                }
            }
            let loops = LoopNest(
                shape: shape,
                strides: [
                    a.layout.strides(broadcastTo: shape), b.layout.strides(broadcastTo: shape),
                    Layout.contiguousStrides(shape),
                ])
            loops.forEachPlane { offsets in
                lk_binary(
                    type, operation, loops.rows, loops.columns,
                    a.pointer + offsets[0], loops.rowStrides[0], loops.columnStrides[0],
                    b.pointer + offsets[1], loops.rowStrides[1], loops.columnStrides[1], output + offsets[2], p, q)
            }
        }
    }

    /// f(self); not recorded.
    func computed(_ operation: LKUnary, p: Double = 0, q: Double = 0) -> Tensor {
        let result = Tensor(uninitializedLike: layout)
        let type = Scalar.kernelType
        withExtendedLifetime(storage) {
            if layout.isContiguous {
                lk_unary(type, operation, 1, count, pointer, 0, 1, result.storage.pointer, p, q)
                return
            }
            let loops = LoopNest(shape: shape, strides: [layout.strides, result.layout.strides])
            loops.forEachPlane { offsets in
                lk_unary(
                    type, operation, loops.rows, loops.columns,
                    pointer + offsets[0], loops.rowStrides[0], loops.columnStrides[0],
                    result.storage.pointer + offsets[1], p, q)
            }
        }
        return result
    }

    /// f(self), recorded: its gradient is `gradient`(incoming gradient, saved input or output). The calling method's name is that
    /// of the operation.
    func mapped(
        _ operation: LKUnary, gradient: LKBinary, saving: UnaryNode<Scalar>.Saving, p: Double = 0, q: Double = 0,
        method: StaticString = #function
    ) -> Tensor {
        var result = computed(operation, p: p, q: q)
        if records(node) {
            let saved = saving == .input ? detached() : result
            result.node = UnaryNode(input: node, gradient, saved, saving, p, q, method)
        }
        return result
    }
}

extension Tensor where Scalar: FloatingScalar {
    /// f(self), recorded: its gradient is the incoming one times `derivative`(self), which is worked out in backward.
    func mapped(
        _ operation: LKUnary, method: StaticString = #function, derivative: @escaping FunctionNode<Scalar>.Derivative
    ) -> Tensor {
        var result = computed(operation)
        if records(node) { result.node = FunctionNode(self, method, derivative) }
        return result
    }

    /// f(self), recorded, for a function whose derivative is 0 everywhere.
    func stepped(_ operation: LKUnary, method: StaticString = #function) -> Tensor {
        var result = computed(operation)
        if records(node) { result.node = FlatNode([self], backwardName(ofMethod: method)) }
        return result
    }
}

/// An element-wise function of one tensor, whose gradient is a kernel of the incoming gradient and one saved value.
final class UnaryNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.

    /// Which value the gradient is computed from.
    enum Saving { case input, output }

    private let operation: LKBinary
    private let saving: Saving
    private var value: Tensor<Scalar>?
    private let p: Double
    private let q: Double
    private let method: StaticString

    init(
        input: Node?, _ operation: LKBinary, _ value: Tensor<Scalar>, _ saving: Saving, _ p: Double, _ q: Double,
        _ method: StaticString
    ) {
        self.operation = operation
        self.saving = saving
        self.value = value
        self.p = p
        self.q = q
        self.method = method
        super.init(inputs: [input])
    }

    override func backward(_ gradient: Tensor<Scalar>) {
        send(.computed(operation, gradient, saved(value), p: p, q: q), to: 0)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let value = saving == .input ? asInput(0, saved(value)) : asOutput(saved(value))
        if let part = UnaryNode.recorded(operation, gradient, value, p, q) {
            send(part, to: 0)
        } else {
            super.recordedBackward(gradient)
        }
    }

    override var operationName: String { backwardName(ofMethod: method) }

    override func releaseSaved() { value = nil }
}

/// An element-wise function of one tensor, whose derivative is made of other operators.
final class FunctionNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    typealias Derivative = @Sendable (Tensor<Scalar>) -> Tensor<Scalar>

    private let derivative: Derivative
    private let method: StaticString
    private var value: Tensor<Scalar>?

    init(_ input: Tensor<Scalar>, _ method: StaticString, _ derivative: @escaping Derivative) {
        self.derivative = derivative
        self.method = method
        value = input.detached()
        super.init(inputs: [input.node])
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) { send(gradient * derivative(saved(value)), to: 0) }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        send(gradient * derivative(asInput(0, saved(value))), to: 0)
    }

    override var operationName: String { backwardName(ofMethod: method) }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { value = nil }
}

/// A function that is flat wherever it has a derivative: all gradients are 0.
final class FlatNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private let shapes: [[Int]]
    override var operationName: String { givenName }
    private let givenName: String

    init(_ inputs: [Tensor<Scalar>], _ name: String) {
        shapes = inputs.map(\.shape)
        givenName = name
        super.init(inputs: inputs.map(\.node))
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        for (place, shape) in shapes.enumerated() { send(.zeros(shape), to: place) }
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) { backward(gradient) }
}
