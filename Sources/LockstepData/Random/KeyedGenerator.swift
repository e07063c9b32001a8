/// Random numbers that depend on a key of several numbers and on nothing else.
///
/// What a step draws is keyed by (seed, epoch, …), never by the process that draws, so any process can draw it again. Two
/// keys that differ in any number, in their order or in their length give unrelated numbers.
///
/// The numbers are those of xoshiro256** (Blackman and Vigna, https://prng.di.unimi.it), which starts from a state that
/// SplitMix64 mixes from the key. Integers only, so the bits are the same on every machine.
package struct KeyedGenerator: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// The generator of that key.
    package init(_ key: UInt64...) {
        var hash = Self.mix(UInt64(key.count))
        for number in key { hash = Self.mix(hash &+ Self.gamma ^ Self.mix(number &+ Self.gamma)) }
        func next() -> UInt64 {
            hash &+= Self.gamma
            return Self.mix(hash)
        }
        // Never all zeros, which xoshiro could not leave: `mix` maps no two inputs to one value.
        state = (next(), next(), next(), next())
    }

    /// 64 random bits.
    package mutating func next() -> UInt64 {
        let result = (state.1 &* 5).rotated(left: 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = state.3.rotated(left: 45)
        return result
    }

    /// An integer in `0..<bound`, each with the same probability.
    ///
    /// The high half of a 128-bit product, and a new draw in the rare case that would favour some results
    /// (D. Lemire, Fast Random Integer Generation in an Interval, 2019). Stops when `bound` is 0.
    package mutating func next(below bound: Int) -> Int {
        guard bound > 0 else { fatalError("next(below:) expects a bound above 0, found \(bound)") }
        let bound = UInt64(bound)
        var product = next().multipliedFullWidth(by: bound)
        if product.low < bound {
            let unfair = (0 &- bound) % bound
            while product.low < unfair { product = next().multipliedFullWidth(by: bound) }
        }
        return Int(product.high)
    }

    /// A number in `range`, from its lower bound on, in steps of 2⁻⁵³ of its length.
    package mutating func uniform(in range: ClosedRange<Double>) -> Double {
        range.lowerBound + Double(next() >> 11) * 0x1p-53 * (range.upperBound - range.lowerBound)
    }

    private static let gamma: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// SplitMix64's finalizer: a one-to-one map in which every input bit changes half of the output bits.
    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension UInt64 {
    fileprivate func rotated(left count: UInt64) -> UInt64 { self << count | self >> (64 - count) }
}
