import CLockstepKernels
import Glibc
import LockstepTensor
import Testing

/// Every variant of every kernel gives the same bits as the baseline, for all sizes around the vector width and on addresses that
/// are not aligned.
///
/// Other tests may run meanwhile in whichever variant is forced: that they cannot tell is the point.
@Suite(.serialized) struct KernelVariantTests {
    static let sizes = Array(0...70) + [127, 128, 129, 1000, 8191, 8192, 8193, 20_001]
    static let variants: [LKVariant] = [.AVX2, .AVX512].filter { $0.rawValue <= lk_best_variant().rawValue }

    /// The outputs of `kernel` on inputs that begin at unaligned addresses, in every variant.
    func expectSameBits<Scalar: FloatingScalar>(
        _ name: String, _ type: Scalar.Type, inputs: Int = 2, size: Int, outputs: Int? = nil,
        _ kernel: (LKType, [UnsafePointer<Scalar>], UnsafeMutablePointer<Scalar>) -> Void
    ) {
        let storage = (0..<inputs).map { input in
            sampleValues(size + 3, in: input == 0 ? -9...9 : 0.1...3, salt: input + size).map { Scalar($0) }
        }
        func run(_ variant: LKVariant) -> [Scalar] {
            #expect(lk_force_variant(variant))
            var result = [Scalar](repeating: 1, count: (outputs ?? size) + 4)
            let copies = storage.map { Array($0) }
            var pointers: [UnsafePointer<Scalar>] = []
            func withAll(_ rest: ArraySlice<[Scalar]>, _ body: () -> Void) {
                guard let first = rest.first else { return body() }
                first.withUnsafeBufferPointer {
                    // Not nil: every input has at least three elements.
                    pointers.append($0.baseAddress! + 1)
                    withAll(rest.dropFirst(), body)
                }
            }
            withAll(copies[...]) {
                result.withUnsafeMutableBufferPointer {
                    kernel(type == Float.self ? .float32 : .float64, pointers, $0.baseAddress! + 1)  // Not empty.
                }
            }
            return result
        }
        let expected = run(.baseline)
        #expect(expected[0] == 1 && expected.suffix(3) == [1, 1, 1], "\(name) writes outside of its output")
        for variant in Self.variants {
            let actual = run(variant)
            #expect(
                zip(actual, expected).allSatisfy { Double($0).bitPattern == Double($1).bitPattern },
                "\(name), \(type), size \(size), \(variant)")
        }
        #expect(lk_force_variant(lk_best_variant()))
    }

    func forEachSizeAndType(_ body: (Int, any FloatingScalar.Type) -> Void) {
        for size in Self.sizes {
            body(size, Float.self)
            body(size, Double.self)
        }
    }

    @Test func unary() {
        func check<Scalar: FloatingScalar>(_ type: Scalar.Type, _ size: Int) {
            for raw in 0..<Int32(LKUnaryCount) {
                guard let operation = LKUnary(rawValue: raw) else { continue }
                expectSameBits("unary \(raw)", type, size: size) { kind, inputs, output in
                    lk_unary(kind, operation, 1, size, inputs[0], 0, 1, output, 0.5, 2)
                }
            }
            expectSameBits("unary, strided", type, size: size) { kind, inputs, output in
                lk_unary(kind, .exponential, 1, size / 2, inputs[0], 0, 2, output, 0, 0)
            }
        }
        forEachSizeAndType { size, type in check(type, size) }
    }

    @Test func binary() {
        func check<Scalar: FloatingScalar>(_ type: Scalar.Type, _ size: Int) {
            for raw in 0..<Int32(LKBinaryCount) {
                guard let operation = LKBinary(rawValue: raw) else { continue }
                // Which of the operands is a single number changes with the size.
                let (a, b) = [(1, 1), (1, 0), (0, 1), (0, 0)][size % 4]
                expectSameBits("binary \(raw)", type, size: size) { kind, inputs, output in
                    lk_binary(kind, operation, 1, size, inputs[0], 0, a, inputs[1], 0, b, output, 0.5, 2)
                }
            }
            expectSameBits("axpy", type, size: size) { kind, inputs, output in
                lk_axpy(kind, size, 0.3, inputs[0], output)
            }
            expectSameBits("bias", type, size: size) { kind, inputs, output in
                lk_add_bias(kind, 3, size / 3, output, inputs[0], true)
            }
        }
        forEachSizeAndType { size, type in check(type, size) }
    }

    @Test func reductions() {
        func check<Scalar: FloatingScalar>(_ type: Scalar.Type, _ size: Int) {
            expectSameBits("sum", type, size: size, outputs: 1) { kind, inputs, output in
                lk_sum_rows(kind, 1, size, inputs[0], size, output)
            }
            expectSameBits("column sums", type, size: size) { kind, inputs, output in
                lk_sum_columns(kind, 3, size / 3, inputs[0], size / 3, output, true)
            }
            expectSameBits("column sum", type, size: size, outputs: 1) { kind, inputs, output in
                lk_sum_columns(kind, size, 1, inputs[0], 1, output, false)
            }
            if size > 0 {
                expectSameBits("largest", type, size: size, outputs: 1) { kind, inputs, output in
                    lk_extreme_rows(kind, true, 1, size, inputs[0], output)
                }
            }
        }
        forEachSizeAndType { size, type in check(type, size) }
    }

    @Test func softmax() {
        func check<Scalar: FloatingScalar>(_ type: Scalar.Type, _ size: Int) {
            guard size > 0 else { return }
            for logarithm in [true, false] {
                expectSameBits("softmax", type, size: size) { kind, inputs, output in
                    lk_softmax(kind, logarithm, 1, size, inputs[0], output)
                }
                expectSameBits("softmax gradient", type, size: size) { kind, inputs, output in
                    lk_softmax_gradient(kind, logarithm, 1, size, inputs[1], inputs[0], output)
                }
            }
            let target = [Int64(size / 2)]
            expectSameBits("cross-entropy", type, size: size, outputs: 2) { kind, inputs, output in
                lk_cross_entropy(kind, 1, size, inputs[0], target, output, output + 1)
            }
            expectSameBits("cross-entropy gradient", type, size: size) { kind, inputs, output in
                lk_cross_entropy_gradient(kind, 1, size, inputs[0], target, inputs[1], inputs[1], 1, 0.1, output)
            }
        }
        forEachSizeAndType { size, type in check(type, size) }
    }
}

