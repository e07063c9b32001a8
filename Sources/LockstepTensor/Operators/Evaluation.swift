// Element-wise functions that have no kernel: worked out one element at a time, in double precision.

extension Tensor where Scalar: FloatingScalar {
    /// f(self), recorded: its gradient is the incoming one times `derivative`(self), which is worked out in backward.
    func evaluated(
        _ function: (Double) -> Double, method: StaticString = #function,
        derivative: @escaping FunctionNode<Scalar>.Derivative
    ) -> Tensor {
        var result = Tensor(shape: shape) { output in
            detached().withUnsafeElements { elements in
                for (place, element) in elements.enumerated() { output[place] = Scalar(function(Double(element))) }
            }
        }
        if records(node) { result.node = FunctionNode(self, method, derivative) }
        return result
    }

    /// f(self, other), broadcast to a common shape and recorded: its gradients are the incoming one times `derivatives`(self, other).
    func evaluated(
        with other: Tensor, _ function: (Double, Double) -> Double, method: StaticString = #function,
        derivatives: @escaping PairFunctionNode<Scalar>.Derivatives
    ) -> Tensor {
        let shape = Layout.broadcast(shape, other.shape)
        var result = Tensor(shape: shape) { output in
            detached().expanded(to: shape).withUnsafeElements { a in
                other.detached().expanded(to: shape).withUnsafeElements { b in
                    for place in output.indices { output[place] = Scalar(function(Double(a[place]), Double(b[place]))) }
                }
            }
        }
        if records(node, other.node) { result.node = PairFunctionNode(self, other, method, derivatives) }
        return result
    }
}

/// An element-wise function of two tensors, whose derivatives are made of other operators.
final class PairFunctionNode<Scalar: FloatingScalar>: BinaryNode<Scalar>, @unchecked Sendable {
    typealias Derivatives = @Sendable (Tensor<Scalar>, Tensor<Scalar>) -> (a: Tensor<Scalar>, b: Tensor<Scalar>)

    private let derivatives: Derivatives
    private let method: StaticString
    private var values: (a: Tensor<Scalar>, b: Tensor<Scalar>)?

    init(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>, _ method: StaticString, _ derivatives: @escaping Derivatives) {
        (self.method, self.derivatives) = (method, derivatives)
        values = (a.detached(), b.detached())
        super.init(a, b)
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let (a, b) = saved(values)
        propagate(gradient, a, b)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let (a, b) = saved(values)
        propagate(gradient, asInput(0, a), asInput(1, b))
    }

    private func propagate(_ gradient: Tensor<Scalar>, _ a: Tensor<Scalar>, _ b: Tensor<Scalar>) {
        let slopes = derivatives(a, b)
        sendToA(gradient * slopes.a)
        sendToB(gradient * slopes.b)
    }

    override var operationName: String { backwardName(ofMethod: method) }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { values = nil }
}
