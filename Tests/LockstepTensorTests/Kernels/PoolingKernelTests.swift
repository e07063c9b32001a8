import CLockstepKernels
import LockstepTensor
import Testing

/// Pools of pairs, which have a way of their own, compared with looking at one window after the other; and the way back.
extension KernelVariantTests {
    @Test func maxPoolOfPairs() {
        func check<Scalar: FloatingScalar>(
            _ type: Scalar.Type, planes: Int, height: Int, width: Int, special: Bool
        ) {
            let kind: LKType = type == Float.self ? .float32 : .float64
            let (rows, columns, size) = (height / 2, width / 2, height * width)
            let count = planes * rows * columns
            var image = sampleValues(planes * size, in: -4...4, salt: width).map { Scalar($0.rounded()) }
            if special { for place in stride(from: 0, to: image.count, by: 7) { image[place] = .nan } }
            for variant in [LKVariant.baseline] + Self.variants {
                #expect(lk_force_variant(variant))
                var values = [Scalar](repeating: 1, count: count + 1)
                var places = [Int64](repeating: -1, count: count + 1)
                withPairs(height) { vertical in
                    withPairs(width) { lk_max_pool(kind, planes, vertical, $0, image, &values, &places) }
                }
                #expect(values[count] == 1 && places[count] == -1, "writes outside of its output")
                for window in 0..<count {
                    let (row, column) = (window / columns % rows, window % columns)
                    let plane = window / (rows * columns) * size
                    // The last NaN, or else the first of the largest.
                    var found = 2 * row * width + 2 * column
                    for place in [found, found + 1, found + width, found + width + 1].dropFirst() {
                        let value = image[plane + place]
                        if value > image[plane + found] || value.isNaN { found = place }
                    }
                    let (value, expected) = (values[window], image[plane + found])
                    #expect(places[window] == Int64(found))
                    #expect(value == expected || (value.isNaN && expected.isNaN))
                }
            }
            #expect(lk_force_variant(lk_best_variant()))
        }
        for (height, width) in [(2, 2), (3, 5), (4, 24), (6, 31), (2, 66), (5, 130)] {
            for special in [false, true] {
                for planes in [1, 3, 40] {
                    check(Float.self, planes: planes, height: height, width: width, special: special)
                    check(Double.self, planes: planes, height: height, width: width, special: special)
                }
            }
        }
    }

    @Test func planesThatNumbersAreScatteredOver() {
        let indices: [Int64] = [3, 0, 3, 1, 1, 1]
        var planes = [Float](repeating: 9, count: 11)
        lk_scatter_planes(.float32, 2, 5, 3, [1, 2, 4, 8, 16, 32] as [Float], indices, &planes)
        #expect(planes == [2, 0, 0, 5, 0, 0, 56, 0, 0, 0, 9])
    }

    /// Windows of two, side by side.
    private func withPairs(_ size: Int, _ body: (UnsafePointer<LKPoolAxis>) -> Void) {
        let count = size / 2
        let (starts, ends) = ((0..<count).map { 2 * $0 }, (0..<count).map { 2 * $0 + 2 })
        let divisors = [Double](repeating: 2, count: count)
        starts.withUnsafeBufferPointer { starts in
            ends.withUnsafeBufferPointer { ends in
                divisors.withUnsafeBufferPointer { divisors in
                    var axis = LKPoolAxis(
                        size: size, count: count, starts: starts.baseAddress, ends: ends.baseAddress, step: 1,
                        divisors: divisors.baseAddress)
                    body(&axis)
                }
            }
        }
    }
}
