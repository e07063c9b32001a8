import CLockstepKernels
import LockstepTensor
import Testing

/// Convolutions by tiles, which single precision takes for filters of 3 × 3 and enough channels, compared with the direct ones of double
/// precision.
@Suite struct TiledConvolutionTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let batch, inputs, outputs, height, width, padding: Int
        var testDescription: String { "[\(batch), \(inputs), \(height), \(width)] to \(outputs), padding \(padding)" }
        var input: [Int] { [batch, inputs, height, width] }
        var weight: [Int] { [outputs, inputs, 3, 3] }
    }

    func tensor<Scalar: FloatingScalar>(_ shape: [Int], salt: Int, _ type: Scalar.Type) -> Tensor<Scalar> {
        // Through Float, so that both precisions start from the same numbers.
        let values = sampleValues(shape.reduce(1, *), in: -1...1, salt: salt).map { Scalar(Float($0)) }
        return Tensor(values, shape: shape)
    }

    /// The result and the gradients of input, weight and bias.
    func run<Scalar: FloatingScalar>(_ test: Case, _ type: Scalar.Type) -> [[Double]] {
        let input = tensor(test.input, salt: 1, type).requiringGrad()
        let weight = tensor(test.weight, salt: 2, type).requiringGrad()
        let bias = tensor([test.outputs], salt: 3, type).requiringGrad()
        let result = conv2d(input, weight, bias, padding: .by(Size2D(test.padding, test.padding)))
        result.backward(gradient: tensor(result.shape, salt: 4, type))
        return [result, input.gradient, weight.gradient, bias.gradient].map { $0!.scalars.map { Double($0) } }
    }

    @Test(arguments: [
        Case(batch: 2, inputs: 16, outputs: 16, height: 6, width: 6, padding: 0),
        Case(batch: 1, inputs: 17, outputs: 19, height: 7, width: 9, padding: 0),
        Case(batch: 3, inputs: 16, outputs: 24, height: 9, width: 41, padding: 1),
        Case(batch: 1, inputs: 20, outputs: 16, height: 5, width: 70, padding: 2),
        Case(batch: 2, inputs: 32, outputs: 64, height: 26, width: 26, padding: 0),
    ]) func agreesWithTheDirectConvolution(_ test: Case) {
        let (tiled, direct) = (run(test, Float.self), run(test, Double.self))
        for (name, (a, b)) in zip(["result", "input", "weight", "bias"], zip(tiled, direct)) {
            let largest = b.map(abs).max() ?? 0
            let worst = zip(a, b).map { abs($0 - $1) }.max() ?? .infinity
            #expect(a.count == b.count && worst <= 3e-6 * largest, "\(name): \(worst) of \(largest)")
        }
    }

    /// By tiles, and without them, as groups are.
    @Test(arguments: [(16, 18, 1), (2, 6, 2)]) func biasAndActivationGiveTheBitsOfEachApart(
        inputs: Int, outputs: Int, groups: Int
    ) {
        func run(_ apply: (Tensor<Float>, Tensor<Float>, Tensor<Float>) -> Tensor<Float>) -> [[Float]?] {
            let input = tensor([3, inputs, 7, 9], salt: 1, Float.self).requiringGrad()
            let weight = tensor([outputs, inputs / groups, 3, 3], salt: 2, Float.self).requiringGrad()
            let bias = tensor([outputs], salt: 3, Float.self).requiringGrad()
            let result = apply(input, weight, bias)
            result.backward(gradient: tensor(result.shape, salt: 4, Float.self))
            return [result, input.gradient, weight.gradient, bias.gradient].map { $0?.scalars }
        }
        for activation in [Activation.relu, .gelu] {
            let fused = run { conv2d($0, $1, $2, padding: 1, groups: groups, activation: activation) }
            let apart = run {
                let sums = conv2d($0, $1, $2, padding: 1, groups: groups)
                return activation == .relu ? sums.relu() : sums.gelu()
            }
            let added = run {
                let sums = conv2d($0, $1, padding: 1, groups: groups) + $2.reshaped(to: [outputs, 1, 1])
                return activation == .relu ? sums.relu() : sums.gelu()
            }
            for (place, name) in ["result", "input", "weight", "bias"].enumerated() {
                let isSame = fused[place] == apart[place]
                #expect(isSame, "\(name), \(activation)")
                // The gradient of a bias that is added apart has an order of its own.
                let isSameAsAdded = name == "bias" || fused[place] == added[place]
                #expect(isSameAsAdded, "\(name), \(activation)")
            }
        }
    }

    @Test func aSampleDoesNotDependOnItsBatch() {
        let test = Case(batch: 3, inputs: 16, outputs: 18, height: 8, width: 11, padding: 1)
        let (input, weight) = (tensor(test.input, salt: 1, Float.self), tensor(test.weight, salt: 2, Float.self))
        let all = conv2d(input, weight, padding: 1)
        for sample in 0..<3 {
            let one = conv2d(input.narrowed(axis: 0, start: sample, count: 1), weight, padding: 1)
            #expect(one.scalars == all.narrowed(axis: 0, start: sample, count: 1).scalars)
        }
    }

    @Test func gradientsAddUp() {
        let test = Case(batch: 1, inputs: 16, outputs: 16, height: 6, width: 6, padding: 0)
        let weight = tensor(test.weight, salt: 2, Float.self).requiringGrad()
        for _ in 0..<2 { conv2d(tensor(test.input, salt: 1, Float.self), weight).sum().backward() }
        let twice = weight.gradient!.scalars
        weight.gradient = nil
        conv2d(tensor(test.input, salt: 1, Float.self), weight).sum().backward()
        #expect(twice == weight.gradient!.scalars.map { 2 * $0 })
    }
}

