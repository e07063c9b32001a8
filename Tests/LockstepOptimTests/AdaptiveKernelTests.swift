import CLockstepKernels
import LockstepTensor
import Testing

/// One step of a kernel on five vectors: values, gradients and three states.
private struct Kernel: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let run:
        @Sendable (
            _ count: Int, _ values: UnsafeMutablePointer<Float>, _ gradients: UnsafePointer<Float>,
            _ states: [UnsafeMutablePointer<Float>]
        ) -> Void
}

private let kernels: [Kernel] =
    [
        Kernel(testDescription: "adagrad") { count, values, gradients, states in
            var settings = LKAdagradSettings(learning_rate: 0.1, weight_decay: 0.3, eps: 1e-3)
            lk_adagrad_step(count, values, gradients, states[0], &settings)
        },
        Kernel(testDescription: "adadelta") { count, values, gradients, states in
            var settings = LKAdadeltaSettings(
                learning_rate: 0.5, rho: 0.9, square_weight: 0.1, eps: 1e-3, weight_decay: 0.3)
            lk_adadelta_step(count, values, gradients, states[0], states[1], &settings)
        },
        Kernel(testDescription: "nadam") { count, values, gradients, states in
            var settings = LKNAdamSettings(
                gradient_size: 0.1, average_size: 0.2, gradient_weight: 0.1, beta2: 0.9, square_weight: 0.1,
                bias_correction2: 0.5, eps: 1e-3, weight_decay: 0.3)
            lk_nadam_step(count, values, gradients, states[0], states[1], &settings)
        },
        Kernel(testDescription: "lamb") { count, values, gradients, states in
            var settings = LKLAMBSettings(
                learning_rate: 0.1, gradient_weight: 0.1, beta2: 0.9, square_weight: 0.1, bias_correction1: 0.2,
                bias_correction2: 0.5, eps: 1e-3, weight_decay: 0.3)
            lk_lamb_step(count, values, gradients, states[0], states[1], &settings)
        },
        Kernel(testDescription: "square sum") { count, values, gradients, _ in
            let sum = lk_square_sum(count, gradients)
            for place in 0..<count { values[place] += Float(sum) }
        },
    ]
    + [(false, false), (false, true), (true, false), (true, true)].map { centered, hasMomentum in
        Kernel(testDescription: "rmsprop\(centered ? " centered" : "")\(hasMomentum ? " momentum" : "")") {
            count, values, gradients, states in
            var settings = LKRMSpropSettings(
                learning_rate: 0.1, alpha: 0.9, square_weight: 0.1, eps: 1e-3, weight_decay: 0.3, momentum: 0.8)
            lk_rmsprop_step(
                count, values, gradients, states[0], centered ? states[1] : nil, hasMomentum ? states[2] : nil,
                &settings)
        }
    }

/// That the formulas are right is shown by the optimizers' tests; here, that every processor gives the same bits.
@Suite(.serialized) struct AdaptiveKernelTests {
    /// The five vectors after a step, each with one element more than the step was told of.
    private func run(_ kernel: Kernel, count: Int, offset: Int) -> [[Float]] {
        var generator = Generator(seed: UInt64(count))
        var vectors = (0..<5).map { vector in
            // Squares are not negative, and larger than those of the averages, so that a variance is above 0.
            let range: ClosedRange<Float> = [2: 1...2, 3: 0...0.5][vector] ?? -1...1
            return [Float](repeating: 7, count: offset)
                + (0..<count).map { _ in generator.uniform(from: range.lowerBound, to: range.upperBound) } + [7]
        }
        let pointers = vectors.indices.map { place in
            vectors[place].withUnsafeMutableBufferPointer { source in
                let copy = UnsafeMutablePointer<Float>.allocate(capacity: source.count)
                copy.initialize(from: source.baseAddress!, count: source.count)  // Not empty: it has the last 7.
                return copy
            }
        }
        kernel.run(count, pointers[0] + offset, pointers[1] + offset, pointers[2...].map { $0 + offset })
        for (place, pointer) in pointers.enumerated() {
            vectors[place] = Array(UnsafeBufferPointer(start: pointer, count: offset + count + 1).dropFirst(offset))
            pointer.deallocate()
        }
        return vectors
    }

    @Test(arguments: kernels) fileprivate func everyVariantGivesTheSameBits(kernel: Kernel) {
        let best = lk_variant()
        defer { _ = lk_force_variant(best) }
        for count in 0...70 {
            _ = lk_force_variant(.baseline)
            let expected = run(kernel, count: count, offset: 0)
            for vector in expected {
                #expect(vector.last == 7, "the element behind the vector was written")
                #expect(vector.allSatisfy { $0.isFinite })
            }
            for variant in [LKVariant.AVX2, .AVX512] where lk_force_variant(variant) {
                #expect(run(kernel, count: count, offset: count % 3) == expected, "\(count) elements, \(variant)")
            }
        }
    }

    @Test func squaresAreAddedUpInDoublePrecision() {
        let elements = [Float](repeating: 0.1, count: 100_001)
        let sum = lk_square_sum(elements.count, elements)
        #expect(abs(sum - 100_001 * Double(Float(0.1)) * Double(Float(0.1))) < 1e-9)
    }
}
