import Lockstep

/// Step 1 in another way, to the end: a layer's parameters, changed by hand.
func wholeNets(_ points: Points, _ pictures: Pictures) throws {
    let (x, y, design) = (points.x, points.y, points.design)

    heading("ver1: Linear(1, 1), to the end")
    var net = Linear(1, 1)
    net.weight.value = Tensor([[10]])
    net.bias?.value = Tensor([-5])
    print(net.weight)
    show(net.bias)

    // step 1
    var yhat = net(x)
    try pictures.add(points, "Linear(1, 1) from -5 and 10", ("net(x)", yhat), ("-5 + 10x", -5 + 10 * x))
    // step 2
    var loss = (y - yhat).pow(2).mean()
    // step 3: before backward there are no gradients, after it there are.
    show(net.bias?.gradient)
    show(net.weight.gradient)
    loss.backward()
    show(net.bias?.gradient)
    show(net.weight.gradient)
    // step 4: before the update, and after it.
    show(net.bias)
    print(net.weight)
    update(net.parameters)
    show(net.bias)
    print(net.weight)
    show(net.bias?.gradient)
    show(net.weight.gradient)

    net = Linear(1, 1)
    net.weight.value = Tensor([[10]])
    net.bias?.value = Tensor([-5])
    for _ in 0..<30 {
        yhat = net(x)
        loss = (y - yhat).pow(2).mean()
        loss.backward()
        update(net.parameters)
    }
    show(net.bias)
    print(net.weight)
    try pictures.add(points, "Linear(1, 1) after 30 steps", ("net(x)", net(x)))

    heading("ver2: Linear(2, 1, bias: false), to the end")
    net = Linear(2, 1, bias: false)
    net.weight.value = Tensor([[-5, 10]])
    yhat = net(design)
    loss = (y - yhat).pow(2).mean()
    print(net.weight)
    show(net.weight.gradient)
    loss.backward()
    show(net.weight.gradient)
    update(net.parameters)
    print(net.weight)
    show(net.weight.gradient)

    net = Linear(2, 1, bias: false)
    net.weight.value = Tensor([[-5, 10]])
    try pictures.add(points, "Linear(2, 1) from -5 and 10", ("net(design)", net(design)))
    for _ in 0..<30 {
        yhat = net(design)
        loss = (y - yhat).pow(2).mean()
        loss.backward()
        update(net.parameters)
    }
    print(net.weight)
    try pictures.add(points, "Linear(2, 1) after 30 steps", ("net(design)", net(design)))
}

/// What PyTorch's `p.data = p.data - 0.1 * p.grad` and `p.grad = None` do, for each parameter.
private func update(_ parameters: [Parameter]) {
    for parameter in parameters {
        guard let gradient = parameter.gradient else { continue }
        noGrad { parameter.value -= 0.1 * gradient }
        parameter.gradient = nil
    }
}
