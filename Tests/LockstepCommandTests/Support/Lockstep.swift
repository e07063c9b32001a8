import Glibc
import LockstepLocking
import Subprocess
import Synchronization
import SystemPackage
import Testing

/// The `lockstep` command under test: the real program, in processes of its own.
enum Lockstep {
    /// The program: the one that LOCKSTEP_BINARY names, or else the one that was built together with these tests.
    static let binary: String = {
        if let named = getenv("LOCKSTEP_BINARY") { return String(cString: named) }
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = max(0, readlink("/proc/self/exe", &path, path.count))
        let tests = String(decoding: path.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return tests[..<(tests.lastIndex(of: "/") ?? tests.startIndex)] + "/lockstep"
    }()

    /// Runs `lockstep` with `arguments` in `folder` to its end; meanwhile `body` may look at it and signal it.
    ///
    /// At the deadline the process is ended, with all it started, and the test fails with all that was written.
    @discardableResult
    static func run(
        _ arguments: [String], in folder: String, environment: [String: String] = [:],
        deadline: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation,
        while body: @Sendable (Running) async throws -> Void = { _ in }
    ) async throws -> Outcome {
        try await run(
            program: binary, arguments, in: folder, environment: environment, deadline: deadline,
            sourceLocation: sourceLocation, while: body)
    }

    /// Runs any program as ``run(_:in:environment:deadline:sourceLocation:while:)`` runs `lockstep`.
    @discardableResult
    static func run(
        program: String, _ arguments: [String], in folder: String, environment: [String: String] = [:],
        deadline: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation,
        while body: @Sendable (Running) async throws -> Void = { _ in }
    ) async throws -> Outcome {
        var options = PlatformOptions()
        // A group of its own, as a shell gives each command: it can be signalled, and ended, as a whole.
        options.processGroupID = 0
        // Sockets of local runs go where the test looks, and where they are removed even if the run was killed.
        var changes: [Environment.Key: String?] = ["XDG_RUNTIME_DIR": folder]
        for (name, value) in environment { changes[Environment.Key(stringLiteral: name)] = value }
        let transcript = Transcript()
        let result = try await Subprocess.run(
            .path(FilePath(program)), arguments: Arguments(arguments), environment: .inherit.updating(changes),
            workingDirectory: FilePath(folder), platformOptions: options, input: .none, output: .sequence,
            error: .sequence
        ) { execution in
            let running = Running(pid: execution.processIdentifier.value, transcript: transcript)
            let isLate = try await withThrowingTaskGroup(of: Void.self, returning: Bool.self) { group in
                group.addTask {
                    defer { transcript.end(.output) }
                    for try await buffer in execution.standardOutput {
                        transcript.append(buffer.withUnsafeBytes { Array($0) }, to: .output)
                    }
                }
                group.addTask {
                    defer { transcript.end(.errors) }
                    for try await buffer in execution.standardError {
                        transcript.append(buffer.withUnsafeBytes { Array($0) }, to: .errors)
                    }
                }
                let watch = Watch(group: running.pid, deadline: deadline)
                do {
                    try await body(running)
                } catch {
                    // Whatever went wrong in the test, the process does not outlive it.
                    running.signalGroup(SIGKILL)
                    throw error
                }
                try await group.waitForAll()
                return watch.stop()
            }
            if isLate {
                Issue.record(
                    "had to be ended after \(deadline): \(arguments.joined(separator: " "))\n\(transcript.text)",
                    sourceLocation: sourceLocation)
            }
        }
        return Outcome(status: result.terminationStatus, transcript: transcript)
    }
}

/// Ends a process group at a deadline.
private final class Watch: Sendable {
    private let isOver = Atomic(false)
    private let task = Locked<Task<Void, Never>?>(nil)

    init(group: pid_t, deadline: Duration) {
        let task = Task { [self] in
            guard (try? await Task.sleep(for: deadline)) != nil else { return }
            isOver.store(true, ordering: .releasing)
            kill(-group, SIGKILL)
        }
        self.task.withLock { $0 = task }
    }

    /// Stops watching. Returns whether the deadline had come.
    func stop() -> Bool {
        task.withLock { $0?.cancel() }
        return isOver.load(ordering: .acquiring)
    }
}
