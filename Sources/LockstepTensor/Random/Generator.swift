/// A source of random numbers: the Mersenne Twister MT19937, draw for draw as PyTorch's CPU generator.
///
/// Equal seeds give equal numbers, here and in PyTorch. As in PyTorch only the low 32 bits of the seed take part. A generator
/// is a value: a copy goes on from the same place as the original, and independently of it.
///
/// It is also a `RandomNumberGenerator`, so `shuffled(using:)` and `Int.random(in:using:)` of the standard library accept it;
/// those draw in Swift's own way, `permutation(_:)` and `integer(in:)` in PyTorch's.
///
/// Source: M. Matsumoto and T. Nishimura, "Mersenne Twister", ACM TOMACS 8 (1998), with the seeding of the 2002 reference
/// implementation; `torch.Generator`.
public struct Generator: RandomNumberGenerator, Sendable, Equatable {
    /// Words of state.
    package static let stateCount = 624
    /// How far ahead the word lies that each new word is mixed with.
    private static let middle = 397
    /// The seed of `Generator()`, PyTorch's `default_rng_seed_val`.
    public static let defaultSeed: UInt64 = 67_280_421_310_721

    /// The seed that this generator was made with, PyTorch's `initial_seed()`.
    public internal(set) var seed: UInt64
    /// The state words.
    package internal(set) var words: [UInt32]
    /// Words left before the next 624 are made, plus one; the two counts are kept as PyTorch keeps them in its state.
    package internal(set) var left: Int
    /// The place of the next word to hand out.
    package internal(set) var position: Int
    /// The second half of the last pair of normal numbers, drawn but not yet handed out.
    package internal(set) var spareNormal: Double?

    /// A generator that starts from `seed`.
    ///
    /// The default seed is the one that `torch.Generator()` has.
    public init(seed: UInt64 = Generator.defaultSeed) {
        self.seed = seed
        words = [UInt32](repeating: 0, count: Generator.stateCount)
        words[0] = UInt32(truncatingIfNeeded: seed)
        for place in 1..<Generator.stateCount {
            let previous = words[place - 1]
            words[place] = 1_812_433_253 &* (previous ^ (previous >> 30)) &+ UInt32(place)
        }
        left = 1
        position = 0
        spareNormal = nil
    }

    /// 32 random bits, PyTorch's `random()`.
    public mutating func next32() -> UInt32 {
        left -= 1
        if left == 0 { twist() }
        var word = words[position]
        position += 1
        word ^= word >> 11
        word ^= (word << 7) & 0x9d2c_5680
        word ^= (word << 15) & 0xefc6_0000
        return word ^ (word >> 18)
    }

    /// 64 random bits, PyTorch's `random64()`: two draws, the first in the high half.
    public mutating func next() -> UInt64 {
        let high = UInt64(next32())
        return high << 32 | UInt64(next32())
    }

    /// Makes the next 624 words.
    private mutating func twist() {
        let count = Generator.stateCount
        words.withUnsafeMutableBufferPointer { words in
            for place in 0..<count {
                let following = words[place + 1 < count ? place + 1 : 0]
                let ahead = place + Generator.middle
                let mixed = (words[place] & 0x8000_0000) | (following & 0x7fff_ffff)
                words[place] =
                    words[ahead < count ? ahead : ahead - count] ^ (mixed >> 1) ^ (following & 1 == 0 ? 0 : 0x9908_b0df)
            }
        }
        left = count
        position = 0
    }
}
