extension Tensor {
    /// A tensor whose elements all have one value.
    ///
    /// Source: `torch.full`.
    @_specialize(where Scalar == Float)
    public static func full(_ shape: [Int], _ value: Scalar) -> Tensor {
        let result = Tensor(uninitialized: shape)
        result.storage.pointer.fill(value, count: result.count)
        return result
    }

    /// A tensor of one value with the shape of another.
    ///
    /// Source: `torch.full_like`.
    public static func fullLike(_ other: Tensor, _ value: Scalar) -> Tensor { full(other.shape, value) }

    /// A tensor of zeros (of `false` for `Bool`).
    ///
    /// Source: `torch.zeros`.
    @_specialize(where Scalar == Float)
    public static func zeros(_ shape: [Int]) -> Tensor { full(shape, .zero) }

    /// A tensor of zeros with the shape of another.
    ///
    /// Source: `torch.zeros_like`.
    public static func zerosLike(_ other: Tensor) -> Tensor { zeros(other.shape) }
}

extension Tensor where Scalar: ExpressibleByIntegerLiteral {
    /// A tensor of ones.
    ///
    /// Source: `torch.ones`.
    public static func ones(_ shape: [Int]) -> Tensor { full(shape, 1) }

    /// A tensor of ones with the shape of another.
    ///
    /// Source: `torch.ones_like`.
    public static func onesLike(_ other: Tensor) -> Tensor { ones(other.shape) }
}

extension Tensor where Scalar: FloatingScalar {
    /// The numbers `start`, `start + step`, … below `end` (above it for a negative step): ⌈(end − start) / step⌉ of them.
    ///
    /// Computed in double precision and then rounded, as in PyTorch. Stops where `step` is 0 or leads away from `end`.
    ///
    /// Source: `torch.arange`.
    public static func arange(_ start: Double, _ end: Double, step: Double = 1) -> Tensor {
        checkStep(start, end, step, zero: 0)
        let count = Int(((end - start) / step).rounded(.up))
        return Tensor(shape: [count]) { buffer in
            for place in buffer.indices { buffer[place] = Scalar(start + Double(place) * step) }
        }
    }

    /// The numbers 0, 1, … below `end`.
    public static func arange(_ end: Double) -> Tensor { arange(0, end) }

    /// `steps` numbers at equal distances from `start` to `end`, both included.
    ///
    /// The second half is counted down from `end`, as PyTorch does, so that the last number is `end` itself.
    ///
    /// Source: `torch.linspace`.
    public static func linspace(_ start: Scalar, _ end: Scalar, steps: Int) -> Tensor {
        guard steps >= 0 else { fatalError("number of steps must be non-negative") }
        let step = steps > 1 ? (end - start) / Scalar(steps - 1) : 0
        return Tensor(shape: [steps]) { buffer in
            for place in buffer.indices {
                buffer[place] =
                    place < steps / 2 || steps == 1
                    ? start + Scalar(place) * step : end - Scalar(steps - 1 - place) * step
            }
        }
    }
}

extension Tensor where Scalar: FixedWidthInteger {
    /// The numbers `start`, `start + step`, … below `end` (above it for a negative step).
    ///
    /// Stops where `step` is 0 or leads away from `end`.
    ///
    /// Source: `torch.arange`.
    public static func arange(_ start: Scalar, _ end: Scalar, step: Scalar = 1) -> Tensor {
        checkStep(start, end, step, zero: 0)
        return Tensor(Array(stride(from: Int(start), to: Int(end), by: Int(step))).map { Scalar($0) })
    }

    /// The numbers 0, 1, … below `end`.
    public static func arange(_ end: Scalar) -> Tensor { arange(0, end) }
}

private func checkStep<Value: Comparable>(_ start: Value, _ end: Value, _ step: Value, zero: Value) {
    guard step != zero else { fatalError("step must be nonzero") }
    guard step > zero ? start <= end : start >= end else {
        fatalError("upper bound and lower bound inconsistent with step sign")
    }
}
