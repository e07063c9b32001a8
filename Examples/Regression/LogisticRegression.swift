import Lockstep

/// Logistic regression: the larger x is, the likelier is a success.
func logisticRegression(_ pictures: Pictures) throws {
    heading("Logistic regression: motive")
    let trials = (x: Array(-6...6), y: [0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1])
    print("x y")
    for (row, trial) in zip(trials.x, trials.y).enumerated() { print(row, trial.0, trial.1) }
    var plot = Plot(title: "successes", xLabel: "x", yLabel: "y")
    plot.scatter(trials.x, trials.y, label: "trials")
    try pictures.add(plot, "trials")

    // The sigmoid goes from 0 to 1; its slope and its place are to be found.
    func f(_ x: Tensor<Float>) -> Tensor<Float> { x.exp() / (1 + x.exp()) }
    let xs = Tensor<Float>.linspace(-6, 6, steps: 100)
    plot.title = "the sigmoid"
    plot.line(xs, f(xs), label: "f(x)")
    plot.line(xs, f(2.5 * xs - 1.2), label: "f(2.5x - 1.2)")
    try pictures.add(plot, "sigmoid")

    heading("toy example")
    // Each is 0 or 1, as likely as its probability says.
    print(Tensor<Float>.full([100], 0.5).bernoulli())

    let x = Tensor<Float>.linspace(-1, 1, steps: 2000).reshaped(to: [2000, 1])
    let (w0, w1): (Float, Float) = (-1, 5)
    let u = w0 + x * w1
    let v = f(u)  // the probability of a 1
    let y = v.bernoulli()
    print(v)
    print(u)

    /// The outcomes, so many that they must be faint, the truth, and a guess.
    func draw(_ name: String, _ yhat: Tensor<Float>? = nil) throws {
        var plot = Plot(title: name, xLabel: "x", yLabel: "y")
        plot.scatter(x, y, label: "outcomes", size: 0.8, opacity: 0.05)
        plot.line(x, v, label: "probability", style: .dashed)
        if let yhat { plot.line(x, yhat, label: "yhat", style: .dashDotted) }
        try pictures.add(plot, name)
    }
    try draw("outcomes")
    try draw("a guess of 10 and 3", f(10 + 3 * x))

    let layer = Linear(1, 1)
    layer.bias?.value = Tensor([-1])
    layer.weight.value = Tensor([[1]])
    let sigmoid = Sigmoid()
    try draw("a guess of -1 and 3", sigmoid(-1 + 3 * x))

    for _ in 0..<6000 {
        // step 1
        let yhat = sigmoid(layer(x))
        // step 2: not the loss that one should take here; see binaryCrossEntropy
        let loss = (y - yhat).pow(2).mean()
        // step 3
        loss.backward()
        // step 4
        for parameter in layer.parameters {
            guard let gradient = parameter.gradient else { continue }
            noGrad { parameter.value -= 0.1 * gradient }
            parameter.gradient = nil
        }
    }
    show(layer.bias)
    print(layer.weight)
    try draw("after 6000 steps", sigmoid(layer(x)))
}
