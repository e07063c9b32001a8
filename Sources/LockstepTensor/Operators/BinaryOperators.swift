import CLockstepKernels

extension Tensor where Scalar: FloatingScalar {
    /// a + b, element by element, broadcast to a common shape. Gradients: g and g, summed over axes that were stretched.
    ///
    /// Stops where the shapes do not fit.
    ///
    /// Source: `torch.add`.
    @_specialize(where Scalar == Float)
    public static func + (a: Tensor, b: Tensor) -> Tensor {
        var result = computed(.add, a, b)
        if records(a.node, b.node) { result.node = AddNode(a, b, sign: .add) }
        return result
    }

    /// a − b, element by element, broadcast to a common shape. Gradients: g and −g, summed over axes that were stretched.
    ///
    /// Stops where the shapes do not fit.
    ///
    /// Source: `torch.sub`.
    @_specialize(where Scalar == Float)
    public static func - (a: Tensor, b: Tensor) -> Tensor {
        var result = computed(.subtract, a, b)
        if records(a.node, b.node) { result.node = AddNode(a, b, sign: .subtract) }
        return result
    }

    /// ab, element by element, broadcast to a common shape. Gradients: gb and ga, summed over axes that were stretched.
    ///
    /// Stops where the shapes do not fit.
    ///
    /// Source: `torch.mul`.
    @_specialize(where Scalar == Float)
    public static func * (a: Tensor, b: Tensor) -> Tensor {
        var result = computed(.multiply, a, b)
        if records(a.node, b.node) { result.node = MultiplyNode(a, b) }
        return result
    }

    /// a / b, element by element, broadcast to a common shape. Gradients: g / b and −ga / b², summed over axes that were
    /// stretched.
    ///
    /// Stops where the shapes do not fit.
    ///
    /// Source: `torch.div`.
    @_specialize(where Scalar == Float)
    public static func / (a: Tensor, b: Tensor) -> Tensor {
        var result = computed(.divide, a, b)
        if records(a.node, b.node) { result.node = DivideNode(a, b) }
        return result
    }

    /// a to the power of b, element by element, broadcast to a common shape. Gradients: g b aᵇ⁻¹ and g aᵇ ln a.
    ///
    /// Stops where the shapes do not fit.
    ///
    /// Source: `torch.pow`.
    public func pow(_ exponent: Tensor) -> Tensor {
        var result = Tensor.computed(.power, self, exponent)
        if records(node, exponent.node) { result.node = PowerNode(self, exponent, result) }
        return result
    }

    /// a + b with one number for all elements. Gradient: g.
    @_specialize(where Scalar == Float)
    public static func + (a: Tensor, b: Scalar) -> Tensor { a + Tensor(b) }
    /// a + b with one number for all elements. Gradient: g.
    @_specialize(where Scalar == Float)
    public static func + (a: Scalar, b: Tensor) -> Tensor { Tensor(a) + b }
    /// a − b with one number for all elements. Gradient: g.
    @_specialize(where Scalar == Float)
    public static func - (a: Tensor, b: Scalar) -> Tensor { a - Tensor(b) }
    /// a − b with one number for all elements. Gradient: −g.
    @_specialize(where Scalar == Float)
    public static func - (a: Scalar, b: Tensor) -> Tensor { Tensor(a) - b }
    /// ab with one number for all elements. Gradient: gb.
    @_specialize(where Scalar == Float)
    public static func * (a: Tensor, b: Scalar) -> Tensor { a * Tensor(b) }
    /// ab with one number for all elements. Gradient: ga.
    @_specialize(where Scalar == Float)
    public static func * (a: Scalar, b: Tensor) -> Tensor { Tensor(a) * b }
    /// a / b with one number for all elements. Gradient: g / b.
    @_specialize(where Scalar == Float)
    public static func / (a: Tensor, b: Scalar) -> Tensor { a / Tensor(b) }
    /// a / b with one number for all elements. Gradient: −ga / b².
    @_specialize(where Scalar == Float)
    public static func / (a: Scalar, b: Tensor) -> Tensor { Tensor(a) / b }
}

