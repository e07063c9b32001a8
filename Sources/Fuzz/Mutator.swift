/// Random numbers from a seed (SplitMix64): the same inputs on every machine and in any order.
struct Random: RandomNumberGenerator {
    private var state: UInt64

    /// Numbers of their own for each combination of keys.
    init(_ keys: UInt64...) {
        state = 0
        for key in keys { state = Random.mix(state ^ key &+ 0x9E37_79B9_7F4A_7C15) }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Random.mix(state)
    }

    /// A number below `bound`, at least 1.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Makes inputs that are almost right out of ones that are.
struct Mutator {
    /// Inputs that the decoder takes.
    let corpus: [[UInt8]]
    /// Words of the format, to put in where chance would hardly come upon them.
    let words: [[UInt8]]
    /// The longest input, so that most of the time goes into decoding and not into copying.
    static let longest = 1 << 16

    /// An input: one of the corpus with a change, or two with half the chance, and so on.
    func input(_ random: inout Random) -> [UInt8] {
        var bytes = corpus[random.below(corpus.count)]
        for _ in 0...random.next().trailingZeroBitCount {
            change(&bytes, &random)
            if bytes.count > Self.longest { bytes.removeLast(bytes.count - Self.longest) }
        }
        return bytes
    }

    private func change(_ bytes: inout [UInt8], _ random: inout Random) {
        guard !bytes.isEmpty else {
            bytes = (0..<random.below(64)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            return
        }
        let place = random.below(bytes.count)
        let rest = bytes.count - place
        switch random.below(12) {
        case 0: bytes[place] ^= 1 << UInt8(random.below(8))
        case 1: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 2: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF, 0x20, 0x0A, 0x22][random.below(8)]
        case 3: bytes.removeLast(rest)
        case 4: bytes.removeSubrange(place..<place + 1 + random.below(min(rest, 64)))
        case 5:
            bytes.insert(
                contentsOf: (0...random.below(16)).map { _ in UInt8(truncatingIfNeeded: random.next()) }, at: place)
        case 6: number(&bytes, at: place, &random)
        case 7:
            // A part of another one, as if two files had been mixed up.
            let other = corpus[random.below(corpus.count)]
            guard !other.isEmpty else { return }
            let start = random.below(other.count)
            let part = other[start..<start + 1 + random.below(min(other.count - start, 256))]
            bytes.replaceSubrange(place..<place + min(rest, random.below(2) * part.count), with: part)
        case 8:
            // The same again and again: deep nesting, long lists.
            let part = Array(bytes[place..<place + 1 + random.below(min(rest, 16))])
            let times = 1 << random.below(13)
            bytes.insert(contentsOf: (0..<times).flatMap { _ in part }, at: place)
        case 9 where !words.isEmpty, 10 where !words.isEmpty:
            let word = words[random.below(words.count)]
            bytes.replaceSubrange(place..<place + min(rest, random.below(2) * word.count), with: word)
        default:
            // A digit: sizes and counts in text.
            let digits = bytes.indices.filter { (0x30...0x39).contains(bytes[$0]) }
            guard !digits.isEmpty else { return bytes.swapAt(place, random.below(bytes.count)) }
            bytes[digits[random.below(digits.count)]] = 0x30 + UInt8(random.below(10))
        }
    }

    /// Puts a number at the end of its range over some bytes, in either order.
    private func number(_ bytes: inout [UInt8], at place: Int, _ random: inout Random) {
        let values: [UInt64] = [
            0, 1, .max, .max - 1, 1 << 63, 1 << 62, 1 << 31, 1 << 32, (1 << 31) - 1, (1 << 32) - 1, 0x7FFF, 0x8000,
            0xFFFF,
            UInt64(bytes.count), UInt64(bytes.count) + 1, UInt64(bytes.count) - 1,
        ]
        let value = values[random.below(values.count)]
        let width = [1, 2, 4, 8][random.below(4)]
        let isBig = random.below(2) == 0
        for index in 0..<width where place + index < bytes.count {
            bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (isBig ? width - 1 - index : index)))
        }
    }
}
