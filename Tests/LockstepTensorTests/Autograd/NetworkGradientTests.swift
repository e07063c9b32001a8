import LockstepTensor
import Testing

/// Gradients of what networks are made of, against central differences, for every layout of the inputs.
@Suite struct NetworkGradientTests {
    /// The layouts in which no two elements are one, for operators that pick the largest.
    static let distinct = InputLayout.all.filter { $0.description != "broadcast" }

    @Test func convolutions() {
        checkGradients(of: "conv2d", shapes: [[2, 4, 5, 4], [6, 2, 3, 2], [6]]) {
            conv2d(
                $0[0], $0[1], $0[2], stride: Size2D(2, 1), padding: .by(Size2D(1, 2)), dilation: Size2D(1, 2),
                groups: 2)
        }
        checkGradients(of: "conv2d, one image", shapes: [[3, 4, 4], [2, 3, 1, 1]]) { conv2d($0[0], $0[1]) }
        checkGradients(of: "conv1d", shapes: [[2, 3, 6], [2, 3, 4], [2]]) {
            conv1d($0[0], $0[1], $0[2], padding: .same)
        }
        checkGradients(of: "convTranspose2d", shapes: [[2, 4, 2, 3], [4, 3, 3, 2], [6]]) {
            convTranspose2d(
                $0[0], $0[1], $0[2], stride: 2, padding: Size2D(1, 0), outputPadding: 1, groups: 2,
                dilation: Size2D(1, 2))
        }
    }

    @Test func pools() {
        checkGradients(of: "maxPool2d", shapes: [[2, 2, 5, 6]], layouts: Self.distinct) {
            maxPool2d($0[0], kernel: Size2D(3, 2), stride: 2, padding: 1, ceil: true)
        }
        checkGradients(of: "maxPool1d", shapes: [[2, 9]], layouts: Self.distinct) {
            maxPool1d($0[0], kernel: 2, stride: 2, padding: 1, dilation: 3)
        }
        checkGradients(of: "adaptiveMaxPool2d", shapes: [[2, 5, 6]], layouts: Self.distinct) {
            adaptiveMaxPool2d($0[0], height: 3, width: nil)
        }
        checkGradients(of: "avgPool2d", shapes: [[2, 2, 5, 6]]) {
            avgPool2d($0[0], kernel: 3, stride: 2, padding: 1, ceil: true, countsPadding: false)
        }
        checkGradients(of: "avgPool2d, divisor", shapes: [[2, 5, 6]]) { avgPool2d($0[0], kernel: 2, divisor: 3) }
        checkGradients(of: "avgPool1d", shapes: [[2, 2, 7]]) { avgPool1d($0[0], kernel: 3, stride: 2, padding: 1) }
        checkGradients(of: "adaptiveAvgPool2d", shapes: [[2, 5, 6]]) {
            adaptiveAvgPool2d($0[0], height: 3, width: 4)
        }
    }

    @Test func normalizations() {
        checkGradients(of: "layerNorm", shapes: [[3, 2, 5], [2, 5], [2, 5]]) {
            layerNorm($0[0], shape: [2, 5], weight: $0[1], bias: $0[2], eps: 0.1)
        }
        checkGradients(of: "rmsNorm", shapes: [[3, 5], [5]]) { rmsNorm($0[0], shape: [5], weight: $0[1], eps: 0.1) }
        checkGradients(of: "groupNorm", shapes: [[2, 4, 3], [4], [4]]) {
            groupNorm($0[0], groups: 2, weight: $0[1], bias: $0[2], eps: 0.1)
        }
        checkGradients(of: "batchNorm", shapes: [[4, 3, 2], [3], [3]]) {
            batchNorm($0[0], weight: $0[1], bias: $0[2], eps: 0.1).output
        }
        checkGradients(of: "batchNorm, given", shapes: [[4, 3], [3], [3]]) {
            batchNorm(
                $0[0], mean: Tensor([0.1, 0.2, 0.3]), variance: Tensor([1, 2, 3]), weight: $0[1], bias: $0[2])
        }
    }

