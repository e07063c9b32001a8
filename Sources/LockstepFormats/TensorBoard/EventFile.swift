internal import Glibc

/// A file of events that TensorBoard reads, `events.out.tfevents.TIME.HOST.PID.N`.
///
/// A record is the number of bytes of the event (8 bytes), its masked checksum (4), the event, and its masked checksum (4), numbers with
/// the lowest byte first. Source: TensorFlow, `TFRecordWriter`.
struct EventFile: ~Copyable {
    private var file: AppendedFile

    /// What every event file's name begins with.
    static let prefix = "events.out.tfevents."

    /// Makes a new file in `folder`, and the folder where it is missing.
    ///
    /// TensorBoard reads the files of a folder in the order of their names, so the time in the name is later than that of every file
    /// that is there, even where the clock has not moved on or was set back.
    init(in folder: String, suffix: String, wallTime: Double) throws {
        try EventFile.makeFolder(folder)
        var seconds = Int(wallTime)
        if let last = try EventFile.times(in: folder).max() { seconds = max(seconds, last + 1) }
        var digits = String(seconds)
        digits = String(repeating: "0", count: max(0, 10 - digits.count)) + digits
        let stem = "\(folder)/\(EventFile.prefix)\(digits).\(Host.name).\(getpid())"
        // A name that is taken belongs to a process of the same number on another host that shares the folder.
        var file = try AppendedFile(creating: { "\(stem).\($0)\(suffix)" })
        try file.append(EventFile.record(EventMessage(wallTime: wallTime, step: 0, content: .fileVersion).encoded()))
        self.file = file
    }

    mutating func append(_ event: EventMessage) throws { try file.append(EventFile.record(event.encoded())) }

    func flush() throws { try file.flush() }

    /// `event` with its length and checksums.
    static func record(_ event: [UInt8]) -> [UInt8] {
        func bytes(_ number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number.littleEndian, Array.init) }
        let length = bytes(UInt64(event.count))
        return length + bytes(CRC32C.masked(length)) + event + bytes(CRC32C.masked(event))
    }

    /// The times in the names of the event files that `folder` holds.
    static func times(in folder: String) throws -> [Int] {
        guard let directory = opendir(folder) else { throw FormatError.system("open the folder", file: folder) }
        defer { closedir(directory) }
        var times: [Int] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasPrefix(prefix) else { continue }
            // Ten digits at most, as everybody writes them: of a file that somebody has named otherwise, later ones do not depend.
            let time = name.dropFirst(prefix.count).prefix { $0 != "." }
            if time.count <= 10, let time = Int(time) { times.append(min(time, 9_999_999_998)) }
        }
        return times
    }

    /// Makes `folder` and those on the way to it.
    private static func makeFolder(_ folder: String) throws {
        for end in folder.indices.dropFirst() where folder[end] == "/" { mkdir(String(folder[..<end]), 0o777) }
        guard mkdir(folder, 0o777) == 0 || errno == EEXIST else {
            throw FormatError.system("make the folder", file: folder)
        }
    }
}
