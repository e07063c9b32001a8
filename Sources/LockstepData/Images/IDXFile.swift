/// An array of bytes in the IDX format of the MNIST family of data sets.
///
/// Four bytes 0, 0, element type (8 for unsigned bytes), number of dimensions; each dimension as a 32-bit big-endian number; then
/// the elements. Source: http://yann.lecun.com/exdb/mnist/
struct IDXFile {
    let shape: [Int]
    let bytes: [UInt8]

    /// Reads the file at `path`, gzipped or plain, which must hold unsigned bytes in `dimensions` dimensions.
    ///
    /// Throws an error that names the file, the place, what was expected and what was found. Memory is taken for the elements
    /// only after the sizes that the header claims have been held against the size of the file.
    init(_ path: String, dimensions: Int) throws {
        var reader = try GzipReader(path)
        let header = try Self.readHeader(&reader, dimensions: dimensions)
        shape = header

        var size = 1
        for (axis, length) in header.enumerated() {
            guard length > 0 else {
                throw DataError(
                    source: path, place: "byte \(4 + 4 * axis)", problem: "dimension \(axis) is 0, expected at least 1",
                    remedy: "Give a file that holds data")
            }
            let (product, overflow) = size.multipliedReportingOverflow(by: length)
            guard !overflow, product <= reader.largestContent else {
                throw DataError(
                    source: path, place: "byte 4",
                    problem: "the header claims \(header.map(String.init).joined(separator: " x ")) elements, "
                        + "expected at most the \(reader.largestContent) bytes that a file of this size can hold",
                    remedy: "The file is cut off or damaged: copy or download it again")
            }
            size = product
        }
        bytes = try reader.read(size)
        guard bytes.count == size else {
            throw DataError(
                source: path, place: "byte \(reader.position)",
                problem: "ends after \(bytes.count) of the \(size) elements that its header claims",
                remedy: "The file is cut off: copy or download it again")
        }
        // Reading past the end also makes zlib compare the checksum of a gzipped file.
        guard try reader.read(1).isEmpty else {
            throw DataError(
                source: path, place: "byte \(reader.position - 1)",
                problem: "goes on after the \(size) elements that its header claims",
                remedy: "The file is damaged, or its header is not its own: copy or download it again")
        }
    }

    private static func readHeader(_ reader: inout GzipReader, dimensions: Int) throws -> [Int] {
        let magic = try reader.read(4)
        let path = reader.path
        func error(_ place: Int, _ problem: String) -> DataError {
            DataError(
                source: path, place: "byte \(place)", problem: problem,
                remedy: "Give an IDX file of unsigned bytes, like those of MNIST")
        }
        guard magic.count == 4 else {
            throw error(magic.count, "ends here, expected the 4 bytes of an IDX file's magic number")
        }
        guard magic[0] == 0, magic[1] == 0, let type = elementTypes[magic[2]] else {
            let number = magic.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
            throw error(0, "the magic number is \(number), expected 00 00 08 0\(dimensions)")
        }
        guard magic[2] == 0x08 else { throw error(2, "holds \(type), expected unsigned bytes") }
        guard magic[3] == dimensions else {
            throw error(
                3, "has \(magic[3]) dimensions, expected \(dimensions) for \(dimensions == 1 ? "labels" : "images")")
        }
        let sizes = try reader.read(4 * dimensions)
        guard sizes.count == 4 * dimensions else {
            throw error(4 + sizes.count, "ends here, expected \(4 * dimensions) bytes of sizes")
        }
        return (0..<dimensions).map { axis in
            sizes[4 * axis..<4 * axis + 4].reduce(0) { $0 << 8 | Int($1) }
        }
    }

    private static let elementTypes: [UInt8: String] = [
        0x08: "unsigned bytes", 0x09: "signed bytes", 0x0B: "16-bit integers", 0x0C: "32-bit integers",
        0x0D: "32-bit floating-point numbers", 0x0E: "64-bit floating-point numbers",
    ]
}
