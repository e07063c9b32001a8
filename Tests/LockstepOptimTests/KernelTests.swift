import CLockstepKernels
import LockstepTensor
import Testing

/// The four vectors of a step.
private struct Vectors: Equatable {
    var values, gradients, first, second: [Float]

    init(_ count: Int) {
        var generator = Generator(seed: UInt64(count))
        func draw(_ low: Float) -> [Float] { (0..<count).map { _ in generator.uniform(from: low, to: 1) } }
        (values, gradients, first, second) = (draw(-1), draw(-1), draw(-1), draw(0))
    }
}

private let sgdSettings: [LKSGDSettings] = [false, true].flatMap { first in
    [
        LKSGDSettings(
            learning_rate: 0.1, momentum: 0, gradient_weight: 1, weight_decay: 0, nesterov: false, first: first),
        LKSGDSettings(
            learning_rate: 0.1, momentum: 0, gradient_weight: 1, weight_decay: 0.3, nesterov: false, first: first),
        LKSGDSettings(
            learning_rate: 0.1, momentum: 0.7, gradient_weight: 0.4, weight_decay: 0, nesterov: false, first: first),
        LKSGDSettings(
            learning_rate: 0.1, momentum: 0.7, gradient_weight: 1, weight_decay: 0.3, nesterov: true, first: first),
    ]
}

private let adamSettings: [LKAdamSettings] = [0, 0.3].flatMap { decay in
    [Float(0.1), 0.5, 0.7].map { weight in
        LKAdamSettings(
            step_size: 0.01, gradient_weight: weight, beta2: 0.9, square_weight: 0.1, bias_correction2_sqrt: 0.8,
            eps: 1e-3,
            weight_decay: decay, decay: 1 - decay / 2)
    }
}

/// A step as its formula says, element by element.
private func sgdReference(_ vectors: inout Vectors, _ s: LKSGDSettings) {
    for place in vectors.values.indices {
        var gradient = vectors.gradients[place]
        if s.weight_decay != 0 { gradient.addProduct(s.weight_decay, vectors.values[place]) }
        if s.momentum != 0 {
            let kept = s.momentum * vectors.first[place]
            let average = s.first ? gradient : kept.addingProduct(s.gradient_weight, gradient)
            vectors.first[place] = average
            gradient = s.nesterov ? gradient.addingProduct(s.momentum, average) : average
        }
        vectors.values[place].addProduct(-s.learning_rate, gradient)
    }
}

private func adamReference(_ vectors: inout Vectors, _ s: LKAdamSettings) {
    for place in vectors.values.indices {
        var gradient = vectors.gradients[place]
        if s.weight_decay != 0 { gradient.addProduct(s.weight_decay, vectors.values[place]) }
        let average = vectors.first[place]
        let difference = gradient - average
        vectors.first[place] =
            s.gradient_weight < 0.5
            ? average.addingProduct(s.gradient_weight, difference)
            : gradient.addingProduct(s.gradient_weight - 1, difference)
        let kept = s.beta2 * vectors.second[place]
        vectors.second[place] = kept.addingProduct(s.square_weight * gradient, gradient)
        let denominator = vectors.second[place].squareRoot() / s.bias_correction2_sqrt + s.eps
        vectors.values[place] =
            vectors.values[place] * s.decay + (-s.step_size * vectors.first[place]) / denominator
    }
}

/// Other tests may run kernels at the same time: they too get the same bits from every variant.
@Suite(.serialized) struct OptimizerKernelTests {
    /// The result of `step` on vectors that start `offset` elements into their memory.
    private func run(
        _ vectors: Vectors, offset: Int,
        _ step: (
            _ values: UnsafeMutablePointer<Float>, _ gradients: UnsafePointer<Float>,
            _ first: UnsafeMutablePointer<Float>, _ second: UnsafeMutablePointer<Float>
        ) -> Void
    ) -> Vectors {
        let padding = [Float](repeating: 7, count: offset)
        var moved = vectors
        for path in [\Vectors.values, \.gradients, \.first, \.second] {
            moved[keyPath: path] = padding + vectors[keyPath: path] + [7]
        }
        let gradients = moved.gradients
        moved.values.withUnsafeMutableBufferPointer { values in
            gradients.withUnsafeBufferPointer { gradients in
                moved.first.withUnsafeMutableBufferPointer { first in
                    moved.second.withUnsafeMutableBufferPointer { second in
                        // None is empty: each has one element more than the vector.
                        step(
                            values.baseAddress! + offset, gradients.baseAddress! + offset, first.baseAddress! + offset,
                            second.baseAddress! + offset)
                    }
                }
            }
        }
        for path in [\Vectors.values, \.gradients, \.first, \.second] {
            #expect(moved[keyPath: path].last == 7, "the element behind the vector was written")
            moved[keyPath: path] = Array(moved[keyPath: path].dropFirst(offset).dropLast())
        }
        return moved
    }

    @Test(arguments: [LKVariant.baseline, .AVX2, .AVX512])
    func everyVariantGivesTheBitsOfTheFormula(variant: LKVariant) throws {
        let best = lk_variant()
        guard lk_force_variant(variant) else { try Test.cancel("this processor lacks the instructions of \(variant)") }
        defer { _ = lk_force_variant(best) }
        for count in 0...70 {
            let vectors = Vectors(count)
            for settings in sgdSettings {
                var expected = vectors
                sgdReference(&expected, settings)
                let result = run(vectors, offset: count % 3) { values, gradients, buffer, _ in
                    withUnsafePointer(to: settings) { lk_sgd_step(count, values, gradients, buffer, $0) }
                }
                #expect(result == expected, "\(count) elements, \(settings)")
            }
            for settings in adamSettings {
                var expected = vectors
                adamReference(&expected, settings)
                let result = run(vectors, offset: count % 3) { values, gradients, first, second in
                    withUnsafePointer(to: settings) { lk_adam_step(count, values, gradients, first, second, nil, $0) }
                }
                #expect(result == expected, "\(count) elements, \(settings)")
                // With AMSGrad, whose largest averages here are below the new ones and are replaced by them.
                var largest = [Float](repeating: 0, count: count + count % 3 + 1)
                let replaced = run(vectors, offset: count % 3) { values, gradients, first, second in
                    largest.withUnsafeMutableBufferPointer { largest in
                        // Not empty: it has one element more than the vector.
                        let start = largest.baseAddress! + count % 3
                        withUnsafePointer(to: settings) {
                            lk_adam_step(count, values, gradients, first, second, start, $0)
                        }
                    }
                }
                #expect(replaced == expected, "\(count) elements, \(settings), AMSGrad")
                #expect(Array(largest[(count % 3)..<(count % 3 + count)]) == expected.second)
                #expect(largest.last == 0)
            }
        }
    }

    @Test func plainDescentNeedsNoBuffer() {
        var values: [Float] = [1, 2, 3]
        var settings = LKSGDSettings(
            learning_rate: 0.5, momentum: 0, gradient_weight: 1, weight_decay: 0, nesterov: false, first: false)
        lk_sgd_step(3, &values, [2, 0, -2], nil, &settings)
        #expect(values == [0, 2, 4])
    }
}
