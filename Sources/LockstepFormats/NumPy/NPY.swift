public import LockstepTensor

/// One array in NumPy's `.npy` format, which `numpy.save` writes and `numpy.load` reads.
///
/// ```swift
/// try NPY(.float32(weight)).write(to: "weight.npy")
/// let array = try NPY(contentsOf: "weight.npy").tensor
/// ```
/// Booleans, integers and floating-point numbers of either byte order are read, in C and in Fortran order. What tensors have no
/// type for is converted without a loss: float16 to Float; int8, int16 and uint16 to Int32; uint32 and uint64 to Int64 (a uint64
/// beyond that is refused).
///
/// Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
public struct NPY: Sendable {
    /// The array.
    public let tensor: AnyTensor

    /// An array to be written.
    public init(_ tensor: AnyTensor) {
        self.tensor = tensor
    }

    /// Reads the `.npy` file at `path`.
    ///
    /// Throws an error that names the file, the place, what was expected and what was found. The header is checked against the
    /// file's size before memory is taken for elements.
    public init(contentsOf path: String) throws {
        let file = try ReadableFile(path)
        try self.init(file: path, size: file.size) { offset, buffer in try file.read(into: buffer, at: offset) }
    }

    /// Reads `.npy` from memory: what ``encoded(fortranOrder:)`` gives, and what a file holds. `name` is what errors call it.
    public init(parsing bytes: [UInt8], name: String = "npy data") throws {
        try self.init(file: name, size: bytes.count) { offset, buffer in
            bytes.withUnsafeBytes { buffer.copyMemory(from: .init(rebasing: $0[offset..<offset + buffer.count])) }
        }
    }

    private init(
        file: String, size: Int, read: (_ offset: Int, _ buffer: UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        let header = try NPYHeader(file: file, size: size, read: read)
        // In Fortran order the first axis is the fastest: the elements of the reversed shape in C order.
        let shape = header.isFortranOrder ? header.shape.reversed() : header.shape
        do {
            let stored = try AnyTensor(dtype: header.type.dtype, shape: shape) { buffer in
                try header.type.read(into: buffer, bigEndian: header.isBigEndian) { try read(header.start + $0, $1) }
            }
            tensor = header.isFortranOrder ? stored.reversingAxes() : stored
        } catch let error as ElementProblem {
            throw FormatError(
                file: file, place: "element \(error.place)", problem: error.problem,
                remedy: "Save the array again as numbers of another type")
        }
    }

    /// The bytes of a `.npy` file, in C order unless Fortran's is asked for.
    public func encoded(fortranOrder: Bool = false) -> [UInt8] {
        var bytes = header(fortranOrder)
        elements(fortranOrder).withUnsafeBytes { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Writes a `.npy` file at `path`, whole or not at all, as ``AtomicFile`` does.
    ///
    /// Throws an error that names the path and the system's reason.
    public func write(to path: String, fortranOrder: Bool = false) throws {
        try AtomicFile.write(to: path) { file in
            try header(fortranOrder).withUnsafeBytes { try file.write($0) }
            try elements(fortranOrder).withUnsafeBytes { try file.write($0) }
        }
    }

    /// The header of the array.
    func header(_ fortranOrder: Bool = false) -> [UInt8] {
        NPYHeader.encoded(dtype: tensor.dtype, shape: tensor.shape, fortranOrder: fortranOrder)
    }

    private func elements(_ fortranOrder: Bool) -> AnyTensor { fortranOrder ? tensor.reversingAxes() : tensor }
}

extension AnyTensor {
    /// A view with the axes in reversed order.
    func reversingAxes() -> AnyTensor {
        func reversed<Scalar>(_ tensor: Tensor<Scalar>) -> Tensor<Scalar> {
            Tensor(
                storage: tensor.storage,
                layout: Layout(
                    shape: tensor.layout.shape.reversed(), strides: tensor.layout.strides.reversed(),
                    offset: tensor.layout.offset))
        }
        return switch self {
        case .float32(let tensor): .float32(reversed(tensor))
        case .float64(let tensor): .float64(reversed(tensor))
        case .int64(let tensor): .int64(reversed(tensor))
        case .int32(let tensor): .int32(reversed(tensor))
        case .uint8(let tensor): .uint8(reversed(tensor))
        case .bool(let tensor): .bool(reversed(tensor))
        }
    }
}
