import CLockstepKernels

// Arithmetic on whole numbers, element by element and broadcast to a common shape. What does not fit in the type wraps around, as in
// PyTorch. Nothing is recorded: only floating-point tensors have gradients.
extension Tensor where Scalar: IntegerScalar {
    /// a + b. Stops where the shapes do not fit.
    public static func + (a: Tensor, b: Tensor) -> Tensor { combined(.add, a, b) }
    /// a − b. Stops where the shapes do not fit.
    public static func - (a: Tensor, b: Tensor) -> Tensor { combined(.subtract, a, b) }
    /// ab. Stops where the shapes do not fit.
    public static func * (a: Tensor, b: Tensor) -> Tensor { combined(.multiply, a, b) }
    /// The quotient as a fraction, in single precision: as in PyTorch, 7 / 2 is 3.5.
    ///
    /// For whole quotients see `divided(by:rounding:)`. Stops where the shapes do not fit.
    public static func / (a: Tensor, b: Tensor) -> Tensor<Float> {
        Tensor<Float>(converting: a) / Tensor<Float>(converting: b)
    }
    /// −x.
    public static prefix func - (x: Tensor) -> Tensor { Tensor(0) - x }

    /// a + b with one number for all elements.
    public static func + (a: Tensor, b: Scalar) -> Tensor { a + Tensor(b) }
    /// a + b with one number for all elements.
    public static func + (a: Scalar, b: Tensor) -> Tensor { Tensor(a) + b }
    /// a − b with one number for all elements.
    public static func - (a: Tensor, b: Scalar) -> Tensor { a - Tensor(b) }
    /// a − b with one number for all elements.
    public static func - (a: Scalar, b: Tensor) -> Tensor { Tensor(a) - b }
    /// ab with one number for all elements.
    public static func * (a: Tensor, b: Scalar) -> Tensor { a * Tensor(b) }
    /// ab with one number for all elements.
    public static func * (a: Scalar, b: Tensor) -> Tensor { Tensor(a) * b }
    /// The quotient as a fraction, with one divisor for all elements.
    public static func / (a: Tensor, b: Scalar) -> Tensor<Float> { a / Tensor(b) }
    /// The quotient as a fraction, of one number and all elements.
    public static func / (a: Scalar, b: Tensor) -> Tensor<Float> { Tensor(a) / b }

    /// The bits that are set in both a and b.
    public static func .& (a: Tensor, b: Tensor) -> Tensor { combined(.and, a, b) }
    /// The bits that are set in a or b.
    public static func .| (a: Tensor, b: Tensor) -> Tensor { combined(.or, a, b) }
    /// The bits that are set in one of a and b alone.
    public static func .^ (a: Tensor, b: Tensor) -> Tensor { combined(.exclusiveOr, a, b) }

    /// a / b made whole. Stops where a divisor is 0, and where the shapes do not fit.
    ///
    /// Source: `torch.div` with `rounding_mode`.
    public func divided(by divisor: Tensor, rounding: DivisionRounding) -> Tensor {
        checkDivisor(divisor)
        return .combined(rounding == .floor ? .floorQuotient : .truncatedQuotient, self, divisor)
    }

    /// a / b made whole, with one divisor for all elements.
    public func divided(by divisor: Scalar, rounding: DivisionRounding) -> Tensor {
        divided(by: Tensor(divisor), rounding: rounding)
    }

    /// a − b ⌊a / b⌋: what is left of a, with the sign of b. Stops where a divisor is 0, and where the shapes do not fit.
    ///
    /// Python's `%`, which for negative numbers differs from Swift's.
    ///
    /// Source: `torch.remainder`.
    public func remainder(_ divisor: Tensor) -> Tensor {
        checkDivisor(divisor)
        return .combined(.remainder, self, divisor)
    }

    /// What is left of every element after whole multiples of one number.
    public func remainder(_ divisor: Scalar) -> Tensor { remainder(Tensor(divisor)) }

    /// a to the power of b; where b is negative, 1 / a⁻ᵇ without its fraction. Stops where the shapes do not fit.
    ///
    /// Source: `torch.pow`.
    public func pow(_ exponent: Tensor) -> Tensor { .combined(.power, self, exponent) }

    /// x to the power of one number, which must not be negative.
    ///
    /// Source: `torch.pow`.
    public func pow(_ exponent: Scalar) -> Tensor {
        guard exponent >= 0 else { fatalError("Integers to negative integer powers are not allowed.") }
        return pow(Tensor(exponent))
    }

    /// |x|; of the smallest number of a signed type, whose absolute value does not fit, that number itself.
    ///
    /// Source: `torch.abs`.
    public func abs() -> Tensor { Scalar.isSigned ? maximum(self, -self) : self }

    /// −1, 0 or 1 by the sign of x.
    ///
    /// Source: `torch.sign`.
    public func sign() -> Tensor {
        let positive = Tensor(converting: self .> 0)
        return Scalar.isSigned ? positive - Tensor(converting: self .< 0) : positive
    }

    /// x². What does not fit in the type wraps around.
    ///
    /// Source: `torch.square`.
    public func square() -> Tensor { self * self }

    /// min(max(x, min), max); a bound that is left out does not hold.
    ///
    /// Source: `torch.clamp`.
    public func clamp(min: Scalar = .min, max: Scalar = .max) -> Tensor {
        minimum(maximum(self, Tensor(min)), Tensor(max))
    }

    private func checkDivisor(_ divisor: Tensor) {
        if count > 0, (divisor .== 0).countTrue > 0 { fatalError("ZeroDivisionError") }
    }
}

/// The larger of a and b, element by element, broadcast to a common shape. Stops where the shapes do not fit.
///
/// Source: `torch.maximum`.
public func maximum<Scalar: IntegerScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
    .combined(.maximum, a, b)
}

/// The smaller of a and b, element by element, broadcast to a common shape. Stops where the shapes do not fit.
///
/// Source: `torch.minimum`.
public func minimum<Scalar: IntegerScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
    .combined(.minimum, a, b)
}
