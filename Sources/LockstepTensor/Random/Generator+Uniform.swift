/// A type of floating-point number that a `Generator` can draw.
public protocol RandomScalar: TensorScalar, BinaryFloatingPoint {
    /// A number in [0, 1) with as many random bits as the type's significand has.
    static func unitUniform(using generator: inout Generator) -> Self
    /// Fills `elements`, in order, with numbers drawn uniformly from [`low`, `high`).
    static func fillUniform(
        _ elements: UnsafeMutableBufferPointer<Self>, from low: Self, to high: Self, using generator: inout Generator)
    /// Fills `elements` with numbers drawn from the normal distribution.
    static func fillNormal(
        _ elements: UnsafeMutableBufferPointer<Self>, mean: Double, standardDeviation: Double,
        using generator: inout Generator)
}

// The loops are written once, in generic functions that are inlined here, where the type is known: run through a protocol's
// witnesses, a number would take ten times as long.

extension Float: RandomScalar {
    /// 24 bits of one 32-bit draw, divided by 2²⁴.
    public static func unitUniform(using generator: inout Generator) -> Float {
        Float(generator.next32() & 0xff_ffff) * 0x1p-24
    }

    public static func fillUniform(
        _ elements: UnsafeMutableBufferPointer<Float>, from low: Float, to high: Float, using generator: inout Generator
    ) {
        generator.fillUniform(elements, from: low, to: high)
    }

    public static func fillNormal(
        _ elements: UnsafeMutableBufferPointer<Float>, mean: Double, standardDeviation: Double,
        using generator: inout Generator
    ) {
        generator.fillNormal(elements, mean: mean, standardDeviation: standardDeviation)
    }
}

extension Double: RandomScalar {
    /// 53 bits of one 64-bit draw, divided by 2⁵³.
    public static func unitUniform(using generator: inout Generator) -> Double {
        Double(generator.next() & 0x1f_ffff_ffff_ffff) * 0x1p-53
    }

    public static func fillUniform(
        _ elements: UnsafeMutableBufferPointer<Double>, from low: Double, to high: Double,
        using generator: inout Generator
    ) {
        generator.fillUniform(elements, from: low, to: high)
    }

    public static func fillNormal(
        _ elements: UnsafeMutableBufferPointer<Double>, mean: Double, standardDeviation: Double,
        using generator: inout Generator
    ) {
        generator.fillNormal(elements, mean: mean, standardDeviation: standardDeviation)
    }
}

extension Generator {
    /// A number drawn uniformly from [`low`, `high`): x · (high − low) + low for x in [0, 1).
    ///
    /// The product and the sum are rounded once, together, as PyTorch does on every processor with AVX2; the bits are then
    /// PyTorch's. Where rounding reaches `high`, the result is `low`, as in PyTorch.
    ///
    /// Stops when `low` is greater than `high`.
    @inline(__always)
    public mutating func uniform<Scalar: RandomScalar>(from low: Scalar = 0, to high: Scalar = 1) -> Scalar {
        guard low <= high else {
            fatalError("uniform_ expects to return a [from, to) range, but found from=\(low) > to=\(high)")
        }
        let number = low.addingProduct(Scalar.unitUniform(using: &self), high - low)
        return number == high ? low : number
    }

    @inline(__always)
    mutating func fillUniform<Scalar: RandomScalar>(
        _ elements: UnsafeMutableBufferPointer<Scalar>, from low: Scalar, to high: Scalar
    ) {
        for place in elements.indices { elements[place] = uniform(from: low, to: high) }
    }

    /// A whole number drawn uniformly from `range`, as `torch.randint` draws it.
    ///
    /// A draw modulo the size of the range: 32 bits where that is below 2²⁸, 64 from there on.
    ///
    /// Stops when `range` is empty.
    public mutating func integer(in range: Range<Int64>) -> Int64 {
        guard !range.isEmpty else {
            fatalError(
                "random_ expects 'from' to be less than 'to', but got from=\(range.lowerBound) >= to=\(range.upperBound)"
            )
        }
        // The distance between two Int64 always fits UInt64, whatever their signs.
        let size = UInt64(bitPattern: range.upperBound &- range.lowerBound)
        let draw = size >= 1 << 28 ? next() : UInt64(next32())
        return range.lowerBound &+ Int64(bitPattern: draw % size)
    }

    /// The numbers 0..<`count` in random order, as `torch.randperm` gives them.
    ///
    /// Fisher–Yates with one 32-bit draw an element; from 214 748 364 elements on, the inside-out variant with 64-bit draws.
    ///
    /// Stops when `count` is negative.
    public mutating func permutation(_ count: Int) -> [Int] {
        guard count >= 0 else { fatalError("n must be non-negative, got \(count)") }
        var order = Array(0..<count)
        if count < Int(UInt32.max) / 20 {
            for place in 0..<Swift.max(count - 1, 0) {
                order.swapAt(place, place + Int(next32()) % (count - place))
            }
        } else {
            for place in 0..<count {
                let other = Int(next() % UInt64(place + 1))
                order[place] = order[other]
                order[other] = place
            }
        }
        return order
    }
}
