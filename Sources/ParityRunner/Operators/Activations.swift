internal import LockstepTensor

extension Registry {
    /// Activations of `torch.nn.functional`, and softmax.
    static let activations: [String: Operator] = [
        "log_softmax": { try $0.tensor(0, "input").logSoftmax(axis: $0.int(1, "dim") ?? -1).result },
        "nn.functional.elu": { call in try call.tensor(0, "input").elu(alpha: call.float(1, "alpha") ?? 1).result },
        "nn.functional.gelu": { call in
            let approximation: GeluApproximation = try call.text(1, "approximate") == "tanh" ? .tanh : .none
            return try call.tensor(0, "input").gelu(approximate: approximation).result
        },
        "nn.functional.glu": { try $0.tensor(0, "input").glu(axis: $0.int(1, "dim") ?? -1).result },
        "nn.functional.hardsigmoid": function { $0.hardsigmoid() },
        "nn.functional.hardswish": function { $0.hardswish() },
        "nn.functional.hardtanh": { call in
            try call.tensor(0, "input").hardtanh(
                min: call.float(1, "min_val") ?? -1, max: call.float(2, "max_val") ?? 1
            ).result
        },
        "nn.functional.leaky_relu": { call in
            try call.tensor(0, "input").leakyRelu(negativeSlope: call.float(1, "negative_slope") ?? 0.01).result
        },
        "nn.functional.logsigmoid": function { $0.logsigmoid() },
        "nn.functional.mish": function { $0.mish() },
        "nn.functional.prelu": { try $0.tensor(0, "input").prelu($0.tensor(1, "weight")).result },
        "nn.functional.relu": function { $0.relu() },
        "nn.functional.relu6": function { $0.relu6() },
        "nn.functional.selu": function { $0.selu() },
        "nn.functional.silu": function { $0.silu() },
        "nn.functional.softplus": { call in
            try call.tensor(0, "input").softplus(
                beta: call.float(1, "beta") ?? 1, threshold: call.float(2, "threshold") ?? 20
            ).result
        },
        "nn.functional.softsign": function { $0.softsign() },
        "nn.functional.tanhshrink": function { $0.tanhshrink() },
        "nn.functional.threshold": { call in
            try call.tensor(0, "input").threshold(call.float(1, "threshold") ?? 0, value: call.float(2, "value") ?? 0)
                .result
        },
        "softmax": { try $0.tensor(0, "input").softmax(axis: $0.int(1, "dim") ?? -1).result },
    ]
}
