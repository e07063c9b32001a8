import Foundation
import Lockstep

/// The data: 100 points that lie near a line.
struct Points {
    /// The columns as they are in the file, in double precision.
    let table: CSV
    /// x and y as columns, [100, 1].
    let x: Tensor<Float>
    let y: Tensor<Float>
    /// The document's X: a column of ones beside x, [100, 2], so that the intercept is a weight like the other.
    let design: Tensor<Float>

    init(contentsOf path: String) throws {
        table = try CSV(contentsOf: path)
        x = try table.tensor(["x"])
        y = try table.tensor(["y"])
        design = concatenated([.ones([x.shape[0], 1]), x], axis: 1)
    }
}

/// Prints where in the document we are.
func heading(_ text: String) { print("\n# \(text)\n") }

/// Prints something that may be missing as Python prints it.
func show(_ value: Any?) { print(value ?? "None") }
