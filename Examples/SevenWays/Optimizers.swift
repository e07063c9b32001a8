import Lockstep

/// Optimizers: who updates the parameters, by a rule that may be cleverer than gradient descent.
func optimizers(seed: UInt64) {
    train(with: "Adam") { Adam($0, lr: 1e-4) }
    // The others are used alike, each with a learning rate that suits it.
    manualSeed(seed)
    train(with: "SGD") { SGD($0, lr: 1e-4) }
    manualSeed(seed)
    train(with: "AdaGrad") { Adagrad($0, lr: 1e-2) }
    manualSeed(seed)
    train(with: "RMSProp") { RMSprop($0, lr: 1e-4) }
}

/// Trains the model of layers with the optimizer that `makeOptimizer` makes for its parameters.
private func train(with name: String, _ makeOptimizer: ([Parameter]) -> any Optimizer) {
    print(name)
    let (n, dIn, h, dOut) = (64, 1000, 100, 10)

    let x = Tensor<Float>.randn([n, dIn])
    let y = Tensor<Float>.randn([n, dOut])

    let model = Sequential(
        Linear(dIn, h),
        ReLU(),
        Linear(h, dOut))
    let lossFunction = MSELoss(reduction: .sum)

    // It is told which parameters it is to update.
    let optimizer = makeOptimizer(model.parameters)

    for t in 0..<500 {
        let prediction = model(x)

        let loss = lossFunction(prediction, y)
        if t % 100 == 99 { print(t, Double(loss.item())) }

        // The gradients of the last step are dropped, as backward would add to them.
        optimizer.zeroGrad()

        loss.backward()

        // The update of all parameters.
        optimizer.step()
    }
}
