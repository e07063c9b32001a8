/// What is wrong with the bytes given as a generator's state.
public struct GeneratorStateError: Error, CustomStringConvertible, Sendable {
    /// A sentence for the user.
    public let description: String
}

extension Generator {
    /// The bytes of `torch.get_rng_state()`.
    private static let byteCount = 5056

    /// All that the generator needs to go on, in the byte layout of `torch.get_rng_state()`: 5056 bytes, little-endian.
    ///
    /// | offset | type | holds |
    /// | --- | --- | --- |
    /// | 0 | u64 | seed |
    /// | 8 | i32 | words left before the next 624 are made, plus 1 |
    /// | 12 | i32 | 1: seeded |
    /// | 16 | u64 | the next word to hand out |
    /// | 24 | u64 × 624 | the words |
    /// | 5024 | f64 | the spare normal number |
    /// | 5040 | i32 | whether there is one |
    ///
    /// All other bytes are zero.
    public var state: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Generator.byteCount)
        func store(_ value: some FixedWidthInteger, at offset: Int) {
            withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
        }
        store(seed, at: 0)
        store(Int32(left), at: 8)
        store(Int32(1), at: 12)
        store(UInt64(position), at: 16)
        for (place, word) in words.enumerated() { store(UInt64(word), at: 24 + 8 * place) }
        if let spareNormal {
            store(spareNormal.bitPattern, at: 5024)
            store(Int32(1), at: 5040)
        }
        return bytes
    }

    /// The generator whose `state`, or whose `torch.get_rng_state()`, these bytes are.
    ///
    /// Throws `GeneratorStateError` when there are not 5056 of them or when they contradict themselves.
    public init(state bytes: [UInt8]) throws {
        guard bytes.count == Generator.byteCount else {
            throw GeneratorStateError(
                description: "a generator's state has \(Generator.byteCount) bytes, but \(bytes.count) were given")
        }
        func load<Value: FixedWidthInteger>(_: Value.Type, at offset: Int) -> Value {
            bytes.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self)) }
        }
        let left = Int(load(Int32.self, at: 8))
        let position = load(UInt64.self, at: 16)
        // Whenever a word is left, the counts say the same thing twice; a fresh generator has none left and stands at 0.
        guard load(Int32.self, at: 12) == 1, (1...Generator.stateCount).contains(left),
            position == Generator.stateCount - left + 1 || (left == 1 && position == 0)
        else {
            throw GeneratorStateError(
                description:
                    "not a generator's state: it says that \(left - 1) of \(Generator.stateCount) words are left and the "
                    + "next is at \(position)")
        }
        self.init(seed: load(UInt64.self, at: 0))
        words = (0..<Generator.stateCount).map { UInt32(truncatingIfNeeded: load(UInt64.self, at: 24 + 8 * $0)) }
        self.left = left
        self.position = Int(position)
        if load(Int32.self, at: 5040) != 0 { spareNormal = Double(bitPattern: load(UInt64.self, at: 5024)) }
    }
}
