import LockstepTensor
import Testing

/// A way in which an operator's input can lie in memory: the shape of the leaf that holds it, and the view that is the input.
struct InputLayout: Sendable, CustomStringConvertible {
    let description: String
    let leafShape: @Sendable ([Int]) -> [Int]
    let view: @Sendable (Tensor<Double>, [Int]) -> Tensor<Double>

    static let all = [
        InputLayout(description: "contiguous", leafShape: { $0 }, view: { leaf, _ in leaf }),
        InputLayout(
            description: "transposed", leafShape: { $0.reversed() },
            view: { leaf, shape in leaf.permuted(shape.indices.reversed()) }),
        InputLayout(
            description: "sliced", leafShape: { $0.map { $0 + 2 } },
            view: { leaf, shape in
                shape.indices.reduce(leaf) { $0.narrowed(axis: $1, start: 1, count: shape[$1]) }
            }),
        InputLayout(
            description: "broadcast", leafShape: { shape in shape.isEmpty ? [] : [1] + shape.dropFirst() },
            view: { leaf, shape in leaf.expanded(to: shape) }),
    ]
}

/// Numbers that look random, the same every time, no two equal, in `range`.
func sampleValues(_ count: Int, in range: ClosedRange<Double>, salt: Int) -> [Double] {
    (0..<count).map { place in
        let fraction = (Double((place + 1) * 7919 + salt * 104_729) * 0.618_033_988_749_895)
            .truncatingRemainder(dividingBy: 1)
        return range.lowerBound + fraction * (range.upperBound - range.lowerBound)
    }
}

/// Compares an operator's gradients with central differences, for every layout of its inputs.
///
/// The result is weighted and summed, so that every element of it counts with another weight.
func checkGradients(
    of name: String, shapes: [[Int]], in range: ClosedRange<Double> = -2...2, layouts: [InputLayout] = InputLayout.all,
    sourceLocation: SourceLocation = #_sourceLocation, _ operation: ([Tensor<Double>]) -> Tensor<Double>
) {
    for layout in layouts {
        let leaves = shapes.enumerated().map { place, shape in
            let leafShape = layout.leafShape(shape)
            let values = sampleValues(leafShape.reduce(1, *), in: range, salt: place)
            return Tensor(values, shape: leafShape, requiresGrad: true)
        }
        func result(_ leaves: [Tensor<Double>]) -> Tensor<Double> {
            let output = operation(zip(leaves, shapes).map { layout.view($0, $1) })
            let weights = Tensor(sampleValues(output.count, in: 0.5...1.5, salt: 99), shape: output.shape)
            return (output * weights).sum()
        }
        result(leaves).backward()
        for (place, leaf) in leaves.enumerated() {
            let gradient = leaf.gradient?.scalars ?? Array(repeating: 0, count: leaf.count)
            #expect(leaf.gradient?.shape ?? leaf.shape == leaf.shape, sourceLocation: sourceLocation)
            for element in 0..<leaf.count {
                func moved(by step: Double) -> Double {
                    var values = leaf.scalars
                    values[element] += step
                    var inputs = leaves
                    inputs[place] = Tensor(values, shape: leaf.shape)
                    return noGrad { result(inputs).item() }
                }
                let step = 1e-5
                let difference = (moved(by: step) - moved(by: -step)) / (2 * step)
                #expect(
                    abs(gradient[element] - difference) <= 1e-6 * max(1, abs(difference)),
                    "\(name), \(layout) input \(place), element \(element): \(gradient[element]), expected \(difference)",
                    sourceLocation: sourceLocation)
            }
        }
    }
}

extension Tensor where Scalar: FloatingScalar {
    /// Whether shapes are equal and elements differ by at most `tolerance`, relative to those above 1.
    func isClose(to other: Tensor, tolerance: Scalar = 1e-5) -> Bool {
        shape == other.shape
            && zip(scalars, other.scalars).allSatisfy { a, b in
                a == b || (a.isNaN && b.isNaN) || Swift.abs(a - b) <= tolerance * Swift.max(1, Swift.abs(b))
            }
    }
}
