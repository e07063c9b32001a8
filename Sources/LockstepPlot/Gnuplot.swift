internal import CLockstepSystem
internal import Glibc
internal import LockstepFormats

/// The program that draws.
///
/// It reads its script from a file in memory and writes into another, so there is no pipe that one side waits at, and any thread
/// may wait for it. swift-subprocess needs free threads of Swift's concurrency while it runs, which a caller who waits may hold:
/// see docs/decisions/plots-wait-for-gnuplot.md.
enum Gnuplot {
    /// The picture that a script draws; `path` is the file that it is for, which errors name. The calling thread waits.
    static func draw(_ script: String, for path: String) throws -> [UInt8] {
        let (input, output, errors) = (
            try MemoryFile(path, Array(script.utf8)), try MemoryFile(path), try MemoryFile(path)
        )
        let status = try wait(for: start([input, output, errors], path), path)
        let picture = try output.content()
        guard status == 0, !picture.isEmpty else {
            let lines = String(decoding: try errors.content(), as: UTF8.self).split(whereSeparator: \.isNewline)
            throw FormatError(
                file: path,
                problem: "gnuplot could not draw it (\(end(status))): \(lines.suffix(3).joined(separator: " "))",
                remedy: "Look at the numbers that are drawn, and at what 'gnuplot --version' says")
        }
        return picture
    }

    /// Starts gnuplot with the given files as its standard input, output and errors; returns its process.
    private static func start(_ files: [MemoryFile], _ path: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, file) in files.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, file.descriptor, Int32(number))
        }
        // Without the user's own settings (-d), which might draw anything anywhere.
        let arguments = [strdup("gnuplot"), strdup("-d"), nil]
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, "gnuplot", &actions, nil, arguments, environ)
        switch code {
        case 0: return process
        case ENOENT, EACCES, ENOTDIR:
            throw FormatError(
                file: path, problem: "cannot be drawn, because gnuplot is not installed or not on the PATH",
                remedy: "Install it: apt-get install gnuplot-nox (Debian, Ubuntu)")
        default:
            throw FormatError(
                file: path, problem: "gnuplot cannot be started: \(String(cString: strerror(code))) (errno \(code))",
                remedy: "See whether 'gnuplot --version' runs in a shell")
        }
    }

    /// What `waitpid` says of a process when it has ended.
    private static func wait(for process: pid_t, _ path: String) throws -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) == -1 {
            if errno == EINTR { continue }
            throw FormatError(
                file: path,
                problem: "gnuplot cannot be waited for: \(String(cString: strerror(errno))) (errno \(errno))",
                remedy: "See that this program does not ignore the signal SIGCHLD")
        }
        return status
    }

    /// How a process ended, in words.
    private static func end(_ status: Int32) -> String {
        let signal = status & 0x7F
        return signal == 0 ? "exit code \(status >> 8 & 0xFF)" : "signal \(signal)"
    }
}

/// A file without a name that lies in memory, gone when its value ends.
private final class MemoryFile {
    let descriptor: Int32
    private let path: String

    /// A file with that content, at whose start it is read or written next. `path` is what errors name.
    init(_ path: String, _ content: [UInt8] = []) throws {
        self.path = path
        descriptor = lockstep_memory_file()
        // All properties are set, so `deinit` closes what was opened.
        if descriptor < 0 { throw failure("make a file in memory") }
        var done = 0
        while done < content.count {
            let count = content[done...].withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(done)) }
            if count < 0, errno != EINTR { throw failure("write to a file in memory") }
            done += max(0, count)
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// All that is in the file.
    func content() throws -> [UInt8] {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("look at a file in memory") }
        let size = Int(status.st_size)
        return try [UInt8](unsafeUninitializedCapacity: size) { buffer, done in
            while done < size {
                let rest = UnsafeMutableBufferPointer(rebasing: buffer[done...])
                let count = pread(descriptor, rest.baseAddress, rest.count, off_t(done))
                if count < 0, errno != EINTR { throw failure("read a file in memory") }
                // Its writer has ended, so it stays as long as it is; should it not, there is nothing more to read.
                if count == 0 { break }
                done += max(0, count)
            }
        }
    }

    private func failure(_ action: String) -> FormatError {
        FormatError(
            file: path, problem: "cannot \(action): \(String(cString: strerror(errno))) (errno \(errno))",
            remedy: "See how much memory is free, and how many files are open")
    }
}
