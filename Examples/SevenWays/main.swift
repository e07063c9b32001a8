// One network, made in seven ways: from arrays and nothing else to modules that decide anew at each step what to compute.
//
// It has one hidden layer with max(x, 0), and learns to give the numbers y for the numbers x, both drawn by chance, by making the sum
// of the squared differences small. One file a way; each prints the step and the loss.
//
//     SevenWays [SEED]
import Foundation
import Lockstep

let seed: UInt64 = CommandLine.arguments.dropFirst().first.flatMap { UInt64($0) } ?? 0

let ways: [(title: String, run: () -> Void)] = [
    ("1. Arrays", arrays),
    ("2. Tensors", tensors),
    ("3. Autograd", autograd),
    ("4. Layers", layers),
    ("5. Optimizers", optimizers),
    ("6. A module of one's own", ownModule),
    ("7. Control flow and shared weights", dynamicGraph),
]
for (title, run) in ways {
    print(title)
    // What is drawn by chance is the same in each run, and the same as in PyTorch.
    manualSeed(seed)
    run()
    print()
}
