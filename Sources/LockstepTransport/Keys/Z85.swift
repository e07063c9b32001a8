/// ZeroMQ's text form of bytes: five characters for four bytes (RFC 32 of ZeroMQ).
enum Z85 {
    private static let alphabet = Array(
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#".utf8)

    /// The bytes as text; their number must be a multiple of four, as a key's is.
    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 4) {
            var value = bytes[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            var group = [UInt8](repeating: 0, count: 5)
            for index in group.indices.reversed() {
                group[index] = alphabet[Int(value % 85)]
                value /= 85
            }
            text += group
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes that `text` writes; nil if it holds another character, ends within a group, or a group means more than
    /// four bytes can hold.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 5) else { return nil }
        var bytes: [UInt8] = []
        var value: UInt64 = 0
        for (index, character) in text.enumerated() {
            guard let digit = alphabet.firstIndex(of: character) else { return nil }
            value = value * 85 + UInt64(digit)
            guard index % 5 == 4 else { continue }
            guard let group = UInt32(exactly: value) else { return nil }
            for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(shift))) }
            value = 0
        }
        return bytes
    }
}
