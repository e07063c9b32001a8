internal import CLockstepSystem
internal import Glibc

/// The processor cores that this process may use.
public enum ProcessorCores {
    /// As many as its affinity (`taskset`, a container's set of cores) and the quota of its control group (a container's
    /// share of them) allow; at least 1.
    public static var usable: Int {
        max(1, min(affinity ?? sysconf(Int32(_SC_NPROCESSORS_ONLN)), quota ?? .max))
    }

    /// How many cores the scheduler may put this process on.
    private static var affinity: Int? {
        let count = Int(lockstep_usable_cores())
        return count > 0 ? count : nil
    }

    /// The least quota of this process's control group and those above it, in whole cores; nil where there is none.
    private static var quota: Int? {
        guard let group = firstLine("/proc/self/cgroup"), group.hasPrefix("0::/") else { return nil }
        var path = group.dropFirst("0::".count)
        var least: Int?
        while true {
            if let line = firstLine("/sys/fs/cgroup\(path)/cpu.max"), let cores = cores(ofQuota: line) {
                least = min(least ?? cores, cores)
            }
            guard let slash = path.lastIndex(of: "/") else { return least }
            path = path[..<slash]
        }
    }

    /// The cores that a line of `cpu.max` grants: `150000 100000`, microseconds in so many, are two, of which one is not
    /// granted whole. Nil for `max 100000`, which is no limit.
    package static func cores(ofQuota line: String) -> Int? {
        let numbers = line.split(separator: " ").map { Int($0) }
        guard numbers.count == 2, let quota = numbers[0], let period = numbers[1], quota > 0, period > 0 else {
            return nil
        }
        return max(1, quota / period + (quota % period == 0 ? 0 : 1))
    }

    /// The first line of a file of the kernel's.
    private static func firstLine(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 4096)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        return String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
