import CLockstepKernels

/// How `gelu` works out the normal distribution.
public enum GeluApproximation: Sendable {
    /// By the error function: exactly.
    case none
    /// By the hyperbolic tangent, as the first GPT models did.
    case tanh
}

extension Tensor where Scalar: FloatingScalar {
    /// max(x, 0). Gradient: g where x > 0, else 0.
    ///
    /// Source: `torch.nn.functional.relu`.
    @_specialize(where Scalar == Float)
    public func relu() -> Tensor { mapped(.relu, gradient: .reluGradient, saving: .output) }

    /// min(max(x, 0), 6). Gradient: g where 0 < x < 6, else 0.
    ///
    /// Source: `torch.nn.functional.relu6`.
    public func relu6() -> Tensor { hardtanh(min: 0, max: 6) }

    /// x where x > 0, else x · `negativeSlope`. Gradient: g, or g · `negativeSlope`.
    ///
    /// The slope is 0.01 unless given, as in PyTorch.
    ///
    /// Source: `torch.nn.functional.leaky_relu`.
    public func leakyRelu(negativeSlope: Scalar = 0.01) -> Tensor {
        mapped(.leakyRelu, gradient: .leakyReluGradient, saving: .input, p: Double(negativeSlope))
    }

    /// x where x > 0, else x · w, with a weight that is learned: one for all, or one for each of the channels, the second axis.
    ///
    /// Gradients: g, or gw; for the weight the sum of gx where x ≤ 0. Stops where the number of weights is neither 1 nor that of
    /// the channels.
    ///
    /// Source: `torch.nn.functional.prelu`.
    public func prelu(_ weight: Tensor) -> Tensor {
        var slope = weight.reshaped(to: weight.count == 1 ? [] : [weight.count])
        if weight.count != 1 {
            let channels = rank < 2 ? 1 : shape[1]
            guard weight.count == channels else {
                fatalError(
                    "Mismatch of parameter numbers and input channel size. Found parameter numbers = \(weight.count) and "
                        + "channel size = \(channels).")
            }
            slope = slope.reshaped(to: [channels] + [Int](repeating: 1, count: rank - 2))
        }
        return (self * slope).replacing(with: self, where: self .> 0).named(.prelu)
    }

    /// x where x > 0, else α(eˣ − 1). Gradient: g, or gαeˣ.
    ///
    /// α is 1 unless given, which makes the slope at 0 continuous.
    ///
    /// Source: `torch.nn.functional.elu`.
    public func elu(alpha: Scalar = 1) -> Tensor {
        mapped(.elu, gradient: .eluGradient, saving: .input, p: Double(alpha), q: 1)
    }

    /// λx where x > 0, else λα(eˣ − 1), with λ ≈ 1.0507 and α ≈ 1.6733, which keep mean 0 and variance 1 from layer to layer.
    ///
    /// Gradient: gλ, or gλαeˣ.
    ///
    /// Source: `torch.nn.functional.selu`; G. Klambauer and others, Self-Normalizing Neural Networks, 2017.
    public func selu() -> Tensor {
        let (alpha, scale) = (1.6732632423543772848170429916717, 1.0507009873554804934193349852946)
        return mapped(.elu, gradient: .eluGradient, saving: .input, p: alpha * scale, q: scale)
    }

    /// x Φ(x), where Φ is the normal distribution's share below x. Gradient: g (Φ(x) + x φ(x)).
    ///
    /// Of ∞ it is ∞, where PyTorch's vectors give NaN.
    ///
    /// With `approximate: .tanh`, Φ(x) ≈ (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2 and its derivative.
    ///
    /// Source: `torch.nn.functional.gelu`.
    @_specialize(where Scalar == Float)
    public func gelu(approximate: GeluApproximation = .none) -> Tensor {
        switch approximate {
        case .none: exactGelu()
        case .tanh: mapped(.geluTanh, gradient: .geluTanhGradient, saving: .input)
        }
    }

    /// a · σ(b), where a and b are the halves of x along an axis, the last unless given; σ is the logistic function.
    ///
    /// Gradients: g σ(b) and g a σ(b)(1 − σ(b)). Stops where the axis has an odd size.
    ///
    /// Source: `torch.nn.functional.glu`.
    public func glu(axis: Int = -1) -> Tensor {
        guard rank > 0 else { fatalError("glu does not support scalars because halving size must be even") }
        let place = layout.resolve(axis: axis)
        guard shape[place] % 2 == 0 else {
            fatalError("Halving dimension must be even, but dimension \(place) is size \(shape[place])")
        }
        let half = shape[place] / 2
        let (a, b) = (narrowed(axis: place, start: 0, count: half), narrowed(axis: place, start: half, count: half))
        return (a * b.sigmoid()).named(.glu)
    }

    /// The logistic function y = 1 / (1 + e⁻ˣ). Gradient: g · y(1 − y).
    ///
    /// Source: `torch.sigmoid`.
    @_specialize(where Scalar == Float)
    public func sigmoid() -> Tensor { mapped(.sigmoid, gradient: .sigmoidGradient, saving: .output) }

