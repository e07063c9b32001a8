internal import Glibc
internal import LockstepTraining

/// A process that trains a run.
struct RunningProcess {
    let pid: pid_t

    init(_ pid: Int) { self.pid = pid_t(truncatingIfNeeded: pid) }

    /// Asks the process to stop and waits until `isDone`. Returns whether that came to be in time.
    ///
    /// Throws where the process cannot be asked: it is another user's, or gone.
    func stop(within limit: Duration, until isDone: () -> Bool) throws -> Bool {
        guard pid > 1, kill(pid, SIGINT) == 0 else {
            throw TrainingError(
                .invalidRun, "process \(pid) cannot be asked to stop: \(String(cString: strerror(errno)))")
        }
        let deadline = ContinuousClock.now + limit
        while !isDone() {
            if ContinuousClock.now > deadline { return false }
            usleep(20_000)
        }
        return true
    }
}
