internal import LockstepTensor

/// What the header of a safetensors file says, checked against the size of the data that follow it.
struct SafetensorsHeader {
    /// One tensor: what it is and where its bytes lie, counted from the end of the header.
    struct Entry {
        var name: String
        var type: StoredType
        var shape: [Int]
        var bytes: Range<Int>
    }

    var metadata: [String: String] = [:]
    /// In the order of the header.
    var entries: [Entry] = []

    /// The one name in the header that is no tensor's.
    static let metadataName = "__metadata__"
    /// The longest header that is read, the reference implementation's limit.
    static let maximumLength = 100_000_000
    /// The bytes before the header, which give its length.
    static let prefixLength = 8

    /// The format's name of each element type that can be read.
    static let types: [String: StoredType] = [
        "BOOL": .bool, "U8": .uint8, "I8": .int8, "U16": .uint16, "I16": .int16, "U32": .uint32, "I32": .int32,
        "U64": .uint64, "I64": .int64, "F16": .float16, "BF16": .bfloat16, "F32": .float32, "F64": .float64,
        "F8_E4M3": .float8E4M3, "F8_E5M2": .float8E5M2, "F8_E4M3FNUZ": .float8E4M3FNUZ,
        "F8_E5M2FNUZ": .float8E5M2FNUZ, "F8_E8M0": .float8E8M0,
    ]

    /// The format's name of an element type that tensors have.
    static func name(of dtype: DType) -> String {
        switch dtype {
        case .float32: "F32"
        case .float64: "F64"
        case .int64: "I64"
        case .int32: "I32"
        case .uint8: "U8"
        case .bool: "BOOL"
        }
    }

    /// The element types of the format that cannot be read: complex numbers, and parts of bytes.
    static let unsupported: Set<String> = ["C64", "F6_E2M3", "F6_E3M2", "F4"]
}

extension SafetensorsHeader {
    /// The length of the header in a file of `fileSize` bytes that starts with `prefix`.
    static func length(prefix: [UInt8], fileSize: Int, file: String) throws -> Int {
        guard prefix.count == prefixLength else {
            throw FormatError(
                file: file,
                problem: "holds \(prefix.count) bytes, expected at least the \(prefixLength) of the header length",
                remedy: "The file is cut off or no safetensors file: copy or download it again")
        }
        let claimed = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard claimed <= UInt64(maximumLength) else {
            throw FormatError(
                file: file, place: "byte 0",
                problem: "a header length of \(claimed) bytes is claimed, expected at most \(maximumLength)",
                remedy: "This is no safetensors file, or it is damaged")
        }
        guard Int(claimed) <= fileSize - prefixLength else {
            throw FormatError(
                file: file, place: "byte 0",
                problem:
                    "a header of \(claimed) bytes is claimed, found \(fileSize - prefixLength) bytes after its length",
                remedy: "The file is cut off or no safetensors file: copy or download it again")
        }
        return Int(claimed)
    }

    /// Reads the header's JSON and checks that its tensors cover the `dataSize` bytes behind it exactly once.
    init(parsing json: [UInt8], dataSize: Int, file: String) throws {
        var scanner = HeaderScanner(json, file: file)
        var names: Set<String> = []
        try scanner.object { scanner, name in
            guard names.insert(name).inserted else { throw scanner.error("the name '\(name)' occurs twice") }
            if name == Self.metadataName {
                try scanner.object { scanner, key in
                    guard metadata.updateValue(try scanner.string(), forKey: key) == nil else {
                        throw scanner.error("the metadata key '\(key)' occurs twice")
                    }
                }
            } else {
                entries.append(try Self.entry(named: name, &scanner))
            }
        }
        try scanner.end()
        try checkCoverage(dataSize: dataSize, file: file)
    }

    /// One tensor's `{"dtype": …, "shape": […], "data_offsets": [begin, end]}`, its keys in any order.
    private static func entry(named name: String, _ scanner: inout HeaderScanner) throws -> Entry {
        let file = scanner.file
        func error(_ problem: String, _ remedy: String = "The file is damaged or its writer faulty: write it again")
            -> FormatError
        {
            FormatError(file: file, place: "tensor '\(name)'", problem: problem, remedy: remedy)
        }
        var typeName: String?
        var shape: [Int]?
        var offsets: [Int]?
        try scanner.object { scanner, key in
            switch key {
            case "dtype" where typeName == nil: typeName = try scanner.string()
            case "shape" where shape == nil: shape = try scanner.integers()
            case "data_offsets" where offsets == nil: offsets = try scanner.integers()
            case "dtype", "shape", "data_offsets": throw error("'\(key)' occurs twice")
            default: throw error("has the key '\(key)', expected dtype, shape and data_offsets only")
            }
        }
        guard let typeName, let shape, let offsets else {
            let found = [("dtype", typeName != nil), ("shape", shape != nil), ("data_offsets", offsets != nil)]
            let missing = found.filter { !$0.1 }.map(\.0).joined(separator: ", ")
            throw error("has no \(missing), expected dtype, shape and data_offsets")
        }
        guard let type = types[typeName] else {
            let supported = types.keys.sorted().joined(separator: ", ")
            throw unsupported.contains(typeName)
                ? error(
                    "holds \(typeName) elements, expected one of \(supported)", "Convert the tensor before saving it")
                : error("has the unknown dtype '\(typeName)', expected one of \(supported)")
        }
        guard offsets.count == 2, offsets[0] <= offsets[1] else {
            throw error("has data_offsets \(offsets), expected two with the first not above the second")
        }
        guard let size = type.byteCount(shape) else {
            throw error("has shape \(shape), whose size overflows 64 bits")
        }
        guard offsets[1] - offsets[0] == size else {
            throw error(
                "has \(offsets[1] - offsets[0]) bytes (data_offsets \(offsets)), expected \(size) for \(typeName) of shape \(shape)"
            )
        }
        return Entry(name: name, type: type, shape: shape, bytes: offsets[0]..<offsets[1])
    }

    /// Throws unless the tensors' bytes follow one another with no gap and no overlap and end where the file ends.
    private func checkCoverage(dataSize: Int, file: String) throws {
        var covered = 0
        let byPlace = entries.sorted {
            ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
        }
        for entry in byPlace {
            guard entry.bytes.lowerBound == covered else {
                let fault =
                    entry.bytes.lowerBound < covered ? "overlaps the tensor before it" : "leaves a gap before it"
                throw FormatError(
                    file: file, place: "tensor '\(entry.name)'",
                    problem: "\(fault): starts at data byte \(entry.bytes.lowerBound), expected \(covered)",
                    remedy: "The file is damaged or its writer faulty: write it again")
            }
            guard entry.bytes.upperBound <= dataSize else {
                throw FormatError(
                    file: file, place: "tensor '\(entry.name)'",
                    problem: "ends at data byte \(entry.bytes.upperBound), found \(dataSize) data bytes",
                    remedy: "The file is cut off: copy or download it again")
            }
            covered = entry.bytes.upperBound
        }
        guard covered == dataSize else {
            throw FormatError(
                file: file, place: "data byte \(covered)",
                problem: "the last tensor ends here, found \(dataSize - covered) more bytes",
                remedy: "The file is damaged or its writer faulty: write it again")
        }
    }
}