/// How far the vector functions are from the correctly rounded result.
@Suite struct KernelAccuracyTests {
    /// The largest error in units in the last place, over a dense sample of the function's range.
    func worstError(
        _ range: ClosedRange<Double>, _ function: (Tensor<Float>) -> Tensor<Float>, _ exact: (Double) -> Double
    ) -> Double {
        let values = (0..<400_000).map { place in
            Float(range.lowerBound + (range.upperBound - range.lowerBound) * Double(place) / 399_999)
        }
        return zip(values, function(Tensor(values)).scalars).map { x, y in
            let truth = exact(Double(x))
            return abs(Double(y) - truth) / Double(Float(abs(truth)).ulp)
        }.max() ?? .infinity
    }

    @Test func singlePrecisionIsWithinTwoUnits() {
        #expect(worstError(-87...88, { $0.exp() }, exp) < 2)
        #expect(worstError(-103 ... -87, { $0.exp() }, exp) < 2)
        #expect(worstError(-1...1, { $0.exp() }, exp) < 2)
        #expect(worstError(1e-3...10, { $0.log() }, log) < 2)
        #expect(worstError(1...1e30, { $0.log() }, log) < 2)
        #expect(worstError(1e-44...1e-38, { $0.log() }, log) < 2)
        #expect(worstError(-10...10, { $0.tanh() }, tanh) < 2)
        #expect(worstError(-1e-3...1e-3, { $0.tanh() }, tanh) < 2)
        #expect(worstError(-80...20, { $0.sigmoid() }, { 1 / (1 + exp(-$0)) }) < 3)
        #expect(worstError(-5...5, { $0.erf() }, erf) < 2)
        #expect(worstError(-1e-3...1e-3, { $0.erf() }, erf) < 2)
        // Far below 0 the exponential of x² / 2 has the error of its rounded argument.
        #expect(worstError(-2...9, { $0.gelu() }, { 0.5 * $0 * erfc(-$0 * 0.5.squareRoot()) }) < 9)
        #expect(worstError(-9 ... -2, { $0.gelu() }, { 0.5 * $0 * erfc(-$0 * 0.5.squareRoot()) }) < 40)
    }

    @Test func whatIsComputedInDoubleIsRoundedOnce() {
        #expect(worstError(-10...10, { $0.sin() }, sin) <= 0.51)
        #expect(worstError(-10...10, { $0.cos() }, cos) <= 0.51)
        #expect(worstError(-7e5...7e5, { $0.sin() }, sin) <= 0.51)
        #expect(worstError(1e6...1e30, { $0.cos() }, cos) <= 0.51)
        #expect(worstError(-10...10, { $0.tan() }, tan) <= 0.51)
        #expect(worstError(1e-3...100, { $0.log2() }, log2) <= 0.51)
        #expect(worstError(1e-40...1e-3, { $0.log10() }, log10) <= 0.51)
    }

    @Test func composedFunctionsAreWithinFourUnits() {
        for range in [-1e-3...1e-3, -3.0...3, -80...80] {
            #expect(worstError(range, { $0.expm1() }, expm1) < 4)
            #expect(worstError(range, { $0.sinh() }, sinh) < 4)
            #expect(worstError(range, { $0.cosh() }, cosh) < 4)
        }
        for range in [-1e-3...1e-3, -0.999...5, 0.0...1e9] { #expect(worstError(range, { $0.log1p() }, log1p) < 4) }
        #expect(worstError(-20...20, { $0.logsigmoid() }, { -log1p(exp(-$0)) }) < 4)
        #expect(worstError(-10...10, { $0.mish() }, { $0 * tanh(log1p(exp($0))) }) < 5)
    }

    @Test func doublePrecisionAgreesWithTheCLibrary() {
        func worst(
            _ range: ClosedRange<Double>, _ function: (Tensor<Double>) -> Tensor<Double>, _ exact: (Double) -> Double
        ) -> Double {
            let values = sampleValues(200_000, in: range, salt: 3)
            return zip(values, function(Tensor(values)).scalars).map { x, y in
                abs(y - exact(x)) / abs(exact(x)).ulp
            }.max() ?? .infinity
        }
        #expect(worst(-744...709, { $0.exp() }, exp) <= 2)
        #expect(worst(1e-300...1e300, { $0.log() }, log) <= 2)
        #expect(worst(0.5...2, { $0.log() }, log) <= 2)
        #expect(worst(-20...20, { $0.tanh() }, tanh) <= 2)
        #expect(worst(-20...20, { $0.sin() }, sin) <= 4)
        #expect(worst(-20...20, { $0.cos() }, cos) <= 4)
        #expect(worst(-20...20, { $0.tan() }, tan) <= 4)
        #expect(worst(-20...20, { $0.sinh() }, sinh) <= 4)
        #expect(worst(-20...20, { $0.expm1() }, expm1) <= 4)
        #expect(worst(-0.9...20, { $0.log1p() }, log1p) <= 4)
    }
}
