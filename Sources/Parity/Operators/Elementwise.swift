internal import LockstepTensor

extension Registry {
    /// Element-wise functions.
    static let elementwise: [String: Operator] = [
        "exp": { try $0.tensor(0, "input").exp().result },
        "nn.functional.relu": { try $0.tensor(0, "input").relu().result },
        "sigmoid": { try $0.tensor(0, "input").sigmoid().result },
    ]
}
