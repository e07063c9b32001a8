internal import CLockstepSystem
internal import Glibc

/// The process that started this one.
public enum Parent {
    /// Has the kernel end this process when its parent, process `pid`, ends in whatever way. Returns false where that has
    /// happened already.
    ///
    /// The kernel acts when the *thread* that started this process ends, so that must live as long as the parent.
    public static func follow(pid: Int) -> Bool {
        guard lockstep_signal_on_parent_death(SIGKILL) == 0 else { return false }
        // The parent may have ended before the kernel was asked.
        return Int(getppid()) == pid
    }
}
