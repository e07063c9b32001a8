import Glibc

/// The most memory that this process has had resident.
enum PeakMemory {
    /// Starts to count from what is resident now. Has no effect where the system does not let a process reset it.
    static func reset() {
        guard let file = fopen("/proc/self/clear_refs", "w") else { return }
        // 5 resets the peak; see proc(5).
        fputs("5", file)
        fclose(file)
    }

    /// In MiB.
    static var megabytes: Double {
        guard let file = fopen("/proc/self/status", "r") else { return .nan }
        defer { fclose(file) }
        var (line, size) = (UnsafeMutablePointer<CChar>?.none, 0)
        defer { free(line) }
        while getline(&line, &size, file) > 0, let text = line {
            let words = String(cString: text).split { $0 == ":" || $0.isWhitespace }
            if words.first == "VmHWM", words.count > 1, let kilobytes = Double(words[1]) { return kilobytes / 1024 }
        }
        return .nan
    }
}
