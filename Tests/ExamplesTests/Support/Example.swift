import Foundation
import Subprocess
import SystemPackage

/// An example program under test: the real one, built together with these tests, in a process of its own.
struct Example {
    /// What it printed.
    let output: String
    /// What it wrote as errors.
    let errors: String
    /// Its exit code; nil where a signal ended it, as a failed check of the library does.
    let code: Int32?

    /// Runs the example to its end, in `folder`. The test's time limit ends it where it hangs.
    ///
    /// - Parameters:
    ///   - name: The example's target.
    ///   - environment: Variables that are changed; nil removes one.
    static func run(
        _ name: String, _ arguments: [String] = [], in folder: String = "/", environment: [String: String?] = [:]
    ) async throws -> Example {
        var changes: [Environment.Key: String?] = [:]
        for (name, value) in environment { changes[Environment.Key(stringLiteral: name)] = value }
        let result = try await Subprocess.run(
            .path(FilePath("\(programs)/\(name)")), arguments: Arguments(arguments),
            environment: .inherit.updating(changes), workingDirectory: FilePath(folder), input: .none,
            output: .string(limit: 1 << 24), error: .string(limit: 1 << 24))
        let code: Int32? =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled: nil
            }
        return Example(output: result.standardOutput, errors: result.standardError, code: code)
    }

    /// The folder that these tests, and all programs of the package, were built into.
    private static let programs: String = {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = max(0, readlink("/proc/self/exe", &path, path.count))
        let tests = String(decoding: path.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return String(tests[..<(tests.lastIndex(of: "/") ?? tests.startIndex)])
    }()
}

extension Example {
    /// What the example printed below a heading, without the empty lines around it.
    func chapter(_ heading: String) -> String {
        for chapter in output.components(separatedBy: "\n# ") {
            let lines = chapter.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            if lines.count == 2, lines[0] == heading { return lines[1].trimmingCharacters(in: .newlines) }
        }
        return "no chapter '\(heading)'"
    }
}