    /// The logarithm of the logistic function, −ln(1 + e⁻ˣ), precise where that is near 0 or 1. Gradient: g / (1 + eˣ).
    ///
    /// Source: `torch.nn.functional.logsigmoid`.
    public func logsigmoid() -> Tensor { mapped(.logSigmoid, gradient: .logSigmoidGradient, saving: .input) }

    /// x · σ(x), where σ is the logistic function. Gradient: g σ(x) (1 + x (1 − σ(x))).
    ///
    /// Source: `torch.nn.functional.silu`.
    @_specialize(where Scalar == Float)
    public func silu() -> Tensor { mapped(.silu, gradient: .siluGradient, saving: .input) }

    /// x · tanh(t) with t = ln(1 + eˣ). Gradient: g (tanh t + x σ(x) (1 − tanh² t)).
    ///
    /// Source: `torch.nn.functional.mish`; D. Misra, Mish, 2019.
    public func mish() -> Tensor { mapped(.mish, gradient: .mishGradient, saving: .input) }

    /// ln(1 + exp(βx)) / β, a smooth max(x, 0); x itself where βx > `threshold`, where the two are equal. Gradient: g σ(βx), or g.
    ///
    /// β is 1 and the threshold 20 unless given, as in PyTorch.
    ///
    /// Source: `torch.nn.functional.softplus`.
    public func softplus(beta: Scalar = 1, threshold: Scalar = 20) -> Tensor {
        mapped(.softplus, gradient: .softplusGradient, saving: .input, p: Double(beta), q: Double(threshold))
    }

    /// x / (1 + |x|). Gradient: g / (1 + |x|)², which is 0 at ±∞, where PyTorch's is NaN.
    ///
    /// Source: `torch.nn.functional.softsign`.
    public func softsign() -> Tensor { mapped(.softsign, gradient: .softsignGradient, saving: .input) }

    /// x − tanh x. Gradient: g tanh² x.
    ///
    /// Source: `torch.nn.functional.tanhshrink`.
    public func tanhshrink() -> Tensor { mapped(.tanhshrink, gradient: .tanhshrinkGradient, saving: .input) }

    /// min(max(x, min), max), from −1 to 1 unless given. Gradient: g where min < x < max, else 0.
    ///
    /// Source: `torch.nn.functional.hardtanh`.
    public func hardtanh(min: Scalar = -1, max: Scalar = 1) -> Tensor {
        mapped(.clamp, gradient: .clampGradient, saving: .input, p: Double(min), q: Double(max))
    }

    /// min(max(x + 3, 0), 6) / 6. Gradient: g / 6 where −3 < x < 3, else 0.
    ///
    /// Source: `torch.nn.functional.hardsigmoid`.
    public func hardsigmoid() -> Tensor { mapped(.hardsigmoid, gradient: .hardsigmoidGradient, saving: .input) }

    /// x · min(max(x + 3, 0), 6) / 6. Gradient: 0 up to −3, g (x/3 + 1/2) between −3 and 3, g from 3 on.
    ///
    /// Source: `torch.nn.functional.hardswish`.
    public func hardswish() -> Tensor { mapped(.hardswish, gradient: .hardswishGradient, saving: .input) }

    /// x where x > `threshold`, else `value`. Gradient: g, or 0.
    ///
    /// Source: `torch.nn.functional.threshold`.
    public func threshold(_ threshold: Scalar, value: Scalar) -> Tensor {
        mapped(.threshold, gradient: .thresholdGradient, saving: .input, p: Double(threshold), q: Double(value))
    }
}

extension Tensor where Scalar: FloatingScalar {
    /// The exact GELU, whose slope is worked out with it where backward will want it.
    fileprivate func exactGelu() -> Tensor {
        guard let node, records(node) else { return computed(.gelu) }
        let dense = contiguous()
        var result = Tensor(uninitializedLike: dense.layout)
        let slope = Tensor(uninitializedLike: dense.layout)
        withExtendedLifetime(dense.storage) {
            lk_gelu_with_slope(
                Scalar.kernelType, 1, count, dense.pointer, nil, result.storage.pointer, slope.storage.pointer)
        }
        result.node = GeluNode(input: node, dense.detached(), slope)
        return result
    }
}

final class GeluNode<Scalar: FloatingScalar>: GraphNode<Scalar>, @unchecked Sendable {
    // Sendable for the reason that `Node` is.
    private var values: (input: Tensor<Scalar>, slope: Tensor<Scalar>)?

    init(input: Node, _ value: Tensor<Scalar>, _ slope: Tensor<Scalar>) {
        values = (value, slope)
        super.init(inputs: [input])
    }

    @_specialize(where Scalar == Float)
    override func backward(_ gradient: Tensor<Scalar>) { send(gradient * saved(values).slope, to: 0) }

    override func recordedBackward(_ gradient: Tensor<Scalar>) {
        send(gradient * UnaryNode.geluSlope(asInput(0, saved(values).input)), to: 0)
    }

    @_specialize(where Scalar == Float)
    override func releaseSaved() { values = nil }
}
