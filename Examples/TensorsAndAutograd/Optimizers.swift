import Lockstep

/// Optimizer: forgets gradients and does the updates, for as many parameters as there are.
func optimizers() {
    heading("Optimizer: a loss that has no least value")

    let x = Tensor<Float>.arange(10)
    var y = 2 * x + .normal([10], mean: 0, standardDeviation: 0.3)
    // What an optimizer changes is a parameter: a tensor that layers and optimizers share.
    var w = Parameter(.rand([1]))
    var optimizer = SGD([w], lr: 0.01)

    // Without the square, the loss can always be made smaller: w grows and grows, and the loss goes to minus infinity.
    for _ in 0..<100 {
        let loss = (y - w.value * x).mean()
        optimizer.zeroGrad()
        loss.backward()
        optimizer.step()
        print("w:\(short(w.value.item())) err:\(short(loss.item()))")
    }

    heading("Optimizer: with the square")
    let loss = (y - w.value * x).pow(2).mean()
    optimizer.zeroGrad()
    loss.backward()
    optimizer.step()
    print("w:\(short(w.value.item())) err:\(short(loss.item()))")

    heading("Exercise: until the loss is 0.01")
    y = 2 * x + 4 + .normal([10], mean: 0, standardDeviation: 0.1)
    w = Parameter(.rand([1]))
    var b = Parameter(.rand([1]))
    optimizer = SGD([w, b], lr: 0.01)
    fit(x, y, w, b, optimizer, until: 0.01)

    heading("Exercise: y = 4x - 3")
    y = 4 * x - 3 + .normal([10], mean: 0, standardDeviation: 0.3)
    w = Parameter(.rand([1]))
    b = Parameter(.rand([1]))
    optimizer = SGD([w, b], lr: 0.01)
    fit(x, y, w, b, optimizer, until: 0)
}

/// Trains for 10 000 steps, or until the loss is small enough.
private func fit(
    _ x: Tensor<Float>, _ y: Tensor<Float>, _ w: Parameter, _ b: Parameter, _ optimizer: SGD, until enough: Float
) {
    var (step, error) = (0, Float.infinity)
    while step < 10_000 {
        let loss = (y - (w.value * x + b.value)).pow(2).mean()
        optimizer.zeroGrad()
        loss.backward()
        optimizer.step()
        error = loss.item()
        if error <= enough { break }
        step += 1
    }
    print("\(step)step : w:\(short(w.value.item())), b:\(short(b.value.item())), err:\(short(error))")
    print("final step: \(step)")
}
