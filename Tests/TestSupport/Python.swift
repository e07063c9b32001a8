import Glibc
import Subprocess

/// The Python that we are compared with: the one that LOCKSTEP_PYTHON names, or else `python3`.
public enum Python {
    private static let named = getenv("LOCKSTEP_PYTHON").map { String(cString: $0) }

    /// Whether LOCKSTEP_PYTHON names one: tests that need PyTorch run only then, since importing it takes seconds.
    public static var isNamed: Bool { named != nil }

    /// Runs `program` with `arguments` and gives what it printed; what it wrote as errors is in the thrown error.
    public static func run(_ program: String, _ arguments: [String] = []) async throws -> String {
        try await execute(named ?? "python3", ["-c", program] + arguments)
    }

    /// Runs the script at `path` with `arguments` and gives what it printed, likewise.
    public static func run(script path: String, _ arguments: [String] = []) async throws -> String {
        try await execute(named ?? "python3", [path] + arguments)
    }

    /// Whether those modules can be imported.
    public static func has(_ modules: String) async -> Bool {
        (try? await run("import \(modules)")) != nil
    }
}

/// Runs a program and gives what it printed; throws with all that it said where it fails.
public func execute(_ program: String, _ arguments: [String]) async throws -> String {
    let result = try await Subprocess.run(
        .name("env"), arguments: Arguments([program] + arguments), output: .string(limit: 1 << 22),
        error: .string(limit: 1 << 22))
    guard result.terminationStatus.isSuccess else {
        throw ProgramFailure(
            description: "\(program) \(result.terminationStatus): \(result.standardError)\(result.standardOutput)")
    }
    return result.standardOutput
}

/// What a program that failed said.
public struct ProgramFailure: Error, CustomStringConvertible {
    public let description: String
}
