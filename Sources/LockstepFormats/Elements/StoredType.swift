internal import LockstepTensor

/// An element type that a file may hold, and what it is read as where tensors have no such type.
enum StoredType: Sendable, Hashable, CaseIterable {
    case bool, uint8, int8, uint16, int16, uint32, int32, uint64, int64
    case float16, bfloat16, float32, float64
    case float8E4M3, float8E5M2, float8E4M3FNUZ, float8E5M2FNUZ, float8E8M0

    /// Bytes of one element in the file.
    var size: Int {
        switch self {
        case .bool, .uint8, .int8, .float8E4M3, .float8E5M2, .float8E4M3FNUZ, .float8E5M2FNUZ, .float8E8M0: 1
        case .uint16, .int16, .float16, .bfloat16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        }
    }

    /// The element type in memory: the same one, or the smallest that holds every value (of UInt64, those up to `Int64.max`).
    var dtype: DType {
        switch self {
        case .bool: .bool
        case .uint8: .uint8
        case .int8, .uint16, .int16, .int32: .int32
        case .uint32, .uint64, .int64: .int64
        case .float64: .float64
        case .float16, .bfloat16, .float32, .float8E4M3, .float8E5M2, .float8E4M3FNUZ, .float8E5M2FNUZ, .float8E8M0:
            .float32
        }
    }

    /// The type in which elements of `dtype` are written.
    init(_ dtype: DType) {
        self =
            switch dtype {
            case .float32: .float32
            case .float64: .float64
            case .int64: .int64
            case .int32: .int32
            case .uint8: .uint8
            case .bool: .bool
            }
    }

    /// The bytes of elements of that shape; nil where they cannot be counted in 64 bits.
    func byteCount(_ shape: [Int]) -> Int? {
        // In memory an element may be larger than in the file; sizes of 0 count as 1, so that strides cannot overflow either.
        var bytes = max(size, dtype.size)
        for length in shape {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: max(length, 1))
            guard length >= 0, !overflow else { return nil }
            bytes = product
        }
        return shape.contains(0) ? 0 : bytes / max(size, dtype.size) * size
    }
}

/// What is wrong with an element that was read.
struct ElementProblem: Error {
    /// Its number in the file's order.
    var place: Int
    /// What it is and what was expected.
    var problem: String
}

extension StoredType {
    /// How many elements are converted at a time.
    private static let piece = 1 << 16

