internal import LockstepTensor

extension Registry {
    /// Losses.
    static let losses: [String: Operator] = [
        "nn.functional.mse_loss": {
            try mseLoss($0.tensor(0, "input"), $0.tensor(1, "target"), reduction: $0.reduction()).result
        },
        "nn.functional.l1_loss": {
            try l1Loss($0.tensor(0, "input"), $0.tensor(1, "target"), reduction: $0.reduction()).result
        },
        "nn.functional.huber_loss": {
            try huberLoss(
                $0.tensor(0, "input"), $0.tensor(1, "target"), delta: $0.float(3, "delta") ?? 1,
                reduction: $0.reduction()
            ).result
        },
        "nn.functional.smooth_l1_loss": {
            try smoothL1Loss(
                $0.tensor(0, "input"), $0.tensor(1, "target"), beta: $0.float(5, "beta") ?? 1,
                reduction: $0.reduction()
            ).result
        },
        "nn.functional.kl_div": {
            try klDivergence(
                $0.tensor(0, "input"), $0.tensor(1, "target"), reduction: $0.reduction(),
                logTarget: $0.bool(5, "log_target") ?? false
            ).result
        },
        "nn.functional.binary_cross_entropy": {
            try binaryCrossEntropy(
                $0.tensor(0, "input"), $0.tensor(1, "target"), weight: $0.tensorIfGiven(2, "weight"),
                reduction: $0.reduction()
            ).result
        },
        "nn.functional.binary_cross_entropy_with_logits": {
            try binaryCrossEntropyWithLogits(
                $0.tensor(0, "input"), $0.tensor(1, "target"), weight: $0.tensorIfGiven(2, "weight"),
                positiveWeight: $0.tensorIfGiven(6, "pos_weight"), reduction: $0.reduction()
            ).result
        },
        "nn.functional.nll_loss": {
            try nllLoss(
                $0.tensor(0, "input"), targets: $0.indices(1, "target"), weight: $0.tensorIfGiven(2, "weight"),
                ignoreIndex: Int64($0.int(4, "ignore_index") ?? -100), reduction: $0.reduction()
            ).result
        },
        "nn.functional.cross_entropy": { call in
            let logits = try call.tensor(0, "input")
            let weight = try call.tensorIfGiven(2, "weight")
            let smoothing = try call.float(7, "label_smoothing") ?? 0
            if case .int64(let targets) = try call.anyTensor(1, "target") {
                return try crossEntropy(
                    logits, targets: targets, weight: weight, ignoreIndex: Int64(call.int(4, "ignore_index") ?? -100),
                    reduction: call.reduction(), labelSmoothing: smoothing
                ).result
            }
            return try crossEntropy(
                logits, probabilities: call.tensor(1, "target"), weight: weight, reduction: call.reduction(),
                labelSmoothing: smoothing
            ).result
        },
    ]
}

extension Call {
    fileprivate func reduction() throws -> Reduction {
        switch try text(99, "reduction") {
        case nil, "mean"?: .mean
        case "sum"?: .sum
        case "none"?: .none
        case "batchmean"?: .batchMean
        case let other?: throw ParityError("unknown reduction \(other)")
        }
    }
}
