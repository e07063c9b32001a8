import Foundation
import Subprocess

/// The Python that examples are compared with: the one that LOCKSTEP_PYTHON names, or else `python3`.
enum Python {
    /// Runs `program` with `arguments` and gives what it printed; what it wrote as errors is in the thrown error.
    static func run(_ program: String, _ arguments: [String] = []) async throws -> String {
        let chosen = ProcessInfo.processInfo.environment["LOCKSTEP_PYTHON"] ?? "python3"
        let result = try await Subprocess.run(
            .name("env"), arguments: Arguments([chosen, "-c", program] + arguments), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw Failure(description: "\(chosen) \(result.terminationStatus): \(result.standardError)")
        }
        return result.standardOutput
    }

    /// Whether those modules can be imported.
    static func has(_ modules: String) async -> Bool { (try? await run("import \(modules)")) != nil }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }
}