/// An element-wise function of two tensors.
class BinaryNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private let shapes: (a: [Int], b: [Int])

    init(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) {
        shapes = (a.shape, b.shape)
        super.init(inputs: [a.node, b.node])
    }

    /// Sends the first input its part of the gradient, summed over the axes along which it was stretched.
    final func sendToA(_ part: @autoclosure () -> Tensor<Scalar>) { send(part().summed(to: shapes.a), to: 0) }
    final func sendToB(_ part: @autoclosure () -> Tensor<Scalar>) { send(part().summed(to: shapes.b), to: 1) }

    /// Whether the first input is one number, for which PyTorch often has another name.
    final var startsWithNumber: Bool { inputs[0] == nil && shapes.a.isEmpty }
}

final class AddNode<Scalar: FloatingScalar>: BinaryNode<Scalar>, @unchecked Sendable {
    enum Sign { case add, subtract }
    private let sign: Sign

    init(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>, sign: Sign) {
        self.sign = sign
        super.init(a, b)
    }

    override func backward(_ gradient: Tensor<Scalar>) {
        sendToA(gradient)
        sendToB(sign == .add ? gradient : -gradient)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) { backward(gradient) }

    override var operationName: String {
        sign == .add ? "AddBackward0" : startsWithNumber ? "RsubBackward1" : "SubBackward0"
    }
}

final class MultiplyNode<Scalar: FloatingScalar>: BinaryNode<Scalar>, @unchecked Sendable {
    private var a: Tensor<Scalar>?
    private var b: Tensor<Scalar>?

    override init(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) {
        // Each is needed for the other's gradient alone.
        self.a = b.node == nil ? nil : a.detached()
        self.b = a.node == nil ? nil : b.detached()
        super.init(a, b)
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        sendToA(gradient * saved(b))
        sendToB(gradient * saved(a))
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        sendToA(gradient * asInput(1, saved(b)))
        sendToB(gradient * asInput(0, saved(a)))
    }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { (a, b) = (nil, nil) }
}

final class DivideNode<Scalar: FloatingScalar>: BinaryNode<Scalar>, @unchecked Sendable {
    private var a: Tensor<Scalar>?
    private var b: Tensor<Scalar>?

    override init(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) {
        self.a = b.node == nil ? nil : a.detached()
        self.b = b.detached()
        super.init(a, b)
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let b = saved(b)
        sendToA(gradient / b)
        sendToB(-gradient * ((saved(a) / b) / b))
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let b = asInput(1, saved(b))
        sendToA(gradient / b)
        sendToB(-gradient * ((asInput(0, saved(a)) / b) / b))
    }

    override var operationName: String { startsWithNumber ? "MulBackward0" : "DivBackward0" }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { (a, b) = (nil, nil) }
}

final class PowerNode<Scalar: FloatingScalar>: BinaryNode<Scalar>, @unchecked Sendable {
    private var values: (base: Tensor<Scalar>, exponent: Tensor<Scalar>, result: Tensor<Scalar>)?

    init(_ base: Tensor<Scalar>, _ exponent: Tensor<Scalar>, _ result: Tensor<Scalar>) {
        values = (base.detached(), exponent.detached(), result.detached())
        super.init(base, exponent)
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let (base, exponent, result) = saved(values)
        send(gradient, base, exponent, result)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let (base, exponent, result) = saved(values)
        send(gradient, asInput(0, base), asInput(1, exponent), asOutput(result))
    }

    override var operationName: String { startsWithNumber ? "PowBackward2" : "PowBackward1" }

    private func send(
        _ gradient: Tensor<Scalar>, _ base: Tensor<Scalar>, _ exponent: Tensor<Scalar>, _ result: Tensor<Scalar>
    ) {
        // 0 · x⁻¹ would be NaN at x = 0 and x⁰ ln x would be at 0⁰; both derivatives are 0 there.
        let slope = (exponent * base.pow(exponent - 1)).replacing(with: 0, where: exponent .== 0)
        sendToA(gradient * slope)
        let growth = (result * base.log()).replacing(with: 0, where: (base .== 0) .& (exponent .>= 0))
        sendToB(gradient * growth)
    }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { values = nil }
}
