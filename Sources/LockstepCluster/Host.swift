internal import Glibc

/// The machine that this process runs on.
enum Host {
    /// Its name, for messages to people.
    static var name: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// This software.
public enum Software {
    /// Its version, which `lockstep --version` prints and workers tell when they join.
    public static let version = "0.1.0"
}
