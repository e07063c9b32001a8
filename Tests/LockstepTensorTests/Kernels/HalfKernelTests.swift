import CLockstepKernels
import Testing

extension KernelVariantTests {
    /// What a type of 16 bits is, and how a number is rounded to it in the plainest way: as a multiple of the distance between
    /// neighbours at its size.
    struct Half: CustomTestStringConvertible, Sendable {
        var type: LKHalf
        var significantBits: Int
        var smallestExponent: Int
        var largest: Double

        static let all = [
            Half(type: .BF16, significantBits: 8, smallestExponent: -126, largest: 0x1.FEp127),
            Half(type: .FP16, significantBits: 11, smallestExponent: -14, largest: 65504),
        ]

        var testDescription: String { type == .BF16 ? "bf16" : "fp16" }

        func round(_ value: Float) -> Float {
            guard value.isFinite, value != 0 else { return value }
            let value = Double(value)
            let exponent = max(Int(value.exponent), smallestExponent) - (significantBits - 1)
            let step = Double(sign: .plus, exponent: exponent, significand: 1)
            let rounded = (value / step).rounded(.toNearestOrEven) * step
            // So that the sign of what is rounded to zero stays.
            let result = Float(sign: value.sign, exponent: 0, significand: Float(abs(rounded)))
            return abs(rounded) > largest ? (value < 0 ? -.infinity : .infinity) : result
        }

        /// All there is around each of its values: the value, half-way to the next, and their neighbours in Float32. Among them are all
        /// subnormal ones, zeros, infinities and NaN.
        var edges: [Float] {
            (0...UInt16.max).flatMap { bits -> [Float] in
                let value = unpack(bits)
                let above = unpack(bits &+ 1)
                let middle = value / 2 + above / 2
                return [value, value.nextUp, value.nextDown, middle, middle.nextUp, middle.nextDown]
            } + [
                65519.996, 65520, -65520, 1e30, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
                .greatestFiniteMagnitude,
            ]
        }

        /// The value of a pattern by its definition.
        func unpack(_ bits: UInt16) -> Float {
            if type == .BF16 { return Float(bitPattern: UInt32(bits) << 16) }
            let (exponent, fraction) = (Int(bits >> 10 & 31), Float(bits & 1023))
            let magnitude: Float =
                switch exponent {
                case 0: fraction * 0x1p-24
                case 31: fraction == 0 ? .infinity : .nan
                default: Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
                }
            return bits >> 15 == 1 ? -magnitude : magnitude
        }
    }

