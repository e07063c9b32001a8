import CLockstepKernels
import Testing

/// Sums of gradients on their way, of every size around a vector's and at addresses that suit no number.
extension KernelVariantTests {
    /// `values` behind `offset` other bytes, as in a message.
    private func bytes(_ values: [Float], offset: Int) -> [UInt8] {
        [UInt8](repeating: 9, count: offset) + values.withUnsafeBytes(Array.init)
    }

    @Test(arguments: [0, 1, 4, 7]) func sumsAndTheirMultiplesOfEverySize(offset: Int) {
        for size in Array(0...70) + [1000, 4097] {
            let a = (0..<size).map { Float($0 * 7919 % 1013) / 7 - 40 }
            let b = (0..<size).map { Float($0 * 104_729 % 997) / 3 - 90 }
            let (first, second) = (bytes(a, offset: offset), bytes(b, offset: offset))
            let found = inAllVariants("sum_scaled") {
                var (sum, scaled) = ([Float](repeating: 5, count: size + 1), [Float](repeating: 6, count: size + 1))
                first.withUnsafeBytes { first in
                    second.withUnsafeBytes { second in
                        // One byte past an end, where there is nothing, is an address too.
                        lk_sum_scaled(
                            size, first.baseAddress.map { $0 + offset }, second.baseAddress.map { $0 + offset }, 0.3,
                            &sum,
                            &scaled)
                    }
                }
                #expect(sum.last == 5 && scaled.last == 6)
                return (sum.dropLast() + scaled.dropLast()).map(\.bitPattern)
            }
            let sums = zip(a, b).map { $0 + $1 }
            #expect(found == (sums + sums.map { $0 * 0.3 }).map(\.bitPattern), "size \(size)")
            let alone = inAllVariants("sum") {
                var sum = a + [5]
                // Into the first of the two.
                sum.withUnsafeMutableBytes { sum in
                    second.withUnsafeBytes { second in
                        lk_sum_scaled(
                            size, sum.baseAddress, second.baseAddress.map { $0 + offset }, 1, sum.baseAddress, nil)
                    }
                }
                #expect(sum.last == 5)
                return sum.dropLast().map(\.bitPattern)
            }
            #expect(alone == sums.map(\.bitPattern), "size \(size)")
            // By the kernel of products of elements, which takes such addresses as well.
            var factor: Float = -1.7
            let multiples = inAllVariants("multiply") {
                var out = [Float](repeating: 5, count: size + 1)
                first.withUnsafeBytes {
                    lk_binary(
                        .float32, .multiply, 1, size, $0.baseAddress.map { $0 + offset }, 0, 1, &factor, 0, 0, &out, 0,
                        0)
                }
                #expect(out.last == 5)
                return out.dropLast().map(\.bitPattern)
            }
            #expect(multiples == a.map { ($0 * -1.7).bitPattern }, "size \(size)")
        }
    }
}
