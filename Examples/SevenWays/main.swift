// One network, made in seven ways: from arrays and nothing else to modules that decide anew at each step what to compute.
//
// It has one hidden layer with max(x, 0), and learns to give the numbers y for the numbers x, both drawn by chance, by making the sum
// of the squared differences small. One file a way; each prints the step and the loss.
//
//     SevenWays [SEED]
import Foundation
import Lockstep

let text = CommandLine.arguments.dropFirst().first ?? "0"
guard let seed = UInt64(text) else {
    FileHandle.standardError.write(Data("error: SEED is '\(text)', expected a whole number from 0\n".utf8))
    exit(1)
}

let ways: [(title: String, run: () -> Void)] = [
    ("1. Arrays", arrays),
    ("2. Tensors", tensors),
    ("3. Autograd", autograd),
    ("4. Layers", layers),
    ("5. Optimizers", { optimizers(seed: seed) }),
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
