public import LockstepTensor

/// The rectifier: max(x, 0), element by element. Its gradient at 0 is 0. Source: `torch.nn.ReLU`.
public final class ReLU: Module, Layer {
    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.relu() }
}

/// The logistic function: 1 / (1 + e⁻ˣ), element by element. Source: `torch.nn.Sigmoid`.
public final class Sigmoid: Module, Layer {
    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.sigmoid() }
}

/// The hyperbolic tangent, element by element. Source: `torch.nn.Tanh`.
public final class Tanh: Module, Layer {
    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.tanh() }
}

/// Lets everything through. Source: `torch.nn.Identity`.
public final class Identity: Module, Layer {
    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input }
}

/// min(max(x, 0), 6), element by element. Source: `torch.nn.ReLU6`.
public final class ReLU6: Module, Layer {
    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.relu6() }
}

/// x above 0 and a small multiple of it below. Source: `torch.nn.LeakyReLU`.
public final class LeakyReLU: Module, Layer {
    private let negativeSlope: Float

    /// A rectifier with the given slope below 0.
    public init(negativeSlope: Float = 0.01) { self.negativeSlope = negativeSlope }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        input.leakyRelu(negativeSlope: negativeSlope)
    }
}

/// x above 0 and a learnt multiple of it below: one slope, or one for each channel (axis 1). Source: `torch.nn.PReLU`.
public final class PReLU: Module, Layer {
    /// The slopes below 0.
    public let weight: Parameter

    /// `slopes` slopes, 1 or the number of channels, that start from `start`.
    public init(_ slopes: Int = 1, start: Float = 0.25) { weight = Parameter(.full([slopes], start)) }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.prelu(weight.value) }
}

/// x above 0 and α(eˣ − 1) below. Source: `torch.nn.ELU`.
public final class ELU: Module, Layer {
    private let alpha: Float

    /// With the limit −`alpha` on the left.
    public init(alpha: Float = 1) { self.alpha = alpha }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.elu(alpha: alpha) }
}

/// The scaled exponential linear unit; see `Tensor.selu`. Source: `torch.nn.SELU`.
public final class SELU: Module, Layer {
    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.selu() }
}

/// x Φ(x), Φ the distribution function of the normal distribution. Source: `torch.nn.GELU`.
public final class GELU: Module, Layer {
    let approximate: GeluApproximation

    /// Exactly, or by the hyperbolic tangent.
    public init(approximate: GeluApproximation = .none) { self.approximate = approximate }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.gelu(approximate: approximate) }
}

/// a σ(b) for the halves a and b of the input along an axis. Source: `torch.nn.GLU`.
public final class GLU: Module, Layer {
    private let axis: Int

    /// Along the given axis, the last unless told otherwise.
    public init(axis: Int = -1) { self.axis = axis }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.glu(axis: axis) }
}

/// The logarithm of the logistic function. Source: `torch.nn.LogSigmoid`.
public final class LogSigmoid: Module, Layer {
    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.logsigmoid() }
}

/// x σ(x), σ the logistic function. Source: `torch.nn.SiLU`.
public final class SiLU: Module, Layer {
    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.silu() }
}

/// x tanh(ln(1 + eˣ)). Source: `torch.nn.Mish`.
public final class Mish: Module, Layer {
    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.mish() }
}

/// ln(1 + e^βx) / β, and x itself where βx is above a threshold. Source: `torch.nn.Softplus`.
public final class Softplus: Module, Layer {
    private let beta: Float
    private let threshold: Float

    /// With the given β and threshold.
    public init(beta: Float = 1, threshold: Float = 20) { (self.beta, self.threshold) = (beta, threshold) }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        input.softplus(beta: beta, threshold: threshold)
    }
}

/// x / (1 + |x|). Source: `torch.nn.Softsign`.
public final class Softsign: Module, Layer {
    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.softsign() }
}

/// x − tanh(x). Source: `torch.nn.Tanhshrink`.
public final class Tanhshrink: Module, Layer {
    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.tanhshrink() }
}

/// min(max(x, lowest), highest). Source: `torch.nn.Hardtanh`.
public final class Hardtanh: Module, Layer {
    private let bounds: ClosedRange<Float>

    /// Within the given bounds.
    public init(_ bounds: ClosedRange<Float> = -1...1) { self.bounds = bounds }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        input.hardtanh(min: bounds.lowerBound, max: bounds.upperBound)
    }
}

/// min(max(x / 6 + 1/2, 0), 1). Source: `torch.nn.Hardsigmoid`.
public final class Hardsigmoid: Module, Layer {
    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.hardsigmoid() }
}

/// x · min(max(x / 6 + 1/2, 0), 1). Source: `torch.nn.Hardswish`.
public final class Hardswish: Module, Layer {
    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.hardswish() }
}

/// x above a threshold and a given value elsewhere. Source: `torch.nn.Threshold`.
public final class Threshold: Module, Layer {
    private let threshold: Float
    private let value: Float

    /// `value` up to `threshold`.
    public init(_ threshold: Float, value: Float) { (self.threshold, self.value) = (threshold, value) }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.threshold(threshold, value: value) }
}

/// exp(xᵢ) / Σⱼ exp(xⱼ) along an axis. Source: `torch.nn.Softmax`.
public final class Softmax: Module, Layer {
    private let axis: Int

    /// Along the given axis.
    public init(axis: Int) { self.axis = axis }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.softmax(axis: axis) }
}

/// The logarithm of the softmax along an axis. Source: `torch.nn.LogSoftmax`.
public final class LogSoftmax: Module, Layer {
    private let axis: Int

    /// Along the given axis.
    public init(axis: Int) { self.axis = axis }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.logSoftmax(axis: axis) }
}

/// x where |x| is above a bound and 0 elsewhere. Source: `torch.nn.Hardshrink`.
public final class Hardshrink: Module, Layer {
    private let bound: Float

    /// With the given bound.
    public init(_ bound: Float = 0.5) { self.bound = bound }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.hardshrink(bound) }
}

/// x moved towards 0 by a bound. Source: `torch.nn.Softshrink`.
public final class Softshrink: Module, Layer {
    private let bound: Float

    /// With the given bound.
    public init(_ bound: Float = 0.5) { self.bound = bound }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.softshrink(bound) }
}

/// x above 0 and α(e^(x / α) − 1) below. Source: `torch.nn.CELU`.
public final class CELU: Module, Layer {
    private let alpha: Float

    /// With the limit −`alpha` on the left.
    public init(alpha: Float = 1) { self.alpha = alpha }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.celu(alpha: alpha) }
}

/// exp(−xᵢ) / Σⱼ exp(−xⱼ) along an axis. Source: `torch.nn.Softmin`.
public final class Softmin: Module, Layer {
    private let axis: Int

    /// Along the given axis.
    public init(axis: Int) { self.axis = axis }

    public func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { input.softmin(axis: axis) }
}
