import Lockstep

/// A network that is no row of layers: one layer is used again and again, and the input skips past all of them.
///
/// There is no graph to declare. It is made while operators run, so loops and branches are Swift's.
private final class Looping: Module {
    let input = Linear(4, 8)
    let looped = Linear(8, 8)
    let output = Linear(8 + 4, 2)

    func callAsFunction(_ x: Tensor<Float>, times: Int) -> Tensor<Float> {
        var hidden = input(x).relu()
        for _ in 0..<times {
            // What goes in is added to what comes out.
            hidden = hidden + looped(hidden).relu()
        }
        return output(concatenated([hidden, x], axis: 1))
    }
}

func dynamicGraphs() {
    heading("Dynamic graphs")
    let net = Looping()
    let x = Tensor<Float>.randn([3, 4])
    for times in 0...2 {
        net.zeroGrad()
        let y = net(x, times: times)
        y.sum().backward()
        // A layer that was not used has no gradient.
        print(times, "times:", y.shape, "gradient of the looped layer:", net.looped.weight.gradient?.shape ?? "none")
    }
}
