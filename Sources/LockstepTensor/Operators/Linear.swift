import CLockstepKernels

/// What a layer applies to its result.
public enum Activation: Sendable {
    /// Nothing.
    case none
    /// max(x, 0).
    case relu
    /// x Φ(x), where Φ is the normal distribution's share below x.
    case gelu
}

/// y = x Wᵀ + b, and optionally an activation of it, in one operator.
///
/// `input` is […, in], `weight` [out, in], `bias` [out], the result […, out]. The transpose costs nothing, and bias and activation are
/// applied in one pass over the result. Gradients: G W, Gᵀ x and the column sums of G, where G is the gradient of y after
/// the activation, made in the same pass as its sums; they are computed straight into where gradients are added up.
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
        return switch activation {
        case .none: sum
        case .relu: sum.relu()
        case .gelu: sum.gelu()
        }
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
    let isRecorded = records(rows.node, weight.node) || records(bias?.node)
    let slope = result.activate(activation, bias?.detached().contiguous(), withSlope: isRecorded)
    if isRecorded {
        result.node = LinearNode(rows, weight, bias, activation, activation == .relu ? result : slope)
    }
    return input.rank == 2 ? result : result.reshaped(to: input.shape.dropLast() + [outputs])
}

extension Tensor where Scalar: FloatingScalar {
    /// Adds the bias to each row of this matrix, which is nobody else's, and applies the activation. Returns the slopes of a GELU if wanted.
    fileprivate mutating func activate(_ activation: Activation, _ bias: Tensor?, withSlope: Bool) -> Tensor? {
        let (type, rows, columns) = (Scalar.kernelType, shape[0], shape[1])
        switch activation {
        case .gelu:
            let slope = withSlope ? Tensor(uninitialized: shape) : nil
            withExtendedLifetime(bias) {
                lk_gelu_with_slope(
                    type, rows, columns, pointer, bias?.pointer, storage.pointer, slope?.storage.pointer)
            }
            return slope
        case .none, .relu:
            if let bias {
                withExtendedLifetime(bias) {
                    lk_add_bias(type, rows, columns, storage.pointer, bias.pointer, activation == .relu)
                }
            } else if activation == .relu {
                self = relu()
            }
            return nil
        }
    }
}

final class LinearNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.

    private let activation: Activation
    // One by one, since a tuple's type is looked up wherever it is copied without specialization.
    private var x: Tensor<Scalar>?
    private var weight: Tensor<Scalar>?
    /// Saved for a GELU, whose second derivative needs it.
    private var bias: Tensor<Scalar>?
    /// Where the gradient goes through a relu its result, where through a GELU the slopes.
    private var effect: Tensor<Scalar>?

    init(
        _ input: Tensor<Scalar>, _ weight: Tensor<Scalar>, _ bias: Tensor<Scalar>?, _ activation: Activation,
        _ effect: Tensor<Scalar>?
    ) {
        x = input.detached()
        self.weight = weight.detached()
        self.bias = activation == .gelu ? bias?.detached() : nil
        self.activation = activation
        self.effect = effect
        super.init(inputs: [input.node, weight.node, bias?.node])
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let (x, weight) = (saved(x), saved(weight))
        let g: MatrixOperand<Scalar>
        if activation == .none {
            input(2)?.accumulateColumnSums(gradient)
            g = MatrixOperand(gradient)
        } else {
            g = MatrixOperand(activationGradient(gradient.contiguous(), saved(effect).contiguous()))
        }
        input(1)?.accumulateProduct(g.transposed, MatrixOperand(x))
        input(0)?.accumulateProduct(g, MatrixOperand(weight))
    }

    /// The gradient of what was activated, whose column sums the bias gets in the same pass.
    private func activationGradient(_ gradient: Tensor<Scalar>, _ effect: Tensor<Scalar>) -> Tensor<Scalar> {
        let result = Tensor<Scalar>(uninitialized: effect.shape)
        let (rows, columns) = (effect.shape[0], effect.shape[1])
        func run(_ sums: UnsafeMutablePointer<Scalar>?, _ adding: Bool) {
            withExtendedLifetime((gradient.storage, effect.storage)) {
                lk_layer_gradient(
                    Scalar.kernelType, activation == .relu, rows, columns, gradient.pointer, effect.pointer,
                    result.storage.pointer, sums, adding)
            }
        }
        if let bias = input(2) { bias.accumulate(shape: [columns]) { run($0, $1) } } else { run(nil, false) }
        return result
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let (x, weight) = (asInput(0, saved(x)), asInput(1, saved(weight)))
        let g: Tensor<Scalar>
        switch activation {
        case .none: g = gradient
        case .relu: g = gradient.replacing(with: 0, where: saved(effect) .<= 0)
        case .gelu:
            // What was activated, once more, as a function of the inputs.
            let product = x.matmul(weight.t)
            g = gradient * UnaryNode.geluSlope(bias.map { product + asInput(2, $0) } ?? product)
        }
        send(g.sum(axis: 0), to: 2)
        send(g.t.matmul(x), to: 1)
        send(g.matmul(weight), to: 0)
    }

    override var operationName: String {
        switch activation {
        case .none: inputs[2] == nil ? "MmBackward0" : "AddmmBackward0"
        case .relu: "ReluBackward0"
        case .gelu: "GeluBackward0"
        }
    }

    @_specialize(where Scalar == Float)
    override func releaseSaved() {
        x = nil
        weight = nil
        bias = nil
        effect = nil
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
