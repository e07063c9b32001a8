internal import Glibc

/// Calls `call` again for as long as a signal interrupts it, and returns its result; `-1` means that `errno` is set.
func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
        let result = call()
        if result != -1 || errno != EINTR { return result }
    }
}

extension FormatError {
    /// The error for a system call that has just failed: `action` ("open", "write"), the system's words for `errno`, and
    /// the remedy that usually helps with it.
    static func system(_ action: String, file: String, errno code: Int32 = errno) -> FormatError {
        let remedy =
            switch code {
            case ENOENT: "Check the path: the file or a folder on the way to it does not exist"
            case EACCES, EPERM, EROFS: "Check the permissions of the file and of its folder"
            case ENOSPC, EDQUOT: "Free some space, or choose a folder on another disk"
            case EMFILE, ENFILE: "Too many files are open: raise the limit (ulimit -n)"
            case EISDIR, ENOTDIR: "Check the path: a folder stands where a file is meant, or a file where a folder is"
            default: "Check the path and the disk"
            }
        return FormatError(
            file: file, problem: "cannot \(action): \(String(cString: strerror(code))) (errno \(code))", remedy: remedy)
    }
}
