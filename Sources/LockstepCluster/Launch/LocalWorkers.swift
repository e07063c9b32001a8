internal import Dispatch
internal import LockstepLocking
internal import LockstepTraining
internal import Subprocess
internal import SystemPackage

/// Worker processes on this host, started for one run and gone when it ends.
///
/// No worker outlives the process that started it: each asks the kernel to be ended with it (``Parent/follow(pid:)``), and
/// ``end(within:)`` ends those that have not ended by themselves.
public final class LocalWorkers: Sendable {
    private let state = Locked(State())
    private let group = DispatchGroup()
    private let executable: String
    private let arguments: [String]
    private let ended: @Sendable (Int, ProcessEnd) -> Void
    private let failed: @Sendable (String) -> Void

    private struct State {
        var running: [Int: @Sendable () -> Void] = [:]
        /// Whether no more processes are started.
        var isClosed = false
    }

    /// Starts `count` processes of `executable`, tells `loop` when one ends, and starts others where it says so.
    ///
    /// - Parameters:
    ///   - executable: A path; by default this program itself.
    ///   - arguments: What each is given.
    public convenience init(
        count: Int, executable: String = "/proc/self/exe", arguments: [String], for loop: CoordinatorLoop
    ) {
        self.init(
            count: count, executable: executable, arguments: arguments, ended: loop.processEnded,
            failed: loop.launchFailed)
        loop.launch = { [weak self] delay in
            guard let workers = self else { return }
            DispatchQueue.global().asyncAfter(deadline: .now() + delay.seconds) { workers.launch() }
        }
    }

    /// Starts `count` processes of this program and tells `bench` where one ends before its time.
    public convenience init(count: Int, arguments: [String], for bench: AllReduceBench) {
        let fail = bench.fail
        self.init(
            count: count, arguments: arguments,
            ended: { pid, how in if how != .exited(code: 0) { fail("process \(pid) of a peer \(how)") } }, failed: fail)
    }

    /// Starts `count` processes of `executable`; `ended` is told when one ends and how, `failed` when one cannot be started.
    private init(
        count: Int, executable: String = "/proc/self/exe", arguments: [String],
        ended: @escaping @Sendable (Int, ProcessEnd) -> Void, failed: @escaping @Sendable (String) -> Void
    ) {
        self.executable = executable
        self.arguments = arguments
        self.ended = ended
        self.failed = failed
        for _ in 0..<count { launch() }
    }

    /// The processes that are running.
    public var processes: [Int] { state.withLock { $0.running.keys.sorted() } }

    private func launch() {
        // Within the lock, so that whoever closes and then waits for the group waits for this one, too.
        let isStarted = state.withLock { state in
            if !state.isClosed { group.enter() }
            return !state.isClosed
        }
        guard isStarted else { return }
        // swift-subprocess starts all processes from one thread that lives as long as this process, as following it needs.
        Task.detached { [self] in
            defer { group.leave() }
            do {
                let result = try await Subprocess.run(
                    .path(FilePath(executable)), arguments: Arguments(arguments),
                    environment: .inherit.updating(["OPENBLAS_NUM_THREADS": "1"]), input: .none,
                    output: .currentStandardError,
                    error: .currentStandardError
                ) { execution in
                    let pid = Int(execution.processIdentifier.value)
                    let kill: @Sendable () -> Void = { try? execution.send(signal: .kill) }
                    let isLate = state.withLock { state in
                        state.running[pid] = kill
                        return state.isClosed
                    }
                    if isLate { kill() }
                }
                let pid = Int(result.processIdentifier.value)
                state.withLock { $0.running[pid] = nil }
                ended(pid, ProcessEnd(result.terminationStatus))
            } catch {
                failed("\(executable): \(error)")
            }
        }
    }

    /// Waits until all processes have ended, and after `grace` ends those that have not. No more are started.
    public func end(within grace: Duration) {
        state.withLock { $0.isClosed = true }
        if group.wait(timeout: .now() + grace.seconds) == .success { return }
        kill()
        group.wait()
    }

    /// Ends all processes at once. No more are started.
    public func kill() {
        state.withLock { state in
            state.isClosed = true
            for kill in state.running.values { kill() }
        }
    }
}

extension ProcessEnd {
    fileprivate init(_ status: TerminationStatus) {
        switch status {
        case .exited(let code): self = .exited(code: Int(code))
        case .signaled(let signal): self = .signalled(signal: Int(signal))
        }
    }
}
