import Lockstep

/// A model that is more than a sequence is a class: its layers are properties, and calling it is what it computes.
private final class TwoLayerNet: Module, Layer {
    let linear1: Linear
    let linear2: Linear

    init(_ dIn: Int, _ h: Int, _ dOut: Int) {
        linear1 = Linear(dIn, h)
        linear2 = Linear(h, dOut)
    }

    /// Layers and operators, in any order.
    func callAsFunction(_ x: Tensor<Float>) -> Tensor<Float> {
        let hiddenRelu = linear1(x).clamp(min: 0)
        return linear2(hiddenRelu)
    }
}

func ownModule() {
    let (n, dIn, h, dOut) = (64, 1000, 100, 10)

    let x = Tensor<Float>.randn([n, dIn])
    let y = Tensor<Float>.randn([n, dOut])

    let model = TwoLayerNet(dIn, h, dOut)

    let criterion = MSELoss(reduction: .sum)
    // The parameters of both layers are found by themselves.
    let optimizer = SGD(model.parameters, lr: 1e-4)
    for t in 0..<500 {
        let prediction = model(x)

        let loss = criterion(prediction, y)
        if t % 100 == 99 { print(t, Double(loss.item())) }

        optimizer.zeroGrad()
        loss.backward()
        optimizer.step()
    }
}
