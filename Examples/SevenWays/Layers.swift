import Lockstep

/// Layers: modules that hold their weights, in a sequence.
func layers() {
    let (n, dIn, h, dOut) = (64, 1000, 100, 10)

    let x = Tensor<Float>.randn([n, dIn])
    let y = Tensor<Float>.randn([n, dOut])

    // Each layer is applied to what the one before it gives. `Linear` computes a linear function and holds weight and bias.
    let model = Sequential(
        Linear(dIn, h),
        ReLU(),
        Linear(h, dOut))

    // The sum of the squared differences.
    let lossFunction = MSELoss(reduction: .sum)

    let learningRate: Float = 1e-4
    for t in 0..<500 {
        // A module is called like a function.
        let prediction = model(x)

        let loss = lossFunction(prediction, y)
        if t % 100 == 99 { print(t, Double(loss.item())) }

        // The gradients of the last step are dropped before backward adds to them.
        model.zeroGrad()

        // The gradients of all parameters of the model.
        loss.backward()

        // Gradient descent.
        noGrad {
            for parameter in model.parameters { parameter.value -= learningRate * parameter.gradient! }
        }
    }
}