extension KernelVariantTests {
    @Test func tiles() {
        func check<Scalar: FloatingScalar>(_ type: Scalar.Type, height: Int, width: Int, top: Int, left: Int) {
            let channels = 2
            let (outHeight, outWidth) = (height + 2 * top - 2, width + 2 * left - 2)
            var tiles = LKTiles(
                height: height, width: width, top: top, left: left, out_height: outHeight, out_width: outWidth,
                rows: (outHeight + 1) / 2, columns: (outWidth + 1) / 2, matrix: 0)
            tiles.matrix = channels * tiles.rows * tiles.columns + Int(LKTilesSlack)
            let count = 16 * Int(tiles.matrix)
            let size = max(channels * height * width, channels * outHeight * outWidth)
            expectSameBits("tiles of an image", type, size: size, outputs: count) { kind, inputs, output in
                lk_tiles_of_image(kind, channels, &tiles, inputs[0], output)
            }
            expectSameBits("tiles of a gradient", type, size: size, outputs: count) { kind, inputs, output in
                lk_tiles_of_gradient(kind, channels, &tiles, inputs[0], output)
            }
            let places = outHeight * outWidth
            expectSameBits("result of tiles", type, size: count, outputs: 2 * channels * places) {
                kind, inputs, output in
                lk_result_of_tiles(kind, channels, &tiles, inputs[0], nil, false, output)
                lk_result_of_tiles(kind, channels, &tiles, inputs[0], inputs[1], true, output + channels * places)
                // As one after the other.
                for place in 0..<channels * places {
                    let sum = output[place] + inputs[1][place / places]
                    #expect(output[channels * places + place] == max(sum, 0))
                }
            }
        }
        for (height, width) in [(4, 4), (5, 7), (6, 33), (4, 67), (9, 130)] {
            for (top, left) in [(0, 0), (1, 2), (2, 1)] {
                check(Float.self, height: height, width: width, top: top, left: left)
                check(Double.self, height: height, width: width, top: top, left: left)
            }
        }
        expectSameBits("tiles of filters", Float.self, size: 3 * 5 * 9, outputs: 16 * 3 * 5) { kind, inputs, output in
            lk_tiles_of_filters(kind, 3, 5, false, inputs[0], output)
        }
        expectSameBits("filters of tiles", Float.self, size: 16 * 3 * 5, outputs: 3 * 5 * 9) { kind, inputs, output in
            lk_filters_of_tiles(kind, 3, 5, inputs[0], true, output)
        }
    }
}
