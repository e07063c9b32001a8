// The skills that everyone needs who uses PyTorch, in Swift: arithmetic of tensors, and a network trained by autograd.
//
//     EssentialSkills [SEED]
import Foundation
import Lockstep

do {
    arithmetic()

    // Data and first weights are drawn by chance; the seed makes each run draw the same, and the same as PyTorch.
    let seed = CommandLine.arguments.dropFirst().first ?? "0"
    guard let seed = UInt64(seed) else { throw WrongSeed(text: seed) }
    manualSeed(seed)
    try network()
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(1)
}

struct WrongSeed: Error, CustomStringConvertible {
    let text: String
    var description: String { "SEED is '\(text)', expected a whole number from 0" }
}
