import Lockstep

/// Appendix: what net.parameters is.
func parameters(_ points: Points, _ pictures: Pictures) throws {
    let (x, y, design) = (points.x, points.y, points.design)

    heading("Appendix: net.parameters")
    let net = Linear(1, 1)
    print(net.weight)
    show(net.bias)

    // An array, so it can be gone through. Python's StopIteration is nil here.
    var iterator = net.parameters.makeIterator()
    show(iterator.next())
    show(iterator.next())
    show(iterator.next())

    // So this is the same optimizer twice: the parameters of a net, or a list of parameters.
    _ = SGD(net.parameters, lr: 1 / 10)
    _ = SGD([net.weight, net.bias].compactMap { $0 }, lr: 1 / 10)

    heading("Application 1: a matrix of weights")
    let weights = Parameter(Tensor([[-5], [10]]))
    var optimizer = SGD([weights], lr: 1 / 10)
    try pictures.add(points, "a matrix of weights, at the start", ("design @ weights", design.matmul(weights.value)))
    for _ in 0..<30 {
        let yhat = design.matmul(weights.value)
        let loss = (y - yhat).pow(2).mean()
        loss.backward()
        optimizer.step()
        optimizer.zeroGrad()
    }
    print(weights.value)
    try pictures.add(points, "a matrix of weights, after 30 steps", ("design @ weights", design.matmul(weights.value)))

    heading("Application 2: two numbers")
    let b = Parameter(Tensor(-5))
    let w = Parameter(Tensor(10))
    optimizer = SGD([b, w], lr: 1 / 10)
    try pictures.add(points, "two numbers, at the start", ("w * x + b", w.value * x + b.value))
    for _ in 0..<30 {
        let yhat = b.value + w.value * x
        let loss = (y - yhat).pow(2).mean()
        loss.backward()
        optimizer.step()
        optimizer.zeroGrad()
    }
    print(b.value, w.value)
    try pictures.add(points, "two numbers, after 30 steps", ("w * x + b", w.value * x + b.value))
}
