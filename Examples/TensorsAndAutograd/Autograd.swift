import Lockstep

/// Autograd: operations on what requires a gradient are remembered, and backward goes back through them.
func autograd() {
    heading("Autograd")

    var w = Tensor<Float>(1).requiringGrad()
    var y = w * 2
    print(y)

    // dy/dw. Before backward there is no gradient, so it is optional.
    y.backward()
    if let gradient = w.gradient { print(gradient) }

    // y = 3w² + 2w at 1: dy/dw = 6w + 2.
    w = Tensor(1).requiringGrad()
    y = 3 * w.pow(2) + 2 * w
    y.backward()
    if let gradient = w.gradient { print(gradient) }
}

/// Regression with nothing but gradients: each step moves w a little against its gradient.
func fittingByHand() {
    heading("y = 2x, by hand")

    let x = Tensor<Float>.arange(10)
    var y = 2 * x + .normal([10], mean: 0, standardDeviation: 0.3)
    print(x, y)

    var w = Tensor<Float>.rand([1]).requiringGrad()
    print(w)
    for _ in 0..<100 {
        let output = x * w
        let loss = (y - output).pow(2).mean()
        print(short(w.item()))
        loss.backward()
        descend(&w, by: 0.01)
    }

    heading("y = 7x + 3, by hand")
    y = 7 * x + 3 + .normal([10], mean: 0, standardDeviation: 0.3)
    print(x, y)
    fit(x, y, steps: 1000)

    heading("Exercise: y = 2x + 3")
    y = 2 * x + 3 + .normal([10], mean: 0, standardDeviation: 0.3)
    fit(x, y, steps: 1000)
}

/// Finds w and b of the line wx + b that is nearest to some points.
private func fit(_ x: Tensor<Float>, _ y: Tensor<Float>, steps: Int) {
    var w = Tensor<Float>.rand([1]).requiringGrad()
    var b = Tensor<Float>.rand([1]).requiringGrad()
    for step in 0..<steps {
        let output = w * x + b
        let loss = (y - output).pow(2).mean()
        loss.backward()
        descend(&w, by: 0.01)
        descend(&b, by: 0.01)
        if step % 100 == 0 || step == steps - 1 {
            print("w:\(short(w.item())) b:\(short(b.item())) d:\(short(loss.item()))")
        }
    }
}

/// One step of gradient descent: w ← w − rate · dloss/dw, and the gradient starts anew.
private func descend(_ w: inout Tensor<Float>, by rate: Float) {
    guard let gradient = w.gradient else { return }
    // The update itself is not to be remembered, let alone differentiated.
    noGrad { w -= rate * gradient }
    w.gradient = nil
}
