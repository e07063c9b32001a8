/// The name of a run: 16 random bytes, so that messages of an earlier or another run are told apart from this one's.
public struct RunID: Sendable, Hashable, CustomStringConvertible {
    /// How many bytes a name has.
    public static let byteCount = 16

    /// What a worker writes while it does not know its run: 16 zeros.
    public static let unknown = RunID(value: 0)

    /// The 16 bytes, the first one highest.
    private let value: UInt128

    private init(value: UInt128) { self.value = value }

    /// A new name from the system's random numbers.
    public static func random() -> RunID { RunID(value: .random(in: 1 ... .max)) }

    /// The name with these bytes; nil unless there are 16.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        value = bytes.reduce(0) { $0 << 8 | UInt128($1) }
    }

    /// The name that `description` wrote; nil unless the text is 32 hexadecimal digits.
    public init?(_ text: String) {
        guard text.utf8.count == 2 * Self.byteCount, text.allSatisfy(\.isHexDigit),
            let value = UInt128(text, radix: 16)
        else { return nil }
        self.value = value
    }

    /// The 16 bytes.
    public var bytes: [UInt8] {
        (0..<Self.byteCount).map { UInt8(truncatingIfNeeded: value >> (120 - 8 * UInt128($0))) }
    }

    /// 32 hexadecimal digits.
    public var description: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 2 * Self.byteCount - digits.count) + digits
    }
}
