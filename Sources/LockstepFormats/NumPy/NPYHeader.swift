internal import LockstepTensor

/// What the header of a `.npy` file says.
struct NPYHeader {
    var type: StoredType
    var isBigEndian: Bool
    var isFortranOrder: Bool
    var shape: [Int]
    /// Where the elements begin.
    var start: Int
    /// Bytes of all elements.
    var byteCount: Int

    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// The longest header that is read; numpy's own are some hundred bytes.
    private static let maximumLength = 1 << 20

    /// NumPy's codes of the element types that can be read, without the byte order.
    private static let types: [String: StoredType] = [
        "b1": .bool, "u1": .uint8, "i1": .int8, "u2": .uint16, "i2": .int16, "u4": .uint32, "i4": .int32, "u8": .uint64,
        "i8": .int64, "f2": .float16, "f4": .float32, "f8": .float64,
    ]

    /// NumPy's code of an element type that tensors have, with the byte order.
    private static func code(of dtype: DType) -> String {
        switch dtype {
        case .float32: "<f4"
        case .float64: "<f8"
        case .int64: "<i8"
        case .int32: "<i4"
        case .uint8: "|u1"
        case .bool: "|b1"
        }
    }
}

extension NPYHeader {
    /// The bytes of a header for elements of that type and shape, as `numpy.save` writes them: padded to a multiple of 64.
    static func encoded(dtype: DType, shape: [Int], fortranOrder: Bool) -> [UInt8] {
        let lengths = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        let order = fortranOrder ? "True" : "False"
        var text = Array("{'descr': '\(code(of: dtype))', 'fortran_order': \(order), 'shape': (\(lengths)), }".utf8)
        // Version 1 gives the length in two bytes, version 2, for shapes of thousands of axes, in four.
        let isLong = text.count + 64 > 0xFFFF
        let prefix = magic.count + 2 + (isLong ? 4 : 2)
        while (prefix + text.count + 1) % 64 != 0 { text.append(UInt8(ascii: " ")) }
        text.append(UInt8(ascii: "\n"))
        let length = (0..<(isLong ? 4 : 2)).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
        return magic + [isLong ? 2 : 1, 0] + length + text
    }

    /// Reads and checks the header of `size` bytes, of which `read` gives those from an offset on.
    init(file: String, size: Int, read: (_ offset: Int, _ buffer: UnsafeMutableRawBufferPointer) throws -> Void) throws
    {
        func bytes(_ count: Int, at offset: Int) throws -> [UInt8] {
            guard count <= size - offset else {
                throw FormatError(
                    file: file, place: "byte \(size)",
                    problem: "ends here, expected \(count + offset - size) more bytes",
                    remedy: "The file is cut off or no .npy file: copy or write it again")
            }
            var bytes = [UInt8](repeating: 0, count: count)
            try bytes.withUnsafeMutableBytes { try read(offset, $0) }
            return bytes
        }
        let prefix = try bytes(8, at: 0)
        guard prefix.starts(with: NPYHeader.magic) else {
            throw FormatError(
                file: file, place: "byte 0", problem: "begins with \(prefix.prefix(6)), expected \\x93NUMPY",
                remedy: "Give a file that numpy.save has written")
        }
        guard 1...3 ~= prefix[6] else {
            throw FormatError(
                file: file, place: "byte 6", problem: "has format version \(prefix[6]).\(prefix[7]), expected 1 to 3",
                remedy: "Save the array again with a NumPy of today")
        }
        let width = prefix[6] == 1 ? 2 : 4
        let length = try bytes(width, at: 8).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= NPYHeader.maximumLength else {
            throw FormatError(
                file: file, place: "byte 8",
                problem: "a header of \(length) bytes is claimed, expected at most \(NPYHeader.maximumLength)",
                remedy: "The file is damaged: write it again")
        }
        start = 8 + width + length
        var scanner = PythonScanner(try bytes(length, at: 8 + width), file: file)
        (type, isBigEndian, isFortranOrder, shape) = try NPYHeader.fields(&scanner)
        guard let byteCount = type.byteCount(shape) else {
            throw scanner.error("shape \(shape) overflows 64 bits")
        }
        self.byteCount = byteCount
        guard byteCount == size - start else {
            throw FormatError(
                file: file, place: "byte \(start)",
                problem: "holds \(size - start) bytes of elements, expected \(byteCount) for shape \(shape)",
                remedy: "The file is cut off or damaged: copy or write it again")
        }
    }

