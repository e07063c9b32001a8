/// The loops that walk several operands over one shape, with as few axes as their strides allow.
///
/// Neighbouring axes that every operand walks without a gap are merged. The last two that remain are a kernel's `rows` and
/// `columns`; those before them are walked here.
struct LoopNest {
    /// How many steps a kernel takes along its two axes.
    let rows: Int
    let columns: Int
    /// How far each operand moves with a step of a kernel.
    let rowStrides: [Int]
    let columnStrides: [Int]
    private let outerSizes: [Int]
    private let outerStrides: [[Int]]
    private let operands: Int

    /// Loops over `shape`, where `strides` has those of each operand, one for every axis.
    init(shape: [Int], strides: [[Int]]) {
        operands = strides.count
        // Innermost first.
        var sizes: [Int] = []
        var steps: [[Int]] = []
        for axis in shape.indices.reversed() where shape[axis] != 1 {
            let here = strides.map { $0[axis] }
            if let size = sizes.last, let inner = steps.last, zip(here, inner).allSatisfy({ $0 == $1 * size }) {
                sizes[sizes.count - 1] *= shape[axis]
            } else {
                sizes.append(shape[axis])
                steps.append(here)
            }
        }
        let none = [Int](repeating: 0, count: operands)
        columns = sizes.first ?? 1
        columnStrides = steps.first ?? none
        rows = sizes.count > 1 ? sizes[1] : 1
        rowStrides = sizes.count > 1 ? steps[1] : none
        outerSizes = Array(sizes.dropFirst(2))
        outerStrides = Array(steps.dropFirst(2))
    }

    /// Calls `body` once for each rows-by-columns plane, with each operand's offset.
    func forEachPlane(_ body: (_ offsets: [Int]) -> Void) {
        guard rows > 0, columns > 0, !outerSizes.contains(0) else { return }
        var offsets = [Int](repeating: 0, count: operands)
        var index = [Int](repeating: 0, count: outerSizes.count)
        while true {
            body(offsets)
            var axis = 0
            while axis < outerSizes.count {
                index[axis] += 1
                for operand in offsets.indices { offsets[operand] += outerStrides[axis][operand] }
                if index[axis] < outerSizes[axis] { break }
                for operand in offsets.indices { offsets[operand] -= outerStrides[axis][operand] * outerSizes[axis] }
                index[axis] = 0
                axis += 1
            }
            if axis == outerSizes.count { return }
        }
    }
}
