internal import LockstepNN
internal import LockstepTensor

/// What a model's output is judged by: `--loss`.
public enum LossFunction: String, Sendable, CaseIterable {
    /// Softmax cross-entropy of scores with a class; PyTorch's `CrossEntropyLoss`.
    case crossEntropy = "cross-entropy"
    /// Cross-entropy of the sigmoid of each output with a number from 0 to 1; `BCEWithLogitsLoss`.
    case bceWithLogits = "bce-with-logits"
    /// The same by way of the probability, limited to logarithms from −100 on: `BCELoss` behind a `Sigmoid`.
    case bce
    /// The squared difference; `MSELoss`.
    case mse
    /// The absolute difference; `L1Loss`.
    case l1
    /// `SmoothL1Loss` with beta 1.
    case smoothL1 = "smooth-l1"
    /// `HuberLoss` with delta 1.
    case huber

    /// The names, for messages to people.
    public static let names = allCases.map(\.rawValue)

    /// Reads what a user has written. Throws a ``TrainingError`` that lists what there is when it is none of that.
    public init(parsing text: String) throws {
        guard let loss = LossFunction(rawValue: text) else {
            throw TrainingError(
                .invalidSetting,
                "loss '\(text)' is not known; expected one of \(LossFunction.names.joined(separator: ", "))")
        }
        self = loss
    }

    /// Whether the targets are numbers from 0 to 1.
    var takesProbabilities: Bool { self == .bce || self == .bceWithLogits }

    /// The loss of each sample, [n]: the mean over its outputs, of shape [n, k] as the targets.
    ///
    /// With `fromLogits` the output is taken through the sigmoid first, as logistic regression does for every loss that is not about
    /// logits itself. Stops for the cross-entropy, whose targets are classes.
    func losses(_ output: Tensor<Float>, _ targets: Tensor<Float>, fromLogits: Bool) -> Tensor<Float> {
        var prediction: Tensor<Float> { fromLogits ? output.sigmoid() : output }
        let losses =
            switch self {
            case .bceWithLogits: binaryCrossEntropyWithLogits(output, targets, reduction: .none)
            case .bce: binaryCrossEntropy(output.sigmoid(), targets, reduction: .none)
            case .mse: mseLoss(prediction, targets, reduction: .none)
            case .l1: l1Loss(prediction, targets, reduction: .none)
            case .smoothL1: smoothL1Loss(prediction, targets, reduction: .none)
            case .huber: huberLoss(prediction, targets, reduction: .none)
            case .crossEntropy: fatalError("the cross-entropy takes classes")
            }
        return losses.shape[1] == 1 ? losses.reshaped(to: [losses.shape[0]]) : losses.mean(axis: 1)
    }
}
