import Glibc
import Subprocess
import Testing

/// A process under test while it runs.
struct Running: Sendable {
    let pid: pid_t
    let transcript: Transcript

    /// Waits for a line that contains `text`, on either stream.
    @discardableResult
    func line(containing text: String) async throws -> String {
        try await line("a line with '\(text)'") { $0.contains(text) }
    }

    /// Waits for a line that `matches`, on either stream; `what` names it.
    @discardableResult
    func line(_ what: String, where matches: @escaping @Sendable (String) -> Bool) async throws -> String {
        guard let line = await transcript.line(where: matches) else {
            throw Failure("the process ended without \(what):\n\(transcript.text)")
        }
        return line
    }

    /// Waits until so many steps of a run that prints JSON are complete.
    func step(_ number: Int) async throws {
        try await line("step \(number)") { line in
            guard let event = Event(line), event.event == "step" else { return false }
            return event.step ?? 0 >= number
        }
    }

    /// Waits until the worker of a rank has joined, and gives its process.
    func worker(_ rank: Int) async throws -> pid_t {
        let line = try await line(containing: "worker \(rank) (host ")
        guard let match = line.firstMatch(of: /process (\d+)\) joined/), let pid = pid_t(match.1) else {
            throw Failure("no process is named in: \(line)")
        }
        return pid
    }

    /// Sends a signal to this process alone.
    func signal(_ number: Int32) { kill(pid, number) }

    /// Sends a signal to this process and all that it has started, as a terminal does.
    func signalGroup(_ number: Int32) { kill(-pid, number) }
}

/// What a process came to.
struct Outcome: Sendable {
    let status: TerminationStatus
    let transcript: Transcript

    /// What it wrote to standard output, and to standard error.
    var output: String { transcript.lines(of: .output).joined(separator: "\n") }
    var errors: String { transcript.lines(of: .errors).joined(separator: "\n") }
    var lines: [String] { transcript.lines(of: .output) }

    /// Its exit code; nil where a signal ended it.
    var code: Int? { if case .exited(let code) = status { Int(code) } else { nil } }

    /// The signal that ended it; nil where it exited.
    var signal: Int32? { if case .signaled(let number) = status { number } else { nil } }

    /// The JSON lines that it printed.
    var events: [Event] { lines.compactMap { Event($0) } }

    /// The last event of a kind, which must be there.
    func event(_ kind: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> Event {
        try #require(
            events.last { $0.event == kind }, "no '\(kind)' event in:\n\(transcript.text)",
            sourceLocation: sourceLocation)
    }

    /// The SHA-256 of the weights that a complete run ended with.
    func digest(sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        try #require(
            event("finished", sourceLocation: sourceLocation).sha256, sourceLocation: sourceLocation)
    }
}

extension Transcript {
    /// Both streams, for a failure's message.
    var text: String {
        "\(lines(of: .output).suffix(40).joined(separator: "\n"))\n\(lines(of: .errors).suffix(40).joined(separator: "\n"))"
    }
}

/// Why a test cannot go on.
struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Processes that tests look at from outside.
enum Processes {
    /// Waits, for a bounded time, until a process is gone. A zombie is: it only waits to be counted.
    static func waitUntilGone(_ pid: pid_t, within limit: Duration = .seconds(5)) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while isAlive(pid) {
            if ContinuousClock.now > deadline { return false }
            try await Task.sleep(for: .milliseconds(5))
        }
        return true
    }

    private static func isAlive(_ pid: pid_t) -> Bool {
        guard let stat = fopen("/proc/\(pid)/stat", "r") else { return false }
        defer { fclose(stat) }
        var text = [UInt8](repeating: 0, count: 512)
        let count = fread(&text, 1, text.count, stat)
        // The state follows the name, which is in parentheses and may hold anything.
        guard let end = text[..<count].lastIndex(of: UInt8(ascii: ")")), end + 2 < count else { return false }
        return !"ZX".utf8.contains(text[end + 2])
    }
}
