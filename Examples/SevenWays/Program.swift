import ArgumentParser
import Lockstep

/// One network, made in seven ways, from arrays and nothing else to modules that decide anew at each step what to compute. One file a
/// way, in this order.
///
/// It has one hidden layer with max(x, 0), and learns to give the numbers y for the numbers x, both drawn by chance, by making the sum
/// of the squared differences small.
@main
struct Program: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "SevenWays",
        abstract: "One network, made in seven ways, from arrays to modules; each prints the step and the loss.")

    @Option(help: "What is drawn by chance is the same for the same seed, and the same as in PyTorch.")
    var seed: UInt64 = 0

    mutating func run() {
        way("1. Arrays", arrays)
        way("2. Tensors", tensors)
        way("3. Autograd", autograd)
        way("4. Layers", layers)
        way("5. Optimizers: Adam") { optimizer { Adam($0, lr: 1e-4) } }
        // The others are used alike, each with a learning rate that suits it.
        way("SGD") { optimizer { SGD($0, lr: 1e-4) } }
        way("AdaGrad") { optimizer { Adagrad($0, lr: 1e-2) } }
        way("RMSProp") { optimizer { RMSprop($0, lr: 1e-4) } }
        way("6. A module of one's own", ownModule)
        way("7. Control flow and shared weights", dynamicGraph)
    }

    private func way(_ title: String, _ run: () -> Void) {
        print("\(title)")
        manualSeed(seed)
        run()
        print()
    }
}
