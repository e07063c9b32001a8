// The first steps with PyTorch, taken in Swift: tensors, autograd, optimizers. One file a chapter, in this order.
//
//     TensorsAndAutograd [FOLDER]
//
// FOLDER is where the chapter on NumPy reads and writes its files; a temporary one by default.
import Foundation
import Lockstep

let folder = CommandLine.arguments.dropFirst().first ?? NSTemporaryDirectory()

// Noise and starting points are drawn by chance. With a seed, each run draws the same.
manualSeed(1)

do {
    tensors()
    reductions()
    views()
    squeezing()
    joining()
    filling()
    changingInPlace()
    try exchangingWithNumPy(folder: folder)
    autograd()
    fittingByHand()
    optimizers()
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(1)
}
