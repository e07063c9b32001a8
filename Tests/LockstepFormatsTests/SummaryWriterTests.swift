import Glibc
import LockstepFormats
import LockstepTensor
import Testing

/// Event files: their records, and what becomes of them when things go wrong.
@Suite struct SummaryWriterTests {
    /// The test vectors of RFC 3720, appendix B.4, and the usual one of nine digits.
    static let vectors: [(bytes: [UInt8], checksum: UInt32)] = [
        ([UInt8](repeating: 0, count: 32), 0x8A91_36AA), ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
        (Array(0..<32), 0x46DD_794E), ((0..<32).reversed(), 0x113F_DB5C), (Array("123456789".utf8), 0xE306_9283),
        ([], 0),
    ]

    @Test(arguments: vectors) func theChecksumIsCRC32C(bytes: [UInt8], expected: UInt32) {
        #expect(CRC32C.checksum(bytes) == expected)
    }

    /// 24 as 8 bytes, the length of the first record of every file that TensorFlow writes, and its masked checksum.
    @Test func theMaskIsTensorFlows() {
        #expect(CRC32C.masked([24, 0, 0, 0, 0, 0, 0, 0]) == 0x224B_7FA3)
    }

    @Test func aFileIsRecordsWithLengthsAndChecksums() throws {
        let folder = TemporaryFolder()
        let writer = try SummaryWriter(logDirectory: folder.path, filenameSuffix: ".test")
        try writer.addScalar("loss", Float(0.25), step: 300, wallTime: 1.5)
        try writer.close()
        let name = try #require(folder.names.first)
        #expect(folder.names.count == 1 && name.hasPrefix("events.out.tfevents.") && name.hasSuffix(".test"))
        let events = try records(of: "\(folder.path)/\(name)")
        #expect(events.count == 2)
        // Field 1, the time, is 8 bytes of a double; field 3 is the version.
        #expect(events[0].first == 0x09 && events[0].dropFirst(9) == [0x1A, 13] + Array("brain.Event:2".utf8))
        // Time 1.5, step 300, and the summary: a value with a tag and the four bytes of 0.25.
        #expect(
            events[1] == [0x09, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0x10, 0xAC, 0x02, 0x2A, 13, 0x0A, 11, 0x0A, 4]
                + Array("loss".utf8) + [0x15, 0, 0, 0x80, 0x3E])
    }

    @Test func laterFilesOfAFolderHaveLaterNames() throws {
        let folder = TemporaryFolder()
        for _ in 0..<3 { try SummaryWriter(logDirectory: folder.path).close() }
        let times = folder.names.map { $0.split(separator: ".")[3] }
        #expect(Set(times).count == 3 && times == times.sorted() && times.allSatisfy { $0.count == 10 })
    }

    @Test func filesThatSomebodyHasNamedOtherwiseDoNoHarm() throws {
        let folder = TemporaryFolder()
        for time in ["9223372036854775807", "9999999999", "x", ""] {
            try AtomicFile.write([], to: "\(folder.path)/events.out.tfevents.\(time).host")
        }
        try SummaryWriter(logDirectory: folder.path).close()
        #expect(folder.names.count == 5)
    }

    @Test func theFolderIsMadeWithThoseOnTheWay() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/runs/first"
        try SummaryWriter(logDirectory: path).close()
        #expect(access(path, F_OK) == 0)
    }

    @Test func aFolderThatCannotBeMadeIsNamed() {
        #expect {
            try SummaryWriter(logDirectory: "/dev/null/logs")
        } throws: {
            "\($0)".hasPrefix("/dev/null/logs: cannot make the folder: Not a directory")
        }
    }

    @Test func aTagIsNoTextWithAnEndInIt() throws {
        let folder = TemporaryFolder()
        let writer = try SummaryWriter(logDirectory: folder.path)
        #expect(throws: FormatError.self) { try writer.addScalar("a\0b", 1.0) }
    }

    @Test func aHistogramOfNothingIsRefused() throws {
        let folder = TemporaryFolder()
        let writer = try SummaryWriter(logDirectory: folder.path)
        #expect(throws: FormatError.self) { try writer.addHistogram("w", Tensor<Float>.zeros([0])) }
        #expect(throws: FormatError.self) { try writer.addHistogram("w", Tensor<Float>([.nan, .infinity])) }
    }

    /// A disk that is full, as the limit on a file's size makes it: nothing of a record that does not fit stays, and once there is
    /// room more can be added.
    @Test func aWriteThatFailsLeavesTheFileAsItWas() async {
        await #expect(processExitsWith: .success) {
            let folder = TemporaryFolder()
            let writer = try SummaryWriter(logDirectory: folder.path)
            let path = "\(folder.path)/\(folder.names[0])"
            try writer.addScalar("loss", 1.0, step: 1)
            let before = try File.read(path)
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: rlim_t(before.count + 20), rlim_max: rlim_t.max)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let error = #expect(throws: FormatError.self) { try writer.addScalar("loss", 2.0, step: 2) }
            #expect("\(try #require(error))".hasPrefix("\(path): cannot write: File too large"))
            #expect(try File.read(path) == before)
            limit.rlim_cur = rlim_t.max
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            try writer.addScalar("loss", 3.0, step: 3)
            #expect(try records(of: path).count == 3)
        }
    }

    @Test func programmersErrorsStop() async {
        await #expect(processExitsWith: .failure) {
            let folder = TemporaryFolder()
            let writer = try SummaryWriter(logDirectory: folder.path)
            try writer.close()
            try writer.addScalar("loss", 1.0)
        }
        await #expect(processExitsWith: .failure) {
            let folder = TemporaryFolder()
            try SummaryWriter(logDirectory: folder.path).addImage("a", Tensor<Float>.zeros([2, 4, 4]))
        }
        await #expect(processExitsWith: .failure) {
            let folder = TemporaryFolder()
            try SummaryWriter(logDirectory: folder.path).addImage("a", Tensor<Float>.zeros([4, 4]))
        }
    }
}

/// The events in the file at `path`, with each record's length and checksums checked.
private func records(of path: String) throws -> [[UInt8]] {
    var rest = try File.read(path)[...]
    var events: [[UInt8]] = []
    func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    while !rest.isEmpty {
        let (length, check) = (rest.prefix(8), rest.dropFirst(8).prefix(4))
        let event = rest.dropFirst(12).prefix(Int(number(length)))
        let end = rest.dropFirst(12 + event.count).prefix(4)
        try #require(number(check) == CRC32C.masked(length) && number(end) == CRC32C.masked(event))
        events.append(Array(event))
        rest = rest.dropFirst(16 + event.count)
    }
    return events
}
