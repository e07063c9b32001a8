internal import Glibc

/// What the system tells of the memory of a process of this host, by default of this one.
struct ProcessMemory {
    private let folder: String

    init(ofProcess pid: Int? = nil) { folder = "/proc/\(pid.map(String.init) ?? "self")" }

    /// The most that it has used, in bytes; nil where the system does not tell.
    var peakBytes: Int? {
        for line in text("status").split(separator: "\n") where line.hasPrefix("VmHWM:") {
            // In units of 1024 bytes, whatever it says.
            return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).compactMap { Int($0) }.first.map { $0 << 10 }
        }
        return nil
    }

    /// How often it was given a page of memory that it had not used before; nil where the system does not tell.
    var pageFaults: Int? {
        // The name, in brackets, may hold anything. After it come the state and six numbers, and then this one.
        text("stat").split(separator: ")").last?.split(separator: " ").dropFirst(7).first.flatMap { Int($0) }
    }

    /// A file that the system makes as it is read, so that its size is not known before.
    private func text(_ name: String) -> String {
        guard let file = fopen("\(folder)/\(name)", "re") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
