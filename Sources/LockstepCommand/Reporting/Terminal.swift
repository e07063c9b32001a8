// The C streams are variables, but nobody assigns to them.
@preconcurrency internal import Glibc

/// The terminal that standard output leads to, if it does.
enum Terminal {
    /// Whether a person looks at standard output through a terminal that can move its cursor.
    static var isInteractive: Bool {
        isatty(STDOUT_FILENO) == 1 && getenv("TERM").map { String(cString: $0) != "dumb" } ?? false
    }

    /// Columns, 80 where the terminal does not say.
    static var width: Int {
        var size = winsize()
        return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// Has standard output written line by line, so that who reads it through a pipe is never behind.
    static func writeLineByLine() { setvbuf(stdout, nil, Int32(_IOLBF), 0) }

    /// Writes text to standard output at once.
    static func write(_ text: String) {
        fputs(text, stdout)
        fflush(stdout)
    }

    /// Writes a line to standard error.
    static func complain(_ line: String) { fputs(line + "\n", stderr) }
}
