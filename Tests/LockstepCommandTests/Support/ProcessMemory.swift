import Glibc
import Testing

/// The memory of another process, as the kernel shows it in /proc: to do to it what a cosmic ray does.
struct ProcessMemory {
    let process: pid_t

    /// Whether this user may write into the memory of a process that it has started.
    static func isPermitted() async -> Bool {
        let permission = Permission()
        _ = try? await Lockstep.run(program: "/bin/sleep", ["60"], in: "/") { sleep in
            let memory = ProcessMemory(process: sleep.pid)
            permission.isGiven.value =
                (try? memory.flipBit(at: memory.writable().first?.lowerBound ?? 0, bit: 0)) != nil
            sleep.signal(SIGKILL)
        }
        return permission.isGiven.value
    }

    private struct Permission: Sendable { let isGiven = Shared(false) }

    /// The parts of the memory that hold data which may change.
    private func writable() throws -> [Range<UInt>] {
        let maps = try String(decoding: bytes(of: "/proc/\(process)/maps"), as: UTF8.self)
        return maps.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard words.count >= 2, words[1] == "rw-p" else { return nil }
            let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            return ends.count == 2 ? ends[0]..<ends[1] : nil
        }
    }

    /// Everywhere in the process's data that rows lie `stride` bytes apart that begin with these bytes, at least eight each.
    func places(of beginnings: [[UInt8]], stride: Int) throws -> [UInt] {
        let memory = try open()
        defer { close(memory) }
        let first = beginnings[0].withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        let length = stride * (beginnings.count - 1) + beginnings[0].count
        var places: [UInt] = []
        for range in try writable() {
            var bytes = [UInt8](repeating: 0, count: range.count)
            let count = pread(memory, &bytes, bytes.count, off_t(range.lowerBound))
            guard count >= length else { continue }
            bytes.withUnsafeBytes { bytes in
                for offset in Swift.stride(from: 0, through: count - length, by: 4)
                where bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) == first {
                    let areThere = beginnings.enumerated().allSatisfy { row, beginning in
                        bytes[(offset + row * stride)...].starts(with: beginning)
                    }
                    if areThere { places.append(range.lowerBound + UInt(offset)) }
                }
            }
        }
        return places
    }

    /// Whether such rows lie at a place.
    func hasRows(_ beginnings: [[UInt8]], stride: Int, at place: UInt) throws -> Bool {
        let memory = try open()
        defer { close(memory) }
        return beginnings.enumerated().allSatisfy { row, beginning in
            var bytes = [UInt8](repeating: 0, count: beginning.count)
            return pread(memory, &bytes, bytes.count, off_t(place) + off_t(row * stride)) == bytes.count
                && bytes == beginning
        }
    }

    /// Turns one bit of the byte at an address around.
    func flipBit(at address: UInt, bit: UInt8) throws {
        let memory = try open()
        defer { close(memory) }
        var byte: UInt8 = 0
        guard pread(memory, &byte, 1, off_t(address)) == 1 else { throw Failure("cannot read at \(address): \(errno)") }
        byte ^= 1 << bit
        guard pwrite(memory, &byte, 1, off_t(address)) == 1 else {
            throw Failure("cannot write at \(address): \(errno)")
        }
    }

    private func open() throws -> Int32 {
        let file = Glibc.open("/proc/\(process)/mem", O_RDWR | O_CLOEXEC)
        guard file >= 0 else { throw Failure("/proc/\(process)/mem: \(String(cString: strerror(errno)))") }
        return file
    }

    private func bytes(of path: String) throws -> [UInt8] {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Failure("\(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var (bytes, piece) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
        while true {
            let count = read(file, &piece, piece.count)
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
        }
    }
}
