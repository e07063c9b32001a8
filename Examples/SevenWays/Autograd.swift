import Lockstep

/// Autograd: forward records a graph, tensors its nodes and operators its edges, and backward goes back through it.
func autograd() {
    let (n, dIn, h, dOut) = (64, 1000, 100, 10)

    // No gradients of the data are wanted, which is the default.
    let x = Tensor<Float>.randn([n, dIn])
    let y = Tensor<Float>.randn([n, dOut])

    // Gradients of the weights are.
    var w1 = Tensor<Float>.randn([dIn, h]).requiringGrad()
    var w2 = Tensor<Float>.randn([h, dOut]).requiringGrad()

    let learningRate: Float = 1e-6
    for t in 0..<500 {
        // The same operators as before, but nothing in between has to be kept: there is no backward to write.
        let prediction = x.mm(w1).clamp(min: 0).mm(w2)

        // The loss is a tensor without axes; `item()` is its number.
        let loss = (prediction - y).pow(2).sum()
        if t % 100 == 99 { print(t, Double(loss.item())) }

        // The gradients of the loss with respect to all that wants one: `w1.gradient` and `w2.gradient`.
        loss.backward()

        // The update itself is not to be recorded.
        noGrad {
            w1 -= learningRate * w1.gradient!
            w2 -= learningRate * w2.gradient!
        }
        // Backward adds to gradients, so they start anew.
        w1.gradient = nil
        w2.gradient = nil
    }
}
