// The skills that everyone needs who uses PyTorch, in Swift: arithmetic of tensors, and a network trained by autograd.
//
//     EssentialSkills [SEED]
import Foundation
import Lockstep

// Data and first weights are drawn by chance; the seed makes each run draw the same, and the same as PyTorch.
manualSeed(CommandLine.arguments.dropFirst().first.flatMap { UInt64($0) } ?? 0)

do {
    arithmetic()
    try network()
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(1)
}
