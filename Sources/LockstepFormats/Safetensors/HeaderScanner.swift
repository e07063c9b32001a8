/// A strict reader of the JSON that a safetensors header may hold: objects, strings, and lists of non-negative integers.
///
/// A general JSON decoder loses the order of keys and lets the last of two equal keys win; here order is kept, and whoever
/// reads sees every key. Nothing nests deeper than the caller asks for, so hostile input cannot exhaust the stack.
struct HeaderScanner {
    let file: String
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
    }

    /// An error at the place that reading has come to.
    func error(_ problem: String) -> FormatError {
        FormatError(
            file: file, place: "header, byte \(position)", problem: problem,
            remedy: "The file is damaged or no safetensors file: write, copy or download it again")
    }

    /// Reads `{"key": …, …}` and calls `value` after each key to read what belongs to it.
    mutating func object(_ value: (inout HeaderScanner, _ key: String) throws -> Void) throws {
        try expect("{")
        if skip("}") { return }
        repeat {
            let key = try string()
            try expect(":")
            try value(&self, key)
        } while skip(",")
        try expect("}")
    }

    /// Reads a list of non-negative integers.
    mutating func integers() throws -> [Int] {
        try expect("[")
        if skip("]") { return [] }
        var numbers: [Int] = []
        repeat { numbers.append(try integer()) } while skip(",")
        try expect("]")
        return numbers
    }

    /// Reads a string, with JSON's escapes resolved.
    mutating func string() throws -> String {
        try expect("\"")
        var text: [UInt8] = []
        while true {
            guard position < bytes.count else { throw error("a string is not closed") }
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                guard let string = String(validating: text, as: UTF8.self) else { throw error("a string is not UTF-8") }
                return string
            case UInt8(ascii: "\\"):
                position += 1
                text.append(contentsOf: String(try escape()).utf8)
            case 0..<0x20:
                throw error("a string holds the control character \(byte), expected an escape")
            default:
                position += 1
                text.append(byte)
            }
        }
    }

    /// Throws unless nothing but white space is left; writers pad the header with spaces.
    mutating func end() throws {
        skipSpace()
        guard position == bytes.count else { throw error("expected the end of the header, found \(found)") }
    }
}

extension HeaderScanner {
    /// What stands at the current place, for messages.
    private var found: String {
        guard position < bytes.count else { return "its end" }
        let byte = bytes[position]
        return (0x21..<0x7F).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "the byte \(byte)"
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    /// Goes past `character` if it is the next one.
    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws {
        guard skip(character) else { throw error("expected '\(character)', found \(found)") }
    }

    private mutating func integer() throws -> Int {
        skipSpace()
        let start = position
        var value = 0
        while position < bytes.count, case let digit = Int(bytes[position]) - 0x30, 0...9 ~= digit {
            let (product, over) = value.multipliedReportingOverflow(by: 10)
            let (sum, overSum) = product.addingReportingOverflow(digit)
            guard !over, !overSum else { throw error("a number does not fit 64 bits") }
            value = sum
            position += 1
        }
        guard position > start else { throw error("expected a non-negative integer, found \(found)") }
        guard position == start + 1 || bytes[start] != 0x30 else { throw error("a number starts with 0") }
        return value
    }

    /// Reads what follows a backslash.
    private mutating func escape() throws -> Unicode.Scalar {
        guard position < bytes.count else { throw error("a string is not closed") }
        let byte = bytes[position]
        position += 1
        switch Unicode.Scalar(byte) {
        case "\"": return "\""
        case "\\": return "\\"
        case "/": return "/"
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u":
            let unit = try hexadecimal()
            if let scalar = Unicode.Scalar(unit) { return scalar }
            // A surrogate: only the first of a pair may stand here, and the second must follow.
            guard unit < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            else { throw error("a string holds half of a surrogate pair") }
            position += 2
            let second = try hexadecimal()
            guard 0xDC00..<0xE000 ~= second,
                let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (second - 0xDC00))
            else { throw error("a string holds half of a surrogate pair") }
            return scalar
        default: throw error("a string holds an unknown escape")
        }
    }

    private mutating func hexadecimal() throws -> UInt32 {
        guard position + 4 <= bytes.count else { throw error("a string is not closed") }
        var value: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw error("expected four hexadecimal digits after \\u")
            }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }
}