    /// Runs a kernel in every variant and expects the same bits of all; returns them.
    func inAllVariants<Element: FixedWidthInteger>(
        _ name: String, _ kernel: () -> [Element], location: SourceLocation = #_sourceLocation
    ) -> [Element] {
        #expect(lk_force_variant(.baseline))
        let expected = kernel()
        for variant in Self.variants {
            #expect(lk_force_variant(variant))
            let found = kernel()
            let difference = zip(found, expected).enumerated().first { $1.0 != $1.1 }
            #expect(
                difference == nil, "\(name) at \(difference?.offset ?? 0), \(variant)", sourceLocation: location)
        }
        #expect(lk_force_variant(lk_best_variant()))
        return expected
    }

    @Test(arguments: Half.all)
    func halvesAreTheNearest(half: Half) {
        let values = half.edges
        let rounded = inAllVariants("round") {
            var copy = values
            lk_half_round(half.type, copy.count, &copy)
            return copy.map(\.bitPattern)
        }
        let packed = inAllVariants("pack") {
            var halves = [UInt16](repeating: 0, count: values.count)
            lk_half_pack(half.type, values.count, values, &halves)
            return halves
        }
        let unpacked = inAllVariants("unpack") {
            var floats = [Float](repeating: 0, count: packed.count)
            lk_half_unpack(half.type, packed.count, packed, &floats)
            return floats.map(\.bitPattern)
        }
        #expect(rounded == unpacked)
        var wrong: [Float] = []
        for (value, bits) in zip(values, rounded) {
            let result = Float(bitPattern: bits)
            let isRight =
                value.isNaN
                ? result.isNaN && result.sign == value.sign : bits == half.round(value).bitPattern
            if !isRight { wrong.append(value) }
        }
        #expect(wrong.isEmpty, "\(wrong.count) of \(values.count): \(wrong.prefix(5))")
    }

    @Test(arguments: Half.all)
    func everyHalfIsReadAsItsValue(half: Half) {
        let patterns = Array(0...UInt16.max)
        let read = inAllVariants("unpack") {
            var floats = [Float](repeating: 0, count: patterns.count)
            lk_half_unpack(half.type, patterns.count, patterns, &floats)
            return floats.map(\.bitPattern)
        }
        for (pattern, bits) in zip(patterns, read) {
            let (expected, found) = (half.unpack(pattern), Float(bitPattern: bits))
            // A signaling NaN becomes a quiet one.
            guard expected.isNaN ? found.isNaN && !found.isSignalingNaN : bits == expected.bitPattern else {
                Issue.record("\(pattern) is read as \(found), expected \(expected)")
                return
            }
        }
    }

    @Test(arguments: Half.all)
    func halvesOfEverySize(half: Half) {
        // A few of everything, at addresses that are not aligned.
        let edges = half.edges.filter(\.isFinite)
        for size in Self.sizes {
            let values = (0..<size).map { edges[($0 * 7919 + size * 31) % edges.count] }
            let addends = (0..<size).map { edges[($0 * 104_729 + size) % edges.count] }
            let sums = inAllVariants("add") {
                var sum = [1] + values + [1]
                ([0] + addends).withUnsafeBufferPointer { addends in
                    sum.withUnsafeMutableBufferPointer {
                        lk_half_add(half.type, size, $0.baseAddress! + 1, addends.baseAddress! + 1)  // Not empty.
                    }
                }
                #expect(sum.first == 1 && sum.last == 1)
                return sum.dropFirst().dropLast().map(\.bitPattern)
            }
            let expected = zip(values, addends).map { half.round($0 + $1).bitPattern }
            #expect(sums == expected, "size \(size)")
            let bytes = inAllVariants("pack") {
                var bytes = [UInt8](repeating: 7, count: 2 * size + 3)
                // Not empty, so there is an address.
                bytes.withUnsafeMutableBytes { lk_half_pack(half.type, size, values, $0.baseAddress! + 1) }
                #expect(bytes.first == 7 && bytes.suffix(2) == [7, 7])
                return bytes
            }
            let floats = inAllVariants("unpack") {
                var floats = [Float](repeating: 1, count: size + 1)
                bytes.withUnsafeBytes { lk_half_unpack(half.type, size, $0.baseAddress! + 1, &floats) }  // Not empty.
                #expect(floats.last == 1)
                return floats.dropLast().map(\.bitPattern)
            }
            #expect(floats == values.map { half.round($0).bitPattern }, "size \(size)")
        }
    }

    @Test func whatIsNotFiniteIsFound() {
        for size in Self.sizes where size < 200 {
            for (place, value) in zip(0..<size, [Float.infinity, -.infinity, .nan].cycled(size)) {
                var values = [Float](repeating: .greatestFiniteMagnitude, count: size)
                for variant in [.baseline] + Self.variants {
                    #expect(lk_force_variant(variant))
                    #expect(lk_all_finite(size, values))
                }
                values[place] = value
                for variant in [.baseline] + Self.variants {
                    #expect(lk_force_variant(variant))
                    #expect(!lk_all_finite(size, values), "element \(place) of \(size), \(variant)")
                }
            }
        }
        #expect(lk_force_variant(lk_best_variant()))
    }
}

extension Array {
    /// So many elements, from the start again after the last.
    fileprivate func cycled(_ count: Int) -> [Element] { (0..<count).map { self[$0 % self.count] } }
}
