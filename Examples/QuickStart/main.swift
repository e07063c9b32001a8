// A quick start: a network that recognises images, from the data to the trained weights in a file, in the order of the lecture.
//
//     QuickStart [--data DATA] [--epochs N] [--seed N] [--output FOLDER]
//
// DATA is fashion-mnist (the default where it is installed), synthetic (digits that are drawn, which need no file), or idx:DIR for a
// folder with files in MNIST's format. FOLDER, runs/quick-start by default, gets the weights and what TensorBoard shows:
// tensorboard --logdir runs
import Foundation
import Lockstep

do {
    let options = try Options(CommandLine.arguments.dropFirst())
    try FileManager.default.createDirectory(atPath: options.output, withIntermediateDirectories: true)

    // What is drawn by chance is the same in each run, and the same as in PyTorch.
    manualSeed(options.seed)
    dynamicGraphs()

    manualSeed(options.seed)
    let training = try options.data.load(.train)
    let test = try options.data.load(.test)
    let net = try train(on: training, test, epochs: options.epochs, logDirectory: options.output)

    let weights = "\(options.output)/net.safetensors"
    try save(net, to: weights)
    try classify(test, with: weights, expecting: net)

    manualSeed(options.seed)
    try tensors(folder: options.output)
    layers()
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(1)
}
