internal import Dispatch
internal import LockstepTraining
internal import Subprocess
internal import Synchronization
internal import SystemPackage

/// Worker processes on this host, started for one run and gone when it ends.
///
/// No worker outlives the process that started it: each asks the kernel to be ended with it (``Parent/follow(pid:)``), and
/// ``end(within:)`` ends those that have not ended by themselves.
public final class LocalWorkers: Sendable {
    private let running = Mutex<[Int: ProcessHandle]>([:])
    private let group = DispatchGroup()

    /// Starts `count` processes of `executable` and tells `loop` when one ends.
    ///
    /// - Parameters:
    ///   - executable: A path; by default this program itself.
    ///   - arguments: What each is given.
    public init(count: Int, executable: String = "/proc/self/exe", arguments: [String], for loop: CoordinatorLoop) {
        let (ended, failed) = (loop.processEnded, loop.launchFailed)
        for _ in 0..<count {
            group.enter()
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
                        running.withLock { $0[pid] = { try? execution.send(signal: .kill) } }
                    }
                    let pid = Int(result.processIdentifier.value)
                    running.withLock { $0[pid] = nil }
                    ended(pid, ProcessEnd(result.terminationStatus))
                } catch {
                    failed("\(executable): \(error)")
                }
            }
        }
    }

    /// Waits until all processes have ended, and after `grace` ends those that have not.
    public func end(within grace: Duration) {
        if group.wait(timeout: .now() + grace.seconds) == .success { return }
        running.withLock { for kill in $0.values { kill() } }
        group.wait()
    }

    /// Ends all processes at once.
    public func kill() { running.withLock { for kill in $0.values { kill() } } }

    private typealias ProcessHandle = @Sendable () -> Void
}

extension ProcessEnd {
    fileprivate init(_ status: TerminationStatus) {
        switch status {
        case .exited(let code): self = .exited(code: Int(code))
        case .signaled(let signal): self = .signalled(signal: Int(signal))
        }
    }
}