    /// Reads `{'descr': …, 'fortran_order': …, 'shape': …}`, its keys in any order.
    private static func fields(
        _ scanner: inout PythonScanner
    ) throws -> (type: StoredType, isBigEndian: Bool, isFortranOrder: Bool, shape: [Int]) {
        var (code, order, shape): (String?, Bool?, [Int]?)
        try scanner.dictionary { scanner, key in
            switch key {
            case "descr" where code == nil:
                guard !scanner.startsList else {
                    throw scanner.error("holds records with fields, expected one number an element")
                }
                code = try scanner.string()
            case "fortran_order" where order == nil: order = try scanner.boolean()
            case "shape" where shape == nil: shape = try scanner.tuple()
            default: throw scanner.error("the key '\(key)' is unknown or occurs twice")
            }
        }
        guard let code, let order, let shape else {
            throw scanner.error("expected the keys 'descr', 'fortran_order' and 'shape'")
        }
        let mark = code.first ?? " "
        guard let type = types[String(code.dropFirst())], "<>|=".contains(mark), mark != "|" || type.size == 1 else {
            throw scanner.error(
                "holds elements of type '\(code)', expected one of \(types.keys.sorted().joined(separator: ", ")) "
                    + "after <, > or |")
        }
        return (type, mark == ">", order, shape)
    }
}

/// A strict reader of the Python literal that a `.npy` header is.
struct PythonScanner {
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
            remedy: "Save the array again with numpy.save, as numbers or Booleans")
    }

    /// Reads `{'key': …, …}` to the end of the header and calls `value` after each key.
    mutating func dictionary(_ value: (inout PythonScanner, _ key: String) throws -> Void) throws {
        try expect("{")
        while !skip("}") {
            let key = try string()
            try expect(":")
            try value(&self, key)
            if !skip(",") {
                try expect("}")
                break
            }
        }
        skipSpace()
        guard position == bytes.count else { throw error("expected the end of the header") }
    }

    /// Whether a list comes next.
    var startsList: Bool {
        var copy = self
        return copy.skip("[")
    }

    mutating func string() throws -> String {
        skipSpace()
        guard position < bytes.count, [0x22, 0x27].contains(bytes[position]) else { throw error("expected a string") }
        let quote = bytes[position]
        let start = position + 1
        guard let end = bytes[start...].firstIndex(of: quote) else { throw error("a string is not closed") }
        position = end + 1
        guard let text = String(validating: bytes[start..<end], as: UTF8.self) else {
            throw error("a string is not UTF-8")
        }
        return text
    }

    mutating func boolean() throws -> Bool {
        skipSpace()
        for (word, value) in [("True", true), ("False", false)] where bytes[position...].starts(with: word.utf8) {
            position += word.utf8.count
            return value
        }
        throw error("expected True or False")
    }

    /// Reads a tuple of non-negative integers.
    mutating func tuple() throws -> [Int] {
        try expect("(")
        var numbers: [Int] = []
        while !skip(")") {
            numbers.append(try integer())
            if !skip(",") {
                try expect(")")
                break
            }
        }
        return numbers
    }

    private mutating func integer() throws -> Int {
        skipSpace()
        let digits = bytes[position...].prefix { 0x30...0x39 ~= $0 }
        guard !digits.isEmpty else { throw error("expected a non-negative integer") }
        guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
            throw error("a number does not fit 64 bits")
        }
        position = digits.endIndex
        _ = skip("L")  // Python 2 wrote it behind long integers.
        return value
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws {
        guard skip(character) else { throw error("expected '\(character)'") }
    }
}
