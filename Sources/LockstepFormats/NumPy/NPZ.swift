public import LockstepTensor

/// Named arrays in NumPy's `.npz` format: a zip archive of `.npy` files, which `numpy.savez` writes and `numpy.load` reads.
///
/// ```swift
/// try NPZ([("x", .float32(inputs)), ("y", .int64(targets))]).write(to: "data.npz")
/// let inputs = try NPZ(contentsOf: "data.npz").tensor(named: "x")
/// ```
/// Archives of `numpy.savez_compressed` are read too. Element types are those of ``NPY``.
public struct NPZ: Sendable {
    /// The arrays with their names (without `.npy`), in the order of the file.
    public let tensors: [(name: String, tensor: AnyTensor)]

    /// Arrays to be written. Stops when a name is used twice.
    public init(_ tensors: [(name: String, tensor: AnyTensor)]) {
        var names: Set<String> = []
        for (name, _) in tensors where !names.insert(name).inserted {
            fatalError("two arrays have the same name '\(name)'")
        }
        self.tensors = tensors
    }

    /// Reads the `.npz` file at `path`.
    ///
    /// Throws an error that names the file, the array, what was expected and what was found. Sizes that the archive claims are
    /// checked against the file's before memory is taken, and each array against its checksum.
    public init(contentsOf path: String) throws {
        let file = try ReadableFile(path)
        try self.init(
            ZipArchive(name: path, size: file.size) { offset, buffer in try file.read(into: buffer, at: offset) },
            name: path)
    }

    /// Reads `.npz` from memory: what ``encoded()`` gives, and what a file holds. `name` is what errors call it.
    public init(parsing bytes: [UInt8], name: String = "npz data") throws {
        try self.init(
            ZipArchive(name: name, size: bytes.count) { offset, buffer in
                bytes.withUnsafeBytes { buffer.copyMemory(from: .init(rebasing: $0[offset..<offset + buffer.count])) }
            }, name: name)
    }

    private init(_ archive: ZipArchive, name: String) throws {
        try self.init(
            archive.entries.map { entry in
                guard entry.name.hasSuffix(".npy") else {
                    throw FormatError(
                        file: name, place: "member '\(entry.name)'", problem: "is no .npy file",
                        remedy: "Give an archive that numpy.savez has written")
                }
                let bytes = try archive.content(of: entry)
                return (
                    String(entry.name.dropLast(4)), try NPY(parsing: bytes, name: "\(name), '\(entry.name)'").tensor
                )
            })
    }

    /// The array of that name; nil where there is none.
    public func tensor(named name: String) -> AnyTensor? { tensors.first { $0.name == name }?.tensor }

    /// The bytes of an uncompressed `.npz` file.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        write { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Writes an uncompressed `.npz` file at `path`, whole or not at all, as ``AtomicFile`` does.
    ///
    /// Throws an error that names the path and the system's reason.
    public func write(to path: String) throws {
        try AtomicFile.write(to: path) { file in try write { try file.write($0) } }
    }

    private func write(_ write: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        var directory = ZipDirectory()
        for (name, tensor) in tensors {
            let header = NPY(tensor).header()
            try tensor.withUnsafeBytes { elements in
                try header.withUnsafeBytes { try directory.add("\(name).npy", [$0, elements], write: write) }
            }
        }
        try directory.end().withUnsafeBytes { try write($0) }
    }
}
