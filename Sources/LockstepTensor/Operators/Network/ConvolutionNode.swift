import CLockstepKernels

/// The three products that a convolution y = x ∗ w has: each is linear in both operands, and the gradients of each are made by the
/// other two.
enum ConvolutionProduct: Sendable {
    /// y from x and w.
    case output
    /// x from y and w: the transposed convolution.
    case input
    /// w from x and y.
    case weight
}

extension ConvolutionGeometry {
    /// One of the three products, recorded.
    fileprivate func product<Scalar: FloatingScalar>(
        _ product: ConvolutionProduct, _ a: Tensor<Scalar>, _ b: Tensor<Scalar>
    ) -> Tensor<Scalar> {
        var result: Tensor<Scalar>
        switch product {
        case .output: result = output(a, b)
        case .input: result = input(a.detached(), b)
        case .weight:
            result = Tensor(uninitialized: weightShape)
            addWeightGradient(a, b.detached(), to: result.storage.pointer, adding: false)
        }
        if records(a.node, b.node) { result.node = ConvolutionNode(product, a, b, nil, self) }
        return result
    }
}

/// One of a convolution's three products, a bias for each channel, and max(…, 0) of it.
final class ConvolutionNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var values: (a: Tensor<Scalar>, b: Tensor<Scalar>)?
    /// The result, where the gradient goes through a relu.
    private var rectified: Tensor<Scalar>?
    private let product: ConvolutionProduct
    private let geometry: ConvolutionGeometry

    init(
        _ product: ConvolutionProduct, _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, _ bias: Tensor<Scalar>?,
        _ geometry: ConvolutionGeometry, rectified: Tensor<Scalar>? = nil
    ) {
        values = (a.detached(), b.detached())
        self.rectified = rectified
        (self.product, self.geometry) = (product, geometry)
        super.init(inputs: [a.node, b.node, bias?.node])
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) {
        let (a, b) = saved(values)
        var gradient = gradient.contiguous()
        if let rectified { gradient = rectifiedGradient(gradient, rectified) } else { sendToBias(gradient) }
        switch product {
        case .output:
            addWeightGradient(a, gradient)
            send(geometry.input(gradient, b), to: 0)
        case .input:
            addWeightGradient(gradient, a)
            send(geometry.output(gradient, b), to: 0)
        case .weight:
            send(geometry.input(b, gradient), to: 0)
            send(geometry.output(a, gradient), to: 1)
        }
    }

    /// The gradient of what the relu was applied to, whose sums the bias gets in the same pass.
    private func rectifiedGradient(_ gradient: Tensor<Scalar>, _ rectified: Tensor<Scalar>) -> Tensor<Scalar> {
        let shape = gradient.shape
        let result = Tensor<Scalar>(uninitialized: shape)
        let sums = Tensor<Scalar>(uninitialized: [shape[0], shape[1]])
        withExtendedLifetime((gradient.storage, rectified.storage)) {
            lk_channel_gradient(
                Scalar.kernelType, shape[0] * shape[1], shape[2] * shape[3], gradient.pointer, rectified.pointer,
                result.storage.pointer, wants(2) ? sums.storage.pointer : nil)
        }
        send(sums.sum(axis: 0), to: 2)
        return result
    }

    /// Straight into where gradients are added up.
    private func addWeightGradient(_ x: Tensor<Scalar>, _ y: Tensor<Scalar>) {
        input(1)?.accumulate(shape: geometry.weightShape) { destination, adding in
            geometry.addWeightGradient(x, y, to: destination, adding: adding)
        }
    }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        let values = saved(values)
        let (a, b) = (asInput(0, values.a), asInput(1, values.b))
        let gradient = rectified.map { gradient.replacing(with: 0, where: $0 .<= 0) } ?? gradient
        sendToBias(gradient)
        switch product {
        case .output:
            send(geometry.product(.weight, a, gradient), to: 1)
            send(geometry.product(.input, gradient, b), to: 0)
        case .input:
            send(geometry.product(.weight, gradient, a), to: 1)
            send(geometry.product(.output, gradient, b), to: 0)
        case .weight:
            send(geometry.product(.input, b, gradient), to: 0)
            send(geometry.product(.output, a, gradient), to: 1)
        }
    }

    /// The sums over all but the channels of [n, channels, h, w].
    private func sendToBias(_ gradient: Tensor<Scalar>) { send(gradient.sum(axes: [2, 3]).sum(axis: 0), to: 2) }

    override var operationName: String { rectified == nil ? super.operationName : "ReluBackward0" }

    @_specialize(where Scalar == Float)
    override func releaseSaved() {
        values = nil
        rectified = nil
    }
}
