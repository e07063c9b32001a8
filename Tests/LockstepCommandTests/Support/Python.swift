import Glibc
import Testing

/// The Python that peers are checked against: the one that LOCKSTEP_PYTHON names, or else `python3`.
enum Python {
    private static let chosen = getenv("LOCKSTEP_PYTHON").map { String(cString: $0) } ?? "python3"

    /// Runs `program` with `arguments` and gives what it printed.
    static func run(_ program: String, _ arguments: [String] = []) async throws -> String {
        let outcome = try await Lockstep.run(
            program: "/usr/bin/env", [chosen, "-c", program] + arguments, in: "/", deadline: .seconds(120))
        guard outcome.code == 0 else { throw Failure("\(chosen): \(outcome.errors)") }
        return outcome.output
    }

    /// Whether those modules can be imported.
    static func has(_ modules: String) async -> Bool { (try? await run("import \(modules)")) != nil }
}
