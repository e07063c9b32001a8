internal import LockstepTensor

extension Safetensors {
    /// Reads the safetensors file at `path`.
    ///
    /// Throws an error that names the file, the tensor, what was expected and what was found when anything in it is not as the
    /// format demands. All of the header is checked against the file's size before memory is taken for elements.
    public init(contentsOf path: String) throws {
        let file = try SafetensorsFile(path)
        try self.init(file.names.map { ($0, try file.tensor(named: $0)) }, metadata: file.metadata)
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
        let tensors = try header.entries.map { entry in
            let tensor = try entry.tensor(file: name) { offset, buffer in
                bytes.withUnsafeBytes {
                    buffer.copyMemory(from: .init(rebasing: $0[start + offset..<start + offset + buffer.count]))
                }
            }
            return (name: entry.name, tensor: tensor)
        }
        self.init(tensors, metadata: header.metadata)
    }
}

extension SafetensorsHeader.Entry {
    /// The tensor, or some of its rows; `read` fills a buffer with the data bytes from an offset on.
    func tensor(
        rows: Range<Int>? = nil, file: String,
        read: (_ offset: Int, _ buffer: UnsafeMutableRawBufferPointer) throws -> Void
    ) throws -> AnyTensor {
        var (shape, start) = (shape, bytes.lowerBound)
        if let rows {
            let row = shape[0] == 0 ? 0 : bytes.count / shape[0]
            shape[0] = rows.count
            start += rows.lowerBound * row
        }
        do {
            return try AnyTensor(dtype: type.dtype, shape: shape) { buffer in
                try type.read(into: buffer) { try read(start + $0, $1) }
            }
        } catch let error as ElementProblem {
            throw FormatError(
                file: file, place: "tensor '\(name)'", problem: "element \(error.place) \(error.problem)",
                remedy: "The file is damaged or its writer faulty: write it again")
        }
    }
}
