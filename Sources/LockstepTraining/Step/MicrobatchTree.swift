/// The fixed binary tree in which the microbatches of a batch are summed.
///
/// Floating-point addition is not associative, so the bits of a sum depend on the order of its additions. The tree over the
/// microbatches `0..<count` depends on `count` alone: a node is split at the largest power of two below its size. Whoever
/// computes a node, and on however many workers the nodes are spread, the sum at the root has the same bits.
public struct MicrobatchTree: Sendable, Equatable {
    /// The number of microbatches: the tree's leaves.
    public let count: Int

    /// The tree over `count` microbatches, at least one.
    public init(count: Int) {
        self.count = count
    }

    /// The root: all microbatches.
    public var root: Range<Int> { 0..<count }

    /// Where a node of at least two leaves is split: after the largest power of two below its size.
    package static func split(_ node: Range<Int>) -> Int {
        node.lowerBound + 1 << (Int.bitWidth - 1 - (node.count - 1).leadingZeroBitCount)
    }

    /// The largest nodes of the tree that lie in `range`, from left to right: what a worker that owns the microbatches of
    /// `range` can sum by itself. They cover the range, each microbatch once.
    public func subtrees(in range: Range<Int>) -> [Range<Int>] {
        var found: [Range<Int>] = []
        func visit(_ node: Range<Int>) {
            if !node.overlaps(range) { return }
            if range.lowerBound <= node.lowerBound && node.upperBound <= range.upperBound { return found.append(node) }
            let middle = MicrobatchTree.split(node)
            visit(node.lowerBound..<middle)
            visit(middle..<node.upperBound)
        }
        if !range.isEmpty && count > 0 { visit(root) }
        return found
    }

    /// The sum at `node`: `known(node)` where that has a value, else the sum of its left half combined with that of its right.
    ///
    /// Halves are evaluated left first, so no more than one value a level is alive. `known` must have a value for each leaf.
    public static func sum<Value>(
        _ node: Range<Int>, known: (Range<Int>) throws -> Value?, combine: (inout Value, Value) -> Void
    ) rethrows -> Value {
        if let value = try known(node) { return value }
        guard node.count > 1 else { fatalError("microbatch \(node.lowerBound) has no value to sum") }
        let middle = split(node)
        var left = try sum(node.lowerBound..<middle, known: known, combine: combine)
        combine(&left, try sum(middle..<node.upperBound, known: known, combine: combine))
        return left
    }

    /// The sum over all microbatches of one number each, such as their losses.
    public func sum(_ values: [Double]) -> Double {
        MicrobatchTree.sum(root, known: { $0.count == 1 ? values[$0.lowerBound] : nil }, combine: { $0 += $1 })
    }

    /// Deals the microbatches to `workers` as contiguous ranges whose sizes differ by at most one, the larger first.
    ///
    /// Where there are fewer microbatches than workers the last workers get none.
    public func deal(to workers: Int) -> [Range<Int>] { (0..<workers).map { root.part($0, of: workers) } }
}
