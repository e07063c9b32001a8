#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Generator {
    /// True with probability `p`, as PyTorch's `bernoulli_(p)` and `dropout` draw it: whether a `Double` in [0, 1) is below `p`.
    ///
    /// Where PyTorch finds a processor of Intel's it takes this and the exponential distribution from MKL's generator instead, with
    /// a seed that it draws from its own; here every processor gives the same numbers.
    ///
    /// Stops when `p` is not in [0, 1].
    public mutating func bernoulli(_ p: Double) -> Bool {
        guard 0...1 ~= p else { fatalError("bernoulli_ expects p to be in [0, 1], but got p=\(p)") }
        return Double.unitUniform(using: &self) < p
    }

    /// A number drawn from the exponential distribution, as PyTorch's `exponential_(rate)` draws it: −log(1 − u) / `rate`.
    ///
    /// See ``bernoulli(_:)`` on where PyTorch draws otherwise.
    ///
    /// Stops when `rate` is not above 0.
    public mutating func exponential(rate: Double = 1) -> Double {
        guard rate > 0 else { fatalError("exponential_ expects lambda > 0.0, but found lambda=\(rate)") }
        return -1 / rate * log1p(-Double.unitUniform(using: &self))
    }

    /// A whole number from 0 to `Int64.max`, as PyTorch's `random_()` draws it: the low 63 bits of a 64-bit draw.
    public mutating func nonNegativeInteger() -> Int64 { Int64(next() & UInt64(Int64.max)) }
}
