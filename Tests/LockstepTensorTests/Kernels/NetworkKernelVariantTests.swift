import CLockstepKernels
import LockstepTensor
import Testing

extension KernelVariantTests {
    @Test func normalization() {
        func check<Scalar: FloatingScalar>(_ type: Scalar.Type, _ size: Int) {
            guard size > 0 else { return }
            for centered in [true, false] {
                expectSameBits("normalize", type, inputs: 3, size: size, outputs: size + 2) { kind, inputs, output in
                    lk_normalize_rows(
                        kind, centered, 1, size, inputs[0], inputs[1], inputs[2], 1e-5, output, output + size,
                        output + size + 1)
                }
                expectSameBits("normalize gradient", type, inputs: 4, size: size, outputs: 2 * size) {
                    kind, inputs, output in
                    (output + size).update(repeating: 0, count: size)
                    lk_normalize_rows_gradient(
                        kind, centered, 1, size, inputs[0], inputs[1], inputs[2], inputs[3], inputs[0], output,
                        output + size)
                }
            }
        }
        forEachSizeAndType { size, type in check(type, size) }
    }

    @Test func recurrentSteps() {
        func check<Scalar: FloatingScalar>(_ type: Scalar.Type, _ size: Int) {
            let hidden = size / 4
            expectSameBits("LSTM", type, size: size, outputs: 7 * hidden) { kind, inputs, output in
                output.update(from: inputs[0], count: 4 * hidden)
                let (c, shaped, h) = (output + 4 * hidden, output + 5 * hidden, output + 6 * hidden)
                lk_lstm_step(kind, 1, hidden, output, inputs[1], c, shaped, h)
            }
            expectSameBits("LSTM gradient", type, inputs: 4, size: size, outputs: 5 * hidden) { kind, inputs, output in
                (output + 4 * hidden).update(from: inputs[2], count: hidden)
                lk_lstm_step_gradient(
                    kind, 1, hidden, inputs[1], inputs[2], inputs[3], inputs[0], output + 4 * hidden, output)
            }
            expectSameBits("GRU", type, inputs: 3, size: size, outputs: 5 * hidden) { kind, inputs, output in
                lk_gru_step(
                    kind, 1, hidden, inputs[0], inputs[1], inputs[2], output, output + hidden)
            }
            expectSameBits("GRU gradient", type, inputs: 3, size: size, outputs: 7 * hidden) { kind, inputs, output in
                lk_gru_step_gradient(
                    kind, 1, hidden, inputs[1], inputs[2], inputs[0], output, output + 3 * hidden,
                    output + 6 * hidden)
            }
        }
        forEachSizeAndType { size, type in check(type, size) }
    }
}
