import CLockstepKernels

/// The larger of a and b, element by element, broadcast to a common shape; NaN where either is NaN.
///
/// Gradients: g to the larger, half to each where they are equal. Stops where the shapes do not fit.
///
/// Source: `torch.maximum`.
public func maximum<Scalar: FloatingScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
    var result = Tensor.computed(.maximum, a, b)
    if records(a.node, b.node) { result.node = PairExtremumNode(a, b, largest: true) }
    return result
}

/// The smaller of a and b, element by element, broadcast to a common shape; NaN where either is NaN.
///
/// Gradients: g to the smaller, half to each where they are equal. Stops where the shapes do not fit.
///
/// Source: `torch.minimum`.
public func minimum<Scalar: FloatingScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
    var result = Tensor.computed(.minimum, a, b)
    if records(a.node, b.node) { result.node = PairExtremumNode(a, b, largest: false) }
    return result
}

/// ln(eᵃ + eᵇ), element by element, broadcast to a common shape; nothing overflows.
///
/// Gradients: g σ(a − b) and g σ(b − a), where σ is the logistic function. Stops where the shapes do not fit.
///
/// Source: `torch.logaddexp`.
public func logaddexp<Scalar: FloatingScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
    var result = Tensor.computed(.logAddExp, a, b)
    if records(a.node, b.node) { result.node = LogAddExpNode(a, b) }
    return result
}

/// How a quotient is made whole.
public enum DivisionRounding: Sendable {
    /// To the largest whole number that is not above it, as Python's `//` does.
    case floor
    /// Towards zero, as `/` of two integers does in Swift and C.
    case trunc
}

extension Tensor where Scalar: FloatingScalar {
    /// a / b made whole, element by element, broadcast to a common shape. Gradients: 0.
    ///
    /// Stops where the shapes do not fit.
    ///
    /// Source: `torch.div` with `rounding_mode`.
    public func divided(by divisor: Tensor, rounding: DivisionRounding) -> Tensor {
        var result = Tensor.computed(rounding == .floor ? .floorQuotient : .truncatedQuotient, self, divisor)
        if records(node, divisor.node) { result.node = FlatNode([self, divisor], "DivBackward2") }
        return result
    }

    /// a − b ⌊a / b⌋, element by element, broadcast to a common shape: what is left of a, with the sign of b; NaN where b is 0.
    ///
    /// Python's `%`, which for negative numbers differs from Swift's. Exact, also for a quotient so large that PyTorch's vectors give
    /// NaN. Gradients: g and −g ⌊a / b⌋. Stops where the shapes do not fit.
    ///
    /// Source: `torch.remainder`.
    public func remainder(_ divisor: Tensor) -> Tensor {
        var result = Tensor.computed(.remainder, self, divisor)
        if records(node, divisor.node) { result.node = RemainderNode(self, divisor) }
        return result
    }

    /// What is left of every element after whole multiples of one number. Gradient: g.
    public func remainder(_ divisor: Scalar) -> Tensor { remainder(Tensor(divisor)) }

    /// a + w (b − a), which goes from a at w = 0 to b at w = 1; all three broadcast to a common shape.
    ///
    /// Gradients: g (1 − w), gw and g (b − a). Worked out from the nearer end, so that both ends are exact. Stops where the shapes
    /// do not fit.
    ///
    /// Source: `torch.lerp`.
    public func lerp(_ end: Tensor, weight: Tensor) -> Tensor {
        let distance = end - self
        let (near, far) = (self + weight * distance, end - (1 - weight) * distance)
        return far.replacing(with: near, where: weight.abs() .< 0.5)
    }

    /// a + w (b − a) with one weight for all elements. Gradients: g (1 − w) and gw.
    public func lerp(_ end: Tensor, weight: Scalar) -> Tensor {
        let distance = end - self
        return Swift.abs(weight) < 0.5 ? self + distance * weight : end - distance * (1 - weight)
    }

    /// max(x, min), element by element; see `maximum`. Source: `torch.clamp_min`.
    public func clamp(min: Tensor) -> Tensor { maximum(self, min) }

    /// min(x, max), element by element; see `minimum`. Source: `torch.clamp_max`.
    public func clamp(max: Tensor) -> Tensor { minimum(self, max) }

    /// min(max(x, min), max), element by element, broadcast to a common shape; max where min is above it.
    ///
    /// Gradients: g to the one of the three that the result came from, shared where two are equal. Stops where the shapes do not fit.
    ///
    /// Source: `torch.clamp`.
    public func clamp(min: Tensor, max: Tensor) -> Tensor { minimum(maximum(self, min), max) }
}

/// The larger or the smaller of two.
final class PairExtremumNode<Scalar: FloatingScalar>: BinaryNode<Scalar>, @unchecked Sendable {
    private var masks: (dropsA: Tensor<Bool>, dropsB: Tensor<Bool>, ties: Tensor<Bool>)?
    private let largest: Bool

    init(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>, largest: Bool) {
        self.largest = largest
        masks = (largest ? a .< b : a .> b, largest ? a .> b : a .< b, a .== b)
        super.init(a, b)
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let (dropsA, dropsB, ties) = saved(masks)
        let shared = gradient.replacing(with: gradient * 0.5, where: ties)
        sendToA(shared.replacing(with: 0, where: dropsA))
        sendToB(shared.replacing(with: 0, where: dropsB))
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) { backward(gradient) }

    override var operationName: String { largest ? "MaximumBackward0" : "MinimumBackward0" }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { masks = nil }
}

final class LogAddExpNode<Scalar: FloatingScalar>: BinaryNode<Scalar>, @unchecked Sendable {
    private var values: (a: Tensor<Scalar>, b: Tensor<Scalar>)?

    override init(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) {
        values = (a.detached(), b.detached())
        super.init(a, b)
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let (a, b) = saved(values)
        send(gradient, a - b)
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let (a, b) = saved(values)
        send(gradient, asInput(0, a) - asInput(1, b))
    }

    private func send(_ gradient: Tensor<Scalar>, _ difference: Tensor<Scalar>) {
        sendToA(gradient * difference.sigmoid())
        sendToB(gradient * (-difference).sigmoid())
    }

    override var operationName: String { "LogaddexpBackward0" }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { values = nil }
}

final class RemainderNode<Scalar: FloatingScalar>: BinaryNode<Scalar>, @unchecked Sendable {
    private var values: (a: Tensor<Scalar>, b: Tensor<Scalar>)?

    override init(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) {
        // The values are needed for the divisor's gradient alone.
        values = b.node == nil ? nil : (a.detached(), b.detached())
        super.init(a, b)
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        sendToA(gradient)
        guard wants(1) else { return }
        let (a, b) = saved(values)
        sendToB(-gradient * a.divided(by: b, rounding: .floor))
    }

    // The whole quotient is flat wherever it has a derivative.
    override func recordedBackward(_ gradient: Tensor<Scalar>) { backward(gradient) }

    override var operationName: String { "RemainderBackward1" }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { values = nil }
}
