import LockstepTraining
import Testing

struct MicrobatchTreeTests {
    /// All nodes of the tree over `count`, found without the code under test: a node is split at the largest power of two
    /// below its size.
    private static func nodes(_ count: Int) -> [Range<Int>] {
        var found: [Range<Int>] = []
        func visit(_ node: Range<Int>) {
            found.append(node)
            guard node.count > 1 else { return }
            var left = 1
            while left * 2 < node.count { left *= 2 }
            visit(node.lowerBound..<node.lowerBound + left)
            visit(node.lowerBound + left..<node.upperBound)
        }
        visit(0..<count)
        return found
    }

    @Test(
        "The subtrees in a range are the largest nodes of the tree that cover it, each microbatch once",
        arguments: 1...33)
    func subtrees(count: Int) {
        let tree = MicrobatchTree(count: count)
        let nodes = Self.nodes(count)
        for start in 0..<count {
            for end in start...count {
                let range = start..<end
                let found = tree.subtrees(in: range)
                #expect(found.flatMap { Array($0) } == Array(range))
                #expect(found.allSatisfy(nodes.contains))
                // Maximal: a node that lies in the range lies in one of those found.
                for node in nodes where range.lowerBound <= node.lowerBound && node.upperBound <= range.upperBound {
                    #expect(found.contains { $0.lowerBound <= node.lowerBound && node.upperBound <= $0.upperBound })
                }
            }
        }
    }

    @Test("The sum over the parts of any partition into ranges has the bits of the whole sum", arguments: 1...33)
    func sumOfParts(count: Int) {
        var random = SplitMix(seed: UInt64(count))
        let tree = MicrobatchTree(count: count)
        for _ in 0..<50 {
            // From 1e-8 to 1e8, of both signs: any other order of additions gives other bits.
            let values = (0..<count).map { _ in
                Float(
                    sign: Bool.random(using: &random) ? .plus : .minus,
                    exponent: Int.random(in: -27...27, using: &random), significand: .random(in: 1..<2, using: &random))
            }
            func leaf(_ node: Range<Int>) -> Float? { node.count == 1 ? values[node.lowerBound] : nil }
            func sum(_ node: Range<Int>, _ known: (Range<Int>) -> Float?) -> Float {
                MicrobatchTree.sum(node, known: known, combine: { $0 += $1 })
            }
            let whole = sum(tree.root, leaf)
            let cuts = (0..<Int.random(in: 0...count, using: &random)).map { _ in
                Int.random(in: 0...count, using: &random)
            }
            let borders = [0] + cuts.sorted() + [count]
            var known: [Range<Int>: Float] = [:]
            for (start, end) in zip(borders, borders.dropFirst()) {
                for node in tree.subtrees(in: start..<end) { known[node] = sum(node, leaf) }
            }
            #expect(sum(tree.root, { known[$0] }).bitPattern == whole.bitPattern, "cuts \(cuts)")
        }
    }

    @Test("Sums of numbers go through the tree")
    func sumOfNumbers() {
        // (1e16 + 1) + (−1e16) loses the 1, 1e16 + (1 + −1e16) does not: over three the tree is the first.
        #expect(MicrobatchTree(count: 3).sum([1e16, 1, -1e16]) == 0)
        #expect(MicrobatchTree(count: 4).sum([1e16, 0, 1, -1e16]) == 0)
        #expect(MicrobatchTree(count: 1).sum([0.1]) == 0.1)
    }

    @Test("Microbatches are dealt as contiguous ranges whose sizes differ by one at most, the larger first")
    func deal() {
        for count in 1...33 {
            for workers in 1...40 {
                let ranges = MicrobatchTree(count: count).deal(to: workers)
                #expect(ranges.count == workers)
                #expect(ranges.flatMap { Array($0) } == Array(0..<count))
                let sizes = ranges.map(\.count)
                #expect(sizes == sizes.sorted(by: >))
                #expect(sizes[0] - sizes[workers - 1] <= 1)
            }
        }
    }
}
