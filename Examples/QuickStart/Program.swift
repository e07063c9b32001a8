import ArgumentParser
import Foundation
import Lockstep

/// A quick start: a network that recognises images, from the data to the trained weights in a file, in the order of the lecture.
@main
struct Program: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "QuickStart",
        abstract: "A network that recognises images, from the data loader to saved weights and TensorBoard.",
        discussion: "TensorBoard shows how it went: tensorboard --logdir runs")

    @Option(
        help: """
            The images: fashion-mnist, synthetic (digits that are drawn, which need no file), or idx:DIR for a folder with files in \
            MNIST's format. (default: fashion-mnist where it is installed)
            """)
    var data: String?
    @Option(help: "How many times each image is used.")
    var epochs = 2
    @Option(help: "What is drawn by chance is the same for the same seed, and the same as in PyTorch.")
    var seed: UInt64 = 0
    @Option(help: ArgumentHelp("Where weights and TensorBoard's events go.", valueName: "folder"))
    var output = "runs/quick-start"

    func validate() throws {
        guard epochs >= 1 else { throw ValidationError("--epochs is \(epochs); expected at least 1") }
    }

    mutating func run() throws {
        let data = try data.map { try DataSpecification(parsing: $0) } ?? .automatic
        try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)

        manualSeed(seed)
        dynamicGraphs()

        manualSeed(seed)
        let training = try data.load(.train)
        let test = try data.load(.test)
        let net = try train(on: training, test, epochs: epochs, logDirectory: output)

        let weights = "\(output)/net.safetensors"
        try save(net, to: weights)
        try classify(test, with: weights, expecting: net)

        manualSeed(seed)
        try tensors(folder: output)
        layers()
    }
}

/// The title of a chapter.
func heading(_ text: String) { print("\n== \(text)") }
