import ArgumentParser
import Lockstep

/// The skills that everyone needs who uses PyTorch, in Swift. One file a chapter, in this order.
@main
struct Program: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "EssentialSkills", abstract: "Arithmetic of tensors, and a network trained by autograd.")

    @Option(help: "What is drawn by chance is the same for the same seed, and the same as in PyTorch.")
    var seed: UInt64 = 0

    mutating func run() throws {
        manualSeed(seed)
        arithmetic()
        try network()
    }
}