    @Test func losses() {
        for reduction in [Reduction.none, .mean, .sum, .batchMean] {
            checkGradients(of: "l1Loss", shapes: [[3, 4], [3, 4]]) { l1Loss($0[0], $0[1], reduction: reduction) }
            checkGradients(of: "huberLoss", shapes: [[3, 4], [3, 4]]) {
                huberLoss($0[0], $0[1], delta: 0.7, reduction: reduction)
            }
            checkGradients(of: "klDivergence", shapes: [[3, 4], [3, 4]], in: 0.2...2) {
                klDivergence($0[0], $0[1], reduction: reduction)
            }
            checkGradients(of: "binaryCrossEntropy", shapes: [[3, 4], [3, 4]], in: 0.1...0.9) {
                binaryCrossEntropy($0[0], $0[1], weight: Tensor([1, 2, 3, 4]), reduction: reduction)
            }
            checkGradients(of: "binaryCrossEntropyWithLogits", shapes: [[3, 4], [3, 4]]) {
                binaryCrossEntropyWithLogits($0[0], $0[1], positiveWeight: Tensor([1, 2, 3, 4]), reduction: reduction)
            }
            let targets = Tensor<Int64>([1, -100, 0, 2, 1, 1], shape: [3, 2])
            let weight = Tensor<Double>([0.5, 1, 2])
            checkGradients(of: "crossEntropy", shapes: [[3, 3, 2]]) {
                crossEntropy($0[0], targets: targets, weight: weight, reduction: reduction, labelSmoothing: 0.3)
            }
            checkGradients(of: "crossEntropy, probabilities", shapes: [[3, 4], [3, 4]]) {
                crossEntropy($0[0], probabilities: $0[1], reduction: reduction, labelSmoothing: 0.3)
            }
            checkGradients(of: "nllLoss", shapes: [[3, 3, 2]]) {
                nllLoss($0[0], targets: targets, weight: weight, reduction: reduction)
            }
        }
        checkGradients(of: "smoothL1Loss", shapes: [[3, 4], [4]]) { smoothL1Loss($0[0], $0[1], beta: 0.5) }
    }

    @Test func lookUpsAndSimilarities() {
        let indices = Tensor<Int64>([0, 2, 2, 4], shape: [2, 2])
        checkGradients(of: "embedding", shapes: [[5, 3]]) { embedding(indices, $0[0]) }
        checkGradients(of: "padded", shapes: [[2, 3, 4]]) { $0[0].padded([1, -1, -2, 3], value: 7) }
        checkGradients(of: "normalized", shapes: [[3, 4]]) { $0[0].normalized(axis: -1) }
        checkGradients(of: "normalized, p = 3", shapes: [[3, 4]]) { $0[0].normalized(p: 3, axis: 0) }
        checkGradients(of: "cosineSimilarity", shapes: [[3, 4], [4]]) { cosineSimilarity($0[0], $0[1]) }
        checkGradients(of: "bilinear", shapes: [[2, 3], [2, 4], [5, 3, 4], [5]]) {
            bilinear($0[0], $0[1], $0[2], $0[3])
        }
    }

    @Test func attention() {
        checkGradients(of: "causal", shapes: [[2, 3, 4], [2, 5, 4], [2, 5, 2]]) {
            scaledDotProductAttention($0[0], $0[1], $0[2], isCausal: true)
        }
        // The second query may look at nothing.
        let mask = Tensor([true, false, true, false, false, false], shape: [2, 3])
        checkGradients(of: "masked", shapes: [[4, 2, 4], [2, 3, 4], [2, 3, 4]]) {
            scaledDotProductAttention($0[0], $0[1], $0[2], mask: .allowing(mask), groupsHeads: true)
        }
        checkGradients(of: "added mask", shapes: [[2, 4], [3, 4], [3, 4], [2, 3]]) {
            scaledDotProductAttention($0[0], $0[1], $0[2], mask: .adding($0[3]), scale: 0.3)
        }
    }

    @Test(arguments: [RecurrentCell.tanh, .relu, .lstm, .gru], [false, true])
    func recurrences(cell: RecurrentCell, reversed: Bool) {
        let rows = cell.gates * 3
        let shapes = [[4, 2, 2], [2, 3], [2, 3], [rows, 2], [rows, 3], [rows], [rows]]
        checkGradients(of: "\(cell)", shapes: shapes) { x in
            let (output, hidden, state) = recurrence(
                cell, x[0], hidden: x[1], cellState: x[2], inputWeight: x[3], hiddenWeight: x[4], inputBias: x[5],
                hiddenBias: x[6], reversed: reversed)
            return concatenated([output.flattened(), hidden.flattened()] + (state.map { [$0.flattened()] } ?? []))
        }
    }
}
