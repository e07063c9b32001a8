import Lockstep

/// Step 4 in another way: an optimizer updates the parameters.
func optimizers(_ points: Points, _ pictures: Pictures) throws {
    let (x, y, design) = (points.x, points.y, points.design)

    heading("ver1: Linear(1, 1) and SGD")
    var net = Linear(1, 1)
    net.weight.value = Tensor([[10]])
    net.bias?.value = Tensor([-5])
    var optimizer = SGD(net.parameters, lr: 1 / 10)

    // step 1 to 3
    var loss = (y - net(x)).pow(2).mean()
    loss.backward()
    // step 4: before the update the values are old and the gradients there …
    print(net.weight.value.detached())
    show(net.bias?.value.detached())
    show(net.weight.gradient)
    show(net.bias?.gradient)
    optimizer.step()
    optimizer.zeroGrad()
    // … after it the values are new, and the gradients gone. (Older versions of PyTorch set them to 0 instead.)
    print(net.weight.value.detached())
    show(net.bias?.value.detached())
    show(net.weight.gradient)
    show(net.bias?.gradient)

    net = Linear(1, 1)
    net.weight.value = Tensor([[10]])
    net.bias?.value = Tensor([-5])
    optimizer = SGD(net.parameters, lr: 1 / 10)
    try pictures.add(points, "SGD, Linear(1, 1), at the start", ("net(x)", net(x)))
    for _ in 0..<30 {
        loss = (y - net(x)).pow(2).mean()
        loss.backward()
        optimizer.step()
        optimizer.zeroGrad()
    }
    show(net.bias)
    print(net.weight)
    try pictures.add(points, "SGD, Linear(1, 1), after 30 steps", ("net(x)", net(x)))

    heading("ver2: Linear(2, 1, bias: false) and SGD")
    net = Linear(2, 1, bias: false)
    net.weight.value = Tensor([[-5, 10]])
    optimizer = SGD(net.parameters, lr: 1 / 10)
    try pictures.add(points, "SGD, Linear(2, 1), at the start", ("net(design)", net(design)))
    for _ in 0..<30 {
        loss = (y - net(design)).pow(2).mean()
        loss.backward()
        optimizer.step()
        optimizer.zeroGrad()
    }
    print(net.weight)
    try pictures.add(points, "SGD, Linear(2, 1), after 30 steps", ("net(design)", net(design)))

    heading("SGD with momentum, dampening, weight decay, Nesterov")
    compare(SGDRule(lr: 0.1, momentum: 0.9, dampening: 0.5, weightDecay: 0.01))
    compare(SGDRule(lr: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: true))
}

/// Three steps down y = w² from w = 1, by an optimizer and by the rule that the document quotes.
private func compare(_ rule: SGDRule) {
    let parameter = Parameter(Tensor([1]))
    let optimizer = SGD([parameter], rule)
    var (w, b) = (1.0, 0.0)
    for step in 1...3 {
        optimizer.zeroGrad()
        parameter.value.pow(2).sum().backward()
        optimizer.step()

        var g = 2 * w
        g += rule.weightDecay * w
        b = step == 1 ? g : rule.momentum * b + (1 - rule.dampening) * g
        g = rule.nesterov ? g + rule.momentum * b : b
        w -= rule.learningRate * g
        print("step \(step):", parameter.value.detached(), Tensor([Float(w)]))
    }
}
