import Lockstep

/// An optimizer: who updates the parameters, by a rule that may be cleverer than gradient descent.
func optimizer(_ makeOptimizer: ([Parameter]) -> any Optimizer) {
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
