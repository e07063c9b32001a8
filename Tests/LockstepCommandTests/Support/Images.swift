import LockstepFormats

/// Small data sets in MNIST's format.
enum Images {
    /// The bytes of an IDX file.
    static func idx(type: UInt8 = 8, sizes: [Int], elements: [UInt8]) -> [UInt8] {
        [0, 0, type, UInt8(sizes.count)]
            + sizes.flatMap { size in (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) } } + elements
    }

    /// Writes images of 3×4 pixels to learn from and to test with, of three classes.
    static func write(seed: Int, training: Int = 24, test: Int = 6, to folder: String) throws {
        for (split, count) in [("train", training), ("t10k", test)] {
            let pixels = (0..<count * 12).map { UInt8(truncatingIfNeeded: $0 * (7 + seed) + $0 / 12 * 31) }
            try AtomicFile.write(
                idx(sizes: [count, 3, 4], elements: pixels), to: "\(folder)/\(split)-images-idx3-ubyte")
            try AtomicFile.write(
                idx(sizes: [count], elements: (0..<count).map { UInt8($0 % 3) }),
                to: "\(folder)/\(split)-labels-idx1-ubyte")
        }
    }
}
