import CZlib
import LockstepFormats

/// Small IDX files, right and wrong, written plain or gzipped.
enum IDXFixture {
    /// The bytes of an IDX file: magic number, sizes, elements.
    static func bytes(type: UInt8 = 8, sizes: [Int], elements: [UInt8]) -> [UInt8] {
        [0, 0, type, UInt8(sizes.count)]
            + sizes.flatMap { size in (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) } }
            + elements
    }

    /// `count` images of `rows` x `columns` whose pixels count up from 0.
    static func images(_ count: Int, _ rows: Int = 2, _ columns: Int = 3) -> [UInt8] {
        bytes(
            sizes: [count, rows, columns], elements: (0..<count * rows * columns).map { UInt8(truncatingIfNeeded: $0) })
    }

    static func labels(_ labels: [UInt8]) -> [UInt8] { bytes(sizes: [labels.count], elements: labels) }

    /// What gzip makes of `bytes`.
    static func gzipped(_ bytes: [UInt8], in folder: borrowing TemporaryFolder) throws -> [UInt8] {
        let path = "\(folder.path)/scratch"
        let file = gzopen(path, "wb")
        gzwrite(file, bytes, UInt32(bytes.count))
        gzclose(file)
        return try File.read(path)
    }

    /// Writes the training split's two files into `folder`.
    static func write(
        images: [UInt8], labels: [UInt8], gzip: Bool = false, prefix: String = "train",
        to folder: borrowing TemporaryFolder
    ) throws {
        for (kind, content) in [("images-idx3", images), ("labels-idx1", labels)] {
            let path = "\(folder.path)/\(prefix)-\(kind)-ubyte"
            if gzip {
                try AtomicFile.write(gzipped(content, in: folder), to: path + ".gz")
            } else {
                try AtomicFile.write(content, to: path)
            }
        }
    }
}
