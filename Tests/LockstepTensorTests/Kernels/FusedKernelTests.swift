import CLockstepKernels
import LockstepTensor
import Testing

/// Kernels that do several things at once, in every variant and compared with doing one after the other.
extension KernelVariantTests {
    @Test func geluWithItsSlope() {
        func check<Scalar: FloatingScalar>(_ type: Scalar.Type, rows: Int, columns: Int, bias: Bool) {
            let size = rows * columns
            let name = "GELU \(rows)x\(columns), \(bias)"
            expectSameBits(name, type, size: size, outputs: 3 * size) { kind, inputs, output in
                let (values, slopes) = (output, output + size)
                let added = bias ? inputs[1] : nil
                lk_gelu_with_slope(kind, rows, columns, inputs[0], added, values, slopes)
                // Without the slopes, in place.
                (output + 2 * size).update(from: inputs[0], count: size)
                lk_gelu_with_slope(kind, rows, columns, output + 2 * size, added, output + 2 * size, nil)
                let sums = (0..<size).map { bias ? inputs[0][$0] + inputs[1][$0 % columns] : inputs[0][$0] }
                withMemory(sums + [Scalar](repeating: 1, count: 2 * size + 1)) { memory in
                    let (one, expected) = (memory + 3 * size, memory + size)
                    lk_unary(kind, .gelu, 1, size, memory, 0, 1, expected, 0, 0)
                    lk_binary(kind, .geluGradient, 1, size, one, 0, 0, memory, 0, 1, expected + size, 0, 0)
                    for place in 0..<size {
                        #expect(values[place] == expected[place] && slopes[place] == expected[size + place])
                        #expect(output[2 * size + place] == expected[place])
                    }
                }
            }
        }
        for (rows, columns) in (0...20).map({ (1, $0) }) + [(1, 127), (3, 5), (4, 33), (2, 16)] {
            for bias in [false, true] {
                check(Float.self, rows: rows, columns: columns, bias: bias)
                check(Double.self, rows: rows, columns: columns, bias: bias)
            }
        }
    }

