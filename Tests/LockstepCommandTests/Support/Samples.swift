import Glibc
import LockstepFormats
import LockstepTensor
import Testing

/// Small data sets of each kind, the same in every run of the tests.
enum Samples {
    /// The data set of the lecture on regression, which lies beside the project where it was written.
    static let regression: String = {
        let above = (0..<8).map { String(repeating: "../", count: $0) + "../shared/data/regression.csv" }
        return above.first { access($0, R_OK) == 0 } ?? above[0]
    }()

    /// Numbers from 0 to below 1.
    static func numbers(_ count: Int, seed: UInt64 = 1) -> [Float] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(state >> 40) / Float(1 << 24)
        }
    }

    /// Images [n, side, side] of `classes` classes, with samples to test with, as an archive of arrays at `path`. The first `black`
    /// pixels of each are 0.
    static func images(
        _ count: Int, side: Int, classes: Int = 10, test: Int = 20, black: Int = 0, to path: String
    ) throws {
        func arrays(_ split: String, _ count: Int, _ seed: UInt64) -> [(name: String, tensor: AnyTensor)] {
            let values = numbers(count * side * side, seed: seed).enumerated().map { index, value in
                index % (side * side) < black ? 0 : value
            }
            let pixels = Tensor(values, shape: [count, side, side])
            return [
                ("x_\(split)", .float32(pixels)),
                ("y_\(split)", .int64(Tensor((0..<count).map { Int64($0 % classes) }))),
            ]
        }
        try NPZ(arrays("train", count, 1) + arrays("test", test, 2)).write(to: path)
    }

    /// A text of words made of a few letters, at `path`.
    static func text(_ count: Int, to path: String) throws {
        let letters = Array("abc de\nf".utf8)
        try AtomicFile.write(numbers(count, seed: 7).map { letters[Int($0 * $0 * Float(letters.count))] }, to: path)
    }

    /// A table of three features with a number and a class of three, at `path`.
    static func table(_ count: Int, to path: String) throws {
        let values = numbers(count * 3, seed: 3)
        var text = "a,b,c,y,kind\n"
        for row in 0..<count {
            let (a, b, c) = (values[3 * row], values[3 * row + 1], values[3 * row + 2])
            let kind = a > 0.6 ? "red" : b > 0.5 ? "green" : "blue"
            text += "\(a),\(b),\(c),\(2 * a - b + 0.5 * c),\(kind)\n"
        }
        try AtomicFile.write(Array(text.utf8), to: path)
    }
}
