import CLockstepKernels

/// What a layer applies to its result.
public enum Activation: Sendable {
    /// Nothing.
    case none
    /// max(x, 0).
    case relu
}

/// y = x Wᵀ + b, and optionally max(y, 0), in one operator.
///
/// `input` is […, in], `weight` [out, in], `bias` [out], the result […, out]. The transpose costs nothing, and bias and activation are
/// applied in one pass over the result. Gradients: G W, Gᵀ x and the column sums of G, where G is the gradient of y after
/// the activation; they are computed straight into where gradients are added up.
///
/// A weight [in] makes one output, without an axis: […] of […, in]. Stops where the shapes do not fit, with PyTorch's message.
///
/// Source: `torch.nn.functional.linear`.
@_specialize(where Scalar == Float)
public func linear<Scalar: FloatingScalar>(
    _ input: Tensor<Scalar>, _ weight: Tensor<Scalar>, _ bias: Tensor<Scalar>? = nil, activation: Activation = .none
) -> Tensor<Scalar> {
    if weight.rank == 1 {
        // One output, whose axis is dropped.
        let result = input.matmul(weight)
        let sum = bias.map { result + $0 } ?? result
        return activation == .relu ? sum.relu() : sum
    }
    guard weight.rank == 2, input.rank > 0 else {
        fatalError(
            "linear(): expected an input of at least 1D and a weight of 2D, got \(input.shape) and \(weight.shape)")
    }
    let (inputs, outputs) = (weight.shape[1], weight.shape[0])
    let batch = input.shape.dropLast().reduce(1, *)
    guard input.shape[input.rank - 1] == inputs else {
        fatalError(
            "mat1 and mat2 shapes cannot be multiplied (\(batch)x\(input.shape[input.rank - 1]) and \(inputs)x\(outputs))"
        )
    }
    if let bias, bias.shape != [outputs] {
        fatalError(
            "The expanded size of the tensor (\(outputs)) must match the existing size (\(bias.count)) at non-singleton "
                + "dimension 1.  Target sizes: [\(batch), \(outputs)].  Tensor sizes: \(bias.shape)")
    }
    let rows = input.rank == 2 ? input : input.reshaped(to: [batch, inputs])
    var result = Tensor<Scalar>(uninitialized: [batch, outputs])
    BLAS.multiply(MatrixOperand(rows), MatrixOperand(weight).transposed, into: result.storage.pointer, adding: false)
    if let bias = bias?.contiguous() {
        withExtendedLifetime(bias.storage) {
            lk_add_bias(
                Scalar.kernelType, batch, outputs, result.storage.pointer, bias.pointer, activation == .relu)
        }
    } else if activation == .relu {
        result = result.relu()
    }
    if records(rows.node, weight.node) || records(bias?.node) {
        result.node = LinearNode(rows, weight, bias, activation == .relu ? result : nil)
    }
    return input.rank == 2 ? result : result.reshaped(to: input.shape.dropLast() + [outputs])
}

final class LinearNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var values: (input: Tensor<Scalar>, weight: Tensor<Scalar>)?
    /// The result, where it went through a relu.
    private var activated: Tensor<Scalar>?

    init(
        _ input: Tensor<Scalar>, _ weight: Tensor<Scalar>, _ bias: Tensor<Scalar>?, _ activated: Tensor<Scalar>?
    ) {
        values = (input.detached(), weight.detached())
        self.activated = activated
        super.init(inputs: [input.node, weight.node, bias?.node])
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let (x, weight) = saved(values)
        let gradient = activated.map { .computed(.reluGradient, gradient, $0) } ?? gradient
        input(2)?.accumulateColumnSums(gradient)
        let g = MatrixOperand(gradient)
        input(1)?.accumulateProduct(g.transposed, MatrixOperand(x))
        input(0)?.accumulateProduct(g, MatrixOperand(weight))
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let (x, weight) = saved(values)
        let gradient = activated.map { gradient.replacing(with: 0, where: !($0 .> 0)) } ?? gradient
        send(gradient.sum(axis: 0), to: 2)
        send(gradient.t.matmul(asInput(0, x)), to: 1)
        send(gradient.matmul(asInput(1, weight)), to: 0)
    }

    override var operationName: String {
        activated != nil ? "ReluBackward0" : inputs[2] == nil ? "MmBackward0" : "AddmmBackward0"
    }

    @_specialize(where Scalar == Float)
    override func releaseSaved() {
        values = nil
        activated = nil
    }
}

extension GraphNode {
    /// Adds the sums of a matrix's columns to the gradient.
    func accumulateColumnSums(_ matrix: Tensor<Scalar>) {
        let dense = matrix.contiguous()
        let columns = dense.shape[1]
        accumulate(shape: [columns]) { destination, adding in
            withExtendedLifetime(dense.storage) {
                lk_sum_columns(
                    Scalar.kernelType, dense.shape[0], columns, dense.pointer, columns, destination, adding)
            }
        }
    }
}