    @Test func gradientOfALayer() {
        func check<Scalar: FloatingScalar>(_ type: Scalar.Type, rows: Int, columns: Int) {
            let size = rows * columns
            for (relu, adding) in [(false, false), (false, true), (true, false), (true, true)] {
                let name = "layer \(rows)x\(columns), \(relu), \(adding)"
                expectSameBits(name, type, size: size, outputs: size + columns) { kind, inputs, output in
                    // What is saved has both signs.
                    let (gradient, kept) = (inputs[1], inputs[0])
                    lk_layer_gradient(kind, relu, rows, columns, gradient, kept, output, output + size, adding)
                    withMemory([Scalar](repeating: 1, count: 2 * size + columns)) { memory in
                        let (expected, alone, sums) = (memory, memory + size, memory + 2 * size)
                        lk_layer_gradient(kind, relu, rows, columns, gradient, kept, alone, nil, false)
                        lk_binary(
                            kind, relu ? .reluGradient : .multiply, 1, size, gradient, 0, 1, kept, 0, 1, expected, 0, 0)
                        lk_sum_columns(kind, rows, columns, expected, columns, sums, adding)
                        for place in 0..<size {
                            #expect(output[place] == expected[place] && alone[place] == expected[place])
                        }
                        for column in 0..<columns { #expect(output[size + column] == sums[column], "\(name)") }
                    }
                }
            }
        }
        for (rows, columns) in (1...20).map({ (3, $0) }) + [(0, 4), (1, 70), (2, 64), (300, 17), (520, 5), (257, 65)] {
            check(Float.self, rows: rows, columns: columns)
            check(Double.self, rows: rows, columns: columns)
        }
    }

    @Test func channels() {
        func check<Scalar: FloatingScalar>(_ type: Scalar.Type, channels: Int, size: Int) {
            let count = channels * size
            let name = "channels \(channels)x\(size)"
            for (relu, bias) in [(false, true), (true, false), (true, true)] {
                expectSameBits(name + " bias", type, size: count, outputs: count) { kind, inputs, output in
                    output.update(from: inputs[0], count: count)
                    lk_channel_bias(kind, channels, size, output, bias ? inputs[1] : nil, relu)
                    for place in 0..<count {
                        let sum = bias ? inputs[0][place] + inputs[1][place / size] : inputs[0][place]
                        #expect(output[place] == (relu ? max(sum, 0) : sum))
                    }
                }
            }
            expectSameBits(name + " gradient", type, size: count, outputs: count + channels) { kind, inputs, output in
                // What was rectified has both signs.
                let (gradient, kept) = (inputs[1], inputs[0])
                lk_channel_gradient(kind, channels, size, gradient, kept, output, output + count)
                withMemory([Scalar](repeating: 1, count: 2 * count + channels)) { memory in
                    let (expected, alone, sums) = (memory, memory + count, memory + 2 * count)
                    lk_channel_gradient(kind, channels, size, gradient, kept, alone, nil)
                    lk_binary(kind, .reluGradient, 1, count, gradient, 0, 1, kept, 0, 1, expected, 0, 0)
                    lk_sum_rows(kind, channels, size, expected, size, sums)
                    for place in 0..<count {
                        #expect(output[place] == expected[place] && alone[place] == expected[place])
                    }
                    for channel in 0..<channels { #expect(output[count + channel] == sums[channel]) }
                }
            }
        }
        for size in Array(0...35) + [63, 64, 70, 130] {
            check(Float.self, channels: 3, size: size)
            check(Double.self, channels: 3, size: size)
        }
    }

    @Test func squaredDistance() {
        func check<Scalar: FloatingScalar>(_ type: Scalar.Type, _ size: Int) {
            expectSameBits("squared distance", type, size: size, outputs: size + 1) { kind, inputs, output in
                lk_squared_distance(kind, size, inputs[0], inputs[1], output + 1, output)
                let squares = (0..<size).map { place in
                    let difference = inputs[0][place] - inputs[1][place]
                    #expect(output[1 + place] == difference)
                    return difference * difference
                }
                withMemory(squares + [0]) { memory in
                    lk_sum_rows(kind, 1, size, memory, size, memory + size)
                    #expect(output[0] == memory[size])
                }
            }
        }
        forEachSizeAndType { size, type in check(type, size) }
    }

    @Test func attentionWeights() {
        func check<Scalar: FloatingScalar>(_ type: Scalar.Type, rows: Int, columns: Int) {
            for causal in [false, true] {
                let size = rows * columns
                let names = "attention \(rows)x\(columns), \(causal)"
                expectSameBits(names, type, size: size) { kind, inputs, output in
                    output.update(from: inputs[0], count: size)
                    lk_attention_weights(kind, rows, columns, causal, 0.3, output)
                    for row in 0..<rows {
                        // The softmax of what the row may attend to.
                        let allowed = causal ? min(row + 1, columns) : columns
                        let scores = (0..<allowed).map { inputs[0][row * columns + $0] * Scalar(0.3) }
                        let rest = [Scalar](repeating: 0, count: columns - allowed)
                        withMemory(scores + rest) { memory in
                            lk_softmax(kind, false, 1, allowed, memory, memory)
                            for column in 0..<columns {
                                #expect(output[row * columns + column] == memory[column])
                            }
                        }
                    }
                }
                expectSameBits(names + " gradient", type, size: size) { kind, inputs, output in
                    output.update(from: inputs[0], count: size)
                    lk_attention_weights_gradient(kind, rows, columns, causal, 0.5, inputs[1], output)
                    for row in 0..<rows {
                        let allowed = causal ? min(row + 1, columns) : columns
                        let start = row * columns
                        withMemory([Scalar](repeating: 0, count: columns)) { memory in
                            lk_softmax_gradient(kind, false, 1, allowed, inputs[1] + start, inputs[0] + start, memory)
                            for column in 0..<columns {
                                #expect(output[start + column] == memory[column] * Scalar(0.5))
                            }
                        }
                    }
                }
            }
        }
        for (rows, columns) in [(1, 1), (3, 5), (17, 17), (20, 33), (5, 64), (66, 65)] {
            check(Float.self, rows: rows, columns: columns)
            check(Double.self, rows: rows, columns: columns)
        }
    }

    /// Memory that starts from `values`.
    private func withMemory<Scalar>(_ values: [Scalar], _ body: (UnsafeMutablePointer<Scalar>) -> Void) {
        let memory = UnsafeMutablePointer<Scalar>.allocate(capacity: values.count)
        defer { memory.deallocate() }
        memory.initialize(from: values, count: values.count)
        body(memory)
    }
}
