import Lockstep

/// The graph is made as operators run, so a model may use loops and conditions, and a layer as often as it likes: all uses share its
/// weights.
private final class DynamicNet: Module, Layer {
    let inputLinear: Linear
    let middleLinear: Linear
    let outputLinear: Linear

    init(_ dIn: Int, _ h: Int, _ dOut: Int) {
        inputLinear = Linear(dIn, h)
        middleLinear = Linear(h, h)
        outputLinear = Linear(h, dOut)
    }

    /// Uses the layer in the middle 0 to 3 times, as chance has it.
    func callAsFunction(_ x: Tensor<Float>) -> Tensor<Float> {
        var hiddenRelu = inputLinear(x).clamp(min: 0)
        for _ in 0..<Tensor<Int64>.randint(0..<4, [1]).item() {
            hiddenRelu = middleLinear(hiddenRelu).clamp(min: 0)
        }
        return outputLinear(hiddenRelu)
    }
}

func dynamicGraph() {
    let (n, dIn, h, dOut) = (64, 1000, 100, 10)

    let x = Tensor<Float>.randn([n, dIn])
    let y = Tensor<Float>.randn([n, dOut])

    let model = DynamicNet(dIn, h, dOut)

    // Plain gradient descent hardly trains such a model; with momentum it does.
    let criterion = MSELoss(reduction: .sum)
    let optimizer = SGD(model.parameters, lr: 1e-4, momentum: 0.9)
    for t in 0..<500 {
        let prediction = model(x)

        let loss = criterion(prediction, y)
        if t % 100 == 99 { print(t, Double(loss.item())) }

        // Where the layer in the middle is not used its gradient is zero, and it goes on by its momentum.
        optimizer.zeroGrad()
        loss.backward()
        optimizer.step()
    }
}
