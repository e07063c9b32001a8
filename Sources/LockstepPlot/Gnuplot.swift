internal import Dispatch
internal import LockstepFormats
internal import Subprocess
internal import Synchronization

/// The program that draws.
enum Gnuplot {
    /// The picture that a script draws; `path` is the file that it is for, which errors name.
    ///
    /// The calling thread waits. gnuplot runs as a task on threads of its own, so that it may be waited for on any thread, one
    /// of Swift's concurrency too.
    static func draw(_ script: String, for path: String) throws -> [UInt8] {
        let done = DispatchSemaphore(value: 0)
        let outcome = Mutex<Result<[UInt8], any Error>?>(nil)
        Task.detached(executorPreference: QueueExecutor.shared) {
            let result: Result<[UInt8], any Error>
            do { result = .success(try await run(script, path)) } catch { result = .failure(error) }
            outcome.withLock { $0 = result }
            done.signal()
        }
        done.wait()
        // Set before the signal that was waited for.
        return try outcome.withLock { $0! }.get()
    }

    private static func run(_ script: String, _ path: String) async throws -> [UInt8] {
        do {
            // Without the user's own settings (-d), which might draw anything anywhere.
            let result = try await Subprocess.run(
                .name("gnuplot"), arguments: ["-d"], input: .string(script), output: .bytes(limit: .max),
                error: .string(limit: 1 << 16))
            guard result.terminationStatus.isSuccess, !result.standardOutput.isEmpty else {
                let words = result.standardError.split(whereSeparator: \.isNewline).suffix(3).joined(separator: " ")
                throw FormatError(
                    file: path, problem: "gnuplot could not draw it (\(result.terminationStatus)): \(words)",
                    remedy: "Look at the numbers that are drawn, and at what 'gnuplot --version' says")
            }
            return result.standardOutput
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw FormatError(
                file: path, problem: "cannot be drawn, because gnuplot is not installed or not on the PATH",
                remedy: "Install it: apt-get install gnuplot-nox (Debian, Ubuntu)")
        } catch let error as SubprocessError {
            throw FormatError(
                file: path, problem: "gnuplot could not be run: \(error)",
                remedy: "See whether 'gnuplot --version' runs in a shell")
        }
    }
}

/// Runs tasks on threads that the system adds as they are needed.
private final class QueueExecutor: TaskExecutor {
    static let shared = QueueExecutor()
    private let queue = DispatchQueue(label: "gnuplot", attributes: .concurrent)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
