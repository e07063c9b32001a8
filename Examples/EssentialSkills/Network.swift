import Lockstep

/// Autograd: a network of two layers, whose gradients are not written out but followed back through what was computed.
func network() throws {
    // An accelerator if there is one. There is none, so tensors need not be told where to be.
    let device = Device.isAvailable("cuda") ? try Device("cuda") : .cpu
    print("Device: ", device)

    // Samples that one update is computed from, numbers in a sample, hidden numbers, numbers that come out.
    let (batchSize, inputSize, hiddenSize, outputSize) = (64, 1000, 100, 10)

    // Data, drawn from the normal distribution of mean 0 and standard deviation 1.
    let x = Tensor<Float>.randn([batchSize, inputSize])
    let y = Tensor<Float>.randn([batchSize, outputSize])
    // Parameters, which are to be updated: their gradients are wanted.
    var w1 = Tensor<Float>.randn([inputSize, hiddenSize]).requiringGrad()
    var w2 = Tensor<Float>.randn([hiddenSize, outputSize]).requiringGrad()

    // How far an update follows the gradient.
    let learningRate: Float = 1e-6

    for t in 1...500 {
        // Forward: a product, what is negative cut off, another product.
        let prediction = x.mm(w1).clamp(min: 0).mm(w2)
        let loss = (prediction - y).pow(2).sum()
        if t % 100 == 0 { print("Iteration: ", t, "\t", "Loss: ", Double(loss.item())) }
        // Backward: the gradients of w1 and w2.
        loss.backward()

        // The update itself is not to be followed back through.
        noGrad {
            w1 -= learningRate * w1.gradient!
            w2 -= learningRate * w2.gradient!
        }
        // The next backward would add to these.
        w1.gradient = nil
        w2.gradient = nil
    }
}