    /// Reads elements into `target`, which holds elements of `dtype`; `read` gives the file's bytes from an offset on.
    ///
    /// Throws `ElementProblem` for an element that has no equal in memory, and whatever `read` throws.
    func read(
        into target: UnsafeMutableRawBufferPointer, bigEndian: Bool = false,
        _ read: (_ offset: Int, _ buffer: UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        if self == StoredType(dtype) {
            try read(0, target)
            if bigEndian { swapBytes(of: target) }
            // A Bool in memory may be nothing but 0 or 1.
            if self == .bool, let place = target.firstIndex(where: { $0 > 1 }) {
                let problem = "is \(target[place]), expected 0 or 1 for BOOL"
                target[place] = 0
                throw ElementProblem(place: place, problem: problem)
            }
            return
        }
        let count = target.count / dtype.size
        var bytes = [UInt8](repeating: 0, count: min(count, Self.piece) * size)
        for start in stride(from: 0, to: count, by: Self.piece) {
            let part = min(count - start, Self.piece)
            try bytes.withUnsafeMutableBytes { bytes in
                let bytes = UnsafeMutableRawBufferPointer(rebasing: bytes[..<(part * size)])
                try read(start * size, bytes)
                if bigEndian { swapBytes(of: bytes) }
                let end = start * dtype.size + part * dtype.size
                try convert(bytes, into: .init(rebasing: target[start * dtype.size..<end]), first: start)
            }
        }
    }

    private func swapBytes(of bytes: UnsafeMutableRawBufferPointer) {
        guard size > 1 else { return }
        for start in stride(from: 0, to: bytes.count, by: size) { bytes[start..<start + size].reverse() }
    }

    /// Converts little-endian elements, the first of which has the number `first`.
    private func convert(
        _ source: UnsafeMutableRawBufferPointer, into target: UnsafeMutableRawBufferPointer, first: Int
    ) throws {
        /// One loop for each pair of types; the compiler makes each of them anew, since it is inlined.
        @inline(__always) func each<Stored: FixedWidthInteger, Element>(
            _: Stored.Type, _ element: (Stored) -> Element
        ) {
            for place in 0..<source.count / MemoryLayout<Stored>.size {
                let stored = source.loadUnaligned(
                    fromByteOffset: place * MemoryLayout<Stored>.size, as: Stored.self)
                target.storeBytes(
                    of: element(Stored(littleEndian: stored)), toByteOffset: place * MemoryLayout<Element>.size,
                    as: Element.self)
            }
        }
        switch self {
        case .int8: each(UInt8.self) { Int32(Int8(bitPattern: $0)) }
        case .uint16: each(UInt16.self) { Int32($0) }
        case .int16: each(UInt16.self) { Int32(Int16(bitPattern: $0)) }
        case .uint32: each(UInt32.self) { Int64($0) }
        case .uint64:
            var large: (place: Int, value: UInt64)?
            var place = first
            each(UInt64.self) { stored -> Int64 in
                if stored > UInt64(Int64.max), large == nil { large = (place, stored) }
                place += 1
                return Int64(bitPattern: stored)
            }
            if let large {
                throw ElementProblem(
                    place: large.place, problem: "is \(large.value), expected at most \(Int64.max): it is read as Int64"
                )
            }
        case .float16: each(UInt16.self) { Float(Float16(bitPattern: $0)) }
        case .bfloat16: each(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
        case .float8E4M3, .float8E5M2, .float8E4M3FNUZ, .float8E5M2FNUZ, .float8E8M0:
            let table = (0..<256).map { float8(UInt8($0)) }
            each(UInt8.self) { table[Int($0)] }
        case .bool, .uint8, .int32, .int64, .float32, .float64:
            fatalError("\(self) needs no conversion")  // `read` has done with these.
        }
    }

    /// The value of an 8-bit floating-point number.
    ///
    /// Source: P. Micikevicius and others, "FP8 formats for deep learning", arXiv 2209.05433; ml_dtypes for the FNUZ types; the Open
    /// Compute Project's MX specification for E8M0.
    private func float8(_ bits: UInt8) -> Float {
        if self == .float8E8M0 {
            return bits == 0xFF ? .nan : Float(sign: .plus, exponent: Int(bits) - 127, significand: 1)
        }
        let (fractionBits, bias) =
            switch self {
            case .float8E4M3: (3, 7)
            case .float8E4M3FNUZ: (3, 8)
            case .float8E5M2: (2, 15)
            default: (2, 16)
            }
        let magnitude = Int(bits & 0x7F)
        let sign: FloatingPointSign = bits & 0x80 == 0 ? .plus : .minus
        switch self {
        case .float8E4M3 where magnitude == 0x7F: return .nan
        case .float8E4M3FNUZ where bits == 0x80, .float8E5M2FNUZ where bits == 0x80: return .nan
        case .float8E5M2 where magnitude == 0x7C: return sign == .plus ? .infinity : -.infinity
        case .float8E5M2 where magnitude > 0x7C: return .nan
        default: break
        }
        let (exponent, fraction) = (magnitude >> fractionBits, magnitude & (1 << fractionBits - 1))
        // Below the smallest exponent there is no leading one.
        let significand = Float(exponent == 0 ? fraction : fraction + 1 << fractionBits)
        let power = max(exponent, 1) - bias - fractionBits
        return Float(sign: sign, exponent: power, significand: significand)
    }
}
