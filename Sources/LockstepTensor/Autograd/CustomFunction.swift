/// An operation with a backward of your own.
///
/// `forward` computes the result from the inputs; nothing in it is recorded. `backward` gets the gradient of the result, the inputs and
/// the result, and returns the gradient of each input, in order and of the input's shape; nil for one that has none:
///
///     func exponential(_ x: Tensor<Float>) -> Tensor<Float> {
///         customFunction("Exponential", [x], forward: { $0[0].exp() }) { gradient, _, result in [gradient * result] }
///     }
///
/// A backward that is made of operators can be differentiated again. The name is what printing and messages show, with "Backward"
/// after it. Stops where `backward` returns another number of gradients or one of another shape.
///
/// Source: `torch.autograd.Function`.
public func customFunction<Scalar: FloatingScalar>(
    _ name: String, _ inputs: [Tensor<Scalar>], forward: (_ inputs: [Tensor<Scalar>]) -> Tensor<Scalar>,
    backward: @escaping CustomFunctionBackward<Scalar>
) -> Tensor<Scalar> {
    var result = noGrad { forward(inputs.map { $0.detached() }) }
    result.node = nil
    if records(inputs.map(\.node)) { result.node = CustomNode(name, inputs, result, backward) }
    return result
}

/// The gradients of a custom function's inputs, from the gradient of its result, the inputs and the result.
public typealias CustomFunctionBackward<Scalar: FloatingScalar> = (
    _ gradient: Tensor<Scalar>, _ inputs: [Tensor<Scalar>], _ result: Tensor<Scalar>
) -> [Tensor<Scalar>?]

final class CustomNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private let function: String
    private let gradients: CustomFunctionBackward<Scalar>
    private var values: (inputs: [Tensor<Scalar>], result: Tensor<Scalar>)?

    init(
        _ function: String, _ inputs: [Tensor<Scalar>], _ result: Tensor<Scalar>,
        _ gradients: @escaping CustomFunctionBackward<Scalar>
    ) {
        self.function = function
        self.gradients = gradients
        values = (inputs.map { $0.detached() }, result)
        super.init(inputs: inputs.map(\.node))
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let (inputs, result) = saved(values)
        send(gradients(gradient, inputs, result))
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let (inputs, result) = saved(values)
        send(gradients(gradient, inputs.enumerated().map { asInput($0, $1) }, asOutput(result)))
    }

    private func send(_ parts: [Tensor<Scalar>?]) {
        let (inputs, _) = saved(values)
        guard parts.count == inputs.count else {
            fatalError(
                "function \(name) returned an incorrect number of gradients (expected \(inputs.count), got \(parts.count))"
            )
        }
        for case (let place, let part?) in parts.enumerated() {
            guard part.shape == inputs[place].shape else {
                fatalError(
                    "Function \(name) returned an invalid gradient at index \(place) - got \(part.shape) but expected shape "
                        + "compatible with \(inputs[place].shape)")
            }
            send(part, to: place)
        }
    }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { values = nil }
    override var operationName: String { function + "Backward" }
}
