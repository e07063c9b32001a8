public import LockstepTensor

/// A safetensors file that is open for reading in part: the header is read at once, each tensor when it is asked for.
///
/// ```swift
/// let file = try SafetensorsFile("model.safetensors")   // may be larger than memory
/// let bias = try file.tensor(named: "linear.bias")
/// let some = try file.tensor(named: "embedding.weight", rows: 1000..<2000)
/// ```
/// Elements are read with `pread`, not mapped: a file that becomes shorter while it is open then throws an error, where a
/// mapped one would end the process. It may be used from several threads.
public final class SafetensorsFile: Sendable {
    private let file: ReadableFile
    private let header: SafetensorsHeader
    /// Where the tensors' bytes begin.
    private let start: Int
    private let places: [String: Int]

    /// Opens the file at `path` and checks all of its header against its size.
    ///
    /// Throws an error that names the file, the tensor, what was expected and what was found.
    public init(_ path: String) throws {
        let file = try ReadableFile(path)
        var prefix = [UInt8](repeating: 0, count: min(SafetensorsHeader.prefixLength, file.size))
        try prefix.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        let length = try SafetensorsHeader.length(prefix: prefix, fileSize: file.size, file: path)
        var json = [UInt8](repeating: 0, count: length)
        try json.withUnsafeMutableBytes { try file.read(into: $0, at: SafetensorsHeader.prefixLength) }
        let start = SafetensorsHeader.prefixLength + length
        let header = try SafetensorsHeader(parsing: json, dataSize: file.size - start, file: path)
        // The header's names are unique: that was checked.
        places = Dictionary(uniqueKeysWithValues: header.entries.enumerated().map { ($1.name, $0) })
        self.header = header
        self.start = start
        self.file = file
    }

    /// Free text by name, which the format keeps beside the tensors.
    public var metadata: [String: String] { header.metadata }
    /// The tensors' names, in the order of the header.
    public var names: [String] { header.entries.map(\.name) }

    /// The element type, as which it is read, and the shape of a tensor; nil where there is none of that name.
    public func description(of name: String) -> (dtype: DType, shape: [Int])? {
        places[name].map { (header.entries[$0].type.dtype, header.entries[$0].shape) }
    }

    /// Reads a tensor. Throws where there is none of that name, or it cannot be read.
    public func tensor(named name: String) throws -> AnyTensor { try read(entry(name)) }

    /// Reads the elements `rows` along the first axis of a tensor.
    ///
    /// Throws where there is no such tensor, it has no axis, or the rows are beyond its end.
    public func tensor(named name: String, rows: Range<Int>) throws -> AnyTensor {
        let entry = try entry(name)
        guard let count = entry.shape.first, rows.lowerBound >= 0, rows.upperBound <= count else {
            throw FormatError(
                file: file.path, place: "tensor '\(name)'",
                problem: "has shape \(entry.shape), expected rows \(rows) along the first axis",
                remedy: "Ask for rows that it has")
        }
        return try read(entry, rows: rows)
    }

    private func entry(_ name: String) throws -> SafetensorsHeader.Entry {
        guard let place = places[name] else {
            let some = names.prefix(6).map { "'\($0)'" }.joined(separator: ", ") + (names.count > 6 ? ", …" : "")
            throw FormatError(
                file: file.path, problem: "has no tensor '\(name)', found \(some.isEmpty ? "none" : some)",
                remedy: "Check the name")
        }
        return header.entries[place]
    }

    private func read(_ entry: SafetensorsHeader.Entry, rows: Range<Int>? = nil) throws -> AnyTensor {
        try entry.tensor(rows: rows, file: file.path) { offset, buffer in
            try file.read(into: buffer, at: start + offset)
        }
    }
}
