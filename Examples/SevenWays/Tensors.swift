import Lockstep

/// Tensors of Float32: the same as with arrays, in the precision that networks are trained in.
func tensors() {
    let (n, dIn, h, dOut) = (64, 1000, 100, 10)

    let x = Tensor<Float>.randn([n, dIn])
    let y = Tensor<Float>.randn([n, dOut])

    var w1 = Tensor<Float>.randn([dIn, h])
    var w2 = Tensor<Float>.randn([h, dOut])

    let learningRate: Float = 1e-6
    for t in 0..<500 {
        // Forward: the prediction.
        let hidden = x.mm(w1)
        let hiddenRelu = hidden.clamp(min: 0)
        let prediction = hiddenRelu.mm(w2)

        let loss = (prediction - y).pow(2).sum().item()
        if t % 100 == 99 { print(t, Double(loss)) }

        // Backward: the gradients of the loss with respect to w2 and w1.
        let gradPrediction = 2 * (prediction - y)
        let gradW2 = hiddenRelu.t.mm(gradPrediction)
        let gradHiddenRelu = gradPrediction.mm(w2.t)
        var gradHidden = gradHiddenRelu.clone()
        gradHidden[hidden .< 0] = 0
        let gradW1 = x.t.mm(gradHidden)

        // Gradient descent.
        w1 -= learningRate * gradW1
        w2 -= learningRate * gradW2
    }
}
