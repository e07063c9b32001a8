import LockstepNN
import LockstepOptim
import LockstepTensor

/// A training step to measure, on random data that is in memory.
struct Workload: Sendable {
    let name: String
    /// The samples of one step.
    let samples: Int
    /// Makes model and data; what it returns does one step: forward, loss, backward, update.
    let prepare: @Sendable () -> () -> Void

    /// Every workload, in the order in which they run.
    static let all = [
        Workload(name: "seed_two_layer_autograd", samples: 64) { twoLayersByHand() },
        Workload(name: "seed_two_layer_adam", samples: 64) {
            let model = mlp(1000, 100, 10)
            return training(
                model, Adam(model.flattened(), lr: 1e-4), MSELoss(reduction: .sum), .randn([64, 1000]),
                .randn([64, 10]))
        },
        Workload(name: "seed_linear_regression", samples: 100) {
            let model = Linear(1, 1)
            return training(
                model, SGD(model.flattened(), lr: 0.1), MSELoss(), .randn([100, 1]), .randn([100, 1]))
        },
        Workload(name: "seed_mlp_784_64_10_b64", samples: 64) {
            let model = mlp(784, 64, 10)
            return training(model, SGD(model.flattened(), lr: 0.1), .randn([64, 784]))
        },
        Workload(name: "mlp_784_512_512_10_b128_adam", samples: 128) {
            let model = mlp(784, 512, 512, 10)
            return training(model, Adam(model.flattened(), lr: 1e-3), .randn([128, 784]))
        },
        Workload(name: "mlp_1024x4_b512_adam", samples: 512) {
            let model = mlp(1024, 1024, 1024, 1024, 10)
            return training(model, Adam(model.flattened(), lr: 1e-3), .randn([512, 1024]))
        },
        Workload(name: "cnn_mnist_b64_sgdm", samples: 64) {
            let model = ConvolutionalNet()
            return training(model, SGD(model.flattened(), lr: 0.01, momentum: 0.9), .randn([64, 1, 28, 28]))
        },
        Workload(name: "lstm_28x28_h128_b64_adam", samples: 64) {
            let model = RecurrentNet()
            return training(model, Adam(model.flattened(), lr: 1e-3), .randn([64, 28, 28]))
        },
        Workload(name: "gpt_4l_d128_t64_b12_adamw", samples: 12) {
            let model = Transformer()
            let optimizer = AdamW(model.flattened(), lr: 1e-3)
            let loss = CrossEntropyLoss()
            let tokens = Tensor<Int64>.randint(0..<65, [12, 64])
            let next = Tensor<Int64>.randint(0..<65, [12 * 64])
            return {
                optimizer.zeroGrad()
                loss(model(tokens), next).backward()
                optimizer.step()
            }
        },
    ]
}

/// Two layers whose weights are tensors, updated by hand.
private func twoLayersByHand() -> () -> Void {
    let (x, y) = (Tensor<Float>.randn([64, 1000]), Tensor<Float>.randn([64, 10]))
    var w1 = Tensor<Float>.randn([1000, 100]).requiringGrad()
    var w2 = Tensor<Float>.randn([100, 10]).requiringGrad()
    return {
        let loss = (x.mm(w1).clamp(min: 0).mm(w2) - y).pow(2).sum()
        loss.backward()
        noGrad {
            w1 -= 1e-6 * w1.gradient!
            w2 -= 1e-6 * w2.gradient!
            w1.gradient!.fill(0)
            w2.gradient!.fill(0)
        }
    }
}

/// Steps of a model that is to come near to given numbers.
private func training(
    _ model: some Layer, _ optimizer: some Optimizer, _ loss: MSELoss, _ inputs: Tensor<Float>, _ targets: Tensor<Float>
) -> () -> Void {
    {
        optimizer.zeroGrad()
        loss(model(inputs), targets).backward()
        optimizer.step()
    }
}

/// Steps of a model that is to tell ten classes apart.
private func training(_ model: some Layer, _ optimizer: some Optimizer, _ inputs: Tensor<Float>) -> () -> Void {
    let loss = CrossEntropyLoss()
    let classes = Tensor<Int64>.randint(0..<10, [inputs.shape[0]])
    return {
        optimizer.zeroGrad()
        loss(model(inputs), classes).backward()
        optimizer.step()
    }
}
