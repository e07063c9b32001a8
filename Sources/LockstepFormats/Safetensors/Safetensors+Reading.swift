internal import LockstepTensor

extension Safetensors {
    /// Reads the safetensors file at `path`.
    ///
    /// Throws an error that names the file, the tensor, what was expected and what was found when anything in it is not as the
    /// format demands. All of the header is checked against the file's size before memory is taken for elements.
    public init(contentsOf path: String) throws {
        let file = try ReadableFile(path)
        var prefix = [UInt8](repeating: 0, count: min(SafetensorsHeader.prefixLength, file.size))
        try prefix.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        let length = try SafetensorsHeader.length(prefix: prefix, fileSize: file.size, file: path)
        var json = [UInt8](repeating: 0, count: length)
        try json.withUnsafeMutableBytes { try file.read(into: $0, at: SafetensorsHeader.prefixLength) }
        let start = SafetensorsHeader.prefixLength + length
        let header = try SafetensorsHeader(parsing: json, dataSize: file.size - start, file: path)
        try self.init(header, file: path) { offset, buffer in try file.read(into: buffer, at: start + offset) }
    }

    /// Reads safetensors from memory: what ``encoded()`` gives, and what a file holds.
    ///
    /// `name` is what errors call the bytes. Throws as ``init(contentsOf:)`` does.
    public init(parsing bytes: [UInt8], name: String = "safetensors data") throws {
        let prefix = Array(bytes.prefix(SafetensorsHeader.prefixLength))
        let length = try SafetensorsHeader.length(prefix: prefix, fileSize: bytes.count, file: name)
        let start = SafetensorsHeader.prefixLength + length
        let header = try SafetensorsHeader(
            parsing: Array(bytes[SafetensorsHeader.prefixLength..<start]), dataSize: bytes.count - start, file: name)
        try self.init(header, file: name) { offset, buffer in
            bytes.withUnsafeBytes {
                buffer.copyMemory(from: .init(rebasing: $0[start + offset..<start + offset + buffer.count]))
            }
        }
    }

    /// The tensors of a checked header; `read` fills a buffer with the data bytes from an offset on.
    private init(
        _ header: SafetensorsHeader, file: String,
        read: (_ offset: Int, _ buffer: UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        let tensors = try header.entries.map { entry in
            let tensor = try AnyTensor(dtype: entry.dtype, shape: entry.shape) { buffer in
                try read(entry.bytes.lowerBound, buffer)
                // A Bool in memory may be nothing but 0 or 1.
                if entry.dtype == .bool, let place = buffer.firstIndex(where: { $0 > 1 }) {
                    throw FormatError(
                        file: file, place: "tensor '\(entry.name)'",
                        problem: "element \(place) is \(buffer[place]), expected 0 or 1 for BOOL",
                        remedy: "The file is damaged or its writer faulty: write it again")
                }
            }
            return (name: entry.name, tensor: tensor)
        }
        self.init(tensors, metadata: header.metadata)
    }
}
