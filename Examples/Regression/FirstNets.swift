import Lockstep

/// Step 1 in another way: a layer computes yhat.
func firstNets(_ points: Points, _ pictures: Pictures) throws {
    let (x, design) = (points.x, points.design)

    heading("ver1: net = Linear(1, 1)")
    // As many inputs as x has columns, as many outputs as y has.
    print(Linear(1, 1)(x).shape)

    // With PyTorch's seed a layer has PyTorch's weights.
    manualSeed(43052)
    var net = Linear(1, 1)
    show(net.bias)  // w0
    print(net.weight)  // w1
    try pictures.add(
        points, "Linear(1, 1)", ("net(x)", net(x)), ("-0.8470 - 0.3467x", -0.8470 + -0.3467 * x))

    heading("ver2: net = Linear(2, 1, bias: false)")
    // The design matrix has a column of ones, whose weight is the bias. Linear(1, 1) would stop here: there are two columns.
    manualSeed(43052)
    net = Linear(2, 1, bias: false)
    print(net(design).shape)
    print(net.weight)  // w0, w1
    show(net.bias)
    try pictures.add(
        points, "Linear(2, 1) without bias", ("net(design)", net(design)),
        ("by hand", design.matmul(Tensor([[-0.2451], [-0.5989]]))))

    heading("wrong use 1: a vector for a column")
    // A layer takes the last axis as its inputs, and a vector of 100 is not one input a hundred times.
    let vector = x.reshaped(to: [-1])
    print(vector)
    print(Linear(1, 1)(vector.reshaped(to: [100, 1])).shape)

    heading("wrong use 2: two biases")
    // The column of ones has a weight, and there is a bias beside it.
    manualSeed(43052)
    net = Linear(2, 1)
    print(net.weight)
    show(net.bias)
    try pictures.add(
        points, "Linear(2, 1) with bias", ("net(design)", net(design)),
        ("by hand", design.matmul(Tensor([[-0.2451], [-0.5989]])) + 0.2549))
}

/// The mistakes with layers; each stops the program.
func nets(_ points: Points, _ mistake: Mistake) {
    let net = Linear(1, 1)
    switch mistake {
    case .tooManyColumns: print(net(points.design))
    case .noColumn: print(net(points.x.reshaped(to: [-1])))
    default: break
    }
}
