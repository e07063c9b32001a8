import Lockstep

/// Arrays of Float64, as NumPy's are: forward and backward are written out, and nothing is followed or recorded.
func arrays() {
    // Samples, numbers in a sample, hidden numbers, numbers that come out.
    let (n, dIn, h, dOut) = (64, 1000, 100, 10)

    // Data, drawn by chance.
    let x = Tensor<Double>.randn([n, dIn])
    let y = Tensor<Double>.randn([n, dOut])

    // First weights, drawn by chance.
    var w1 = Tensor<Double>.randn([dIn, h])
    var w2 = Tensor<Double>.randn([h, dOut])

    let learningRate = 1e-6
    for t in 0..<500 {
        // Forward: the prediction.
        let hidden = x.matmul(w1)
        let hiddenRelu = maximum(hidden, Tensor(0))
        let prediction = hiddenRelu.matmul(w2)

        let loss = (prediction - y).square().sum().item()
        print(t, loss)

        // Backward: the gradients of the loss with respect to w2 and w1.
        let gradPrediction = 2 * (prediction - y)
        let gradW2 = hiddenRelu.t.matmul(gradPrediction)
        let gradHiddenRelu = gradPrediction.matmul(w2.t)
        var gradHidden = gradHiddenRelu.clone()
        gradHidden[hidden .< 0] = 0
        let gradW1 = x.t.matmul(gradHidden)

        // The update.
        w1 -= learningRate * gradW1
        w2 -= learningRate * gradW2
    }
}
