internal import CZlib

/// A zip archive that is open for reading: stored and deflated members, with 64-bit sizes, unencrypted, in one part.
///
/// Source: PKWARE's APPNOTE.TXT 6.3.10.
final class ZipArchive {
    /// A member, as the central directory describes it.
    struct Entry {
        var name: String
        var isDeflated: Bool
        var checksum: UInt32
        var compressedSize: Int
        var size: Int
        /// Where its local header begins.
        var offset: Int
    }

    /// What errors call the archive, its size, and how its bytes are read from an offset on.
    private let name: String
    private let size: Int
    private let read: (_ offset: Int, _ buffer: UnsafeMutableRawBufferPointer) throws -> Void
    private(set) var entries: [Entry] = []

    /// The sizes of the fixed parts of the records.
    private enum Size {
        static let localHeader = 30
        static let directoryEntry = 46
        static let end = 22
        static let locator = 20
        static let end64 = 56
    }

    init(
        name: String, size: Int,
        read: @escaping (_ offset: Int, _ buffer: UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        (self.name, self.size, self.read) = (name, size, read)
        let (start, count, directorySize) = try findDirectory()
        let directory = try bytes(directorySize, at: start)
        var place = 0
        var names: Set<String> = []
        var room = self.size
        for _ in 0..<count {
            let entry = try parse(directory, &place, start: start)
            guard names.insert(entry.name).inserted else { throw error(start, "the name '\(entry.name)' occurs twice") }
            // Members that shared bytes could make a small file unfold to a huge one.
            room -= entry.compressedSize
            guard room >= 0 else { throw error(start, "the members are larger than the file") }
            entries.append(entry)
        }
        guard place == directory.count else {
            throw error(start + place, "the directory is longer than its \(count) entries")
        }
    }

    /// The bytes of a member. Throws where they are damaged.
    func content(of entry: Entry) throws -> [UInt8] {
        let header = Record(try bytes(Size.localHeader, at: entry.offset))
        guard header.u32(0) == 0x0403_4B50 else { throw error(entry.offset, "expected the header of '\(entry.name)'") }
        let start = entry.offset + Size.localHeader + header.u16(26) + header.u16(28)
        let stored = try bytes(entry.compressedSize, at: start)
        let content = entry.isDeflated ? try inflate(stored, entry) : stored
        let checksum = content.withUnsafeBytes { zipChecksum(0, $0) }
        guard checksum == entry.checksum else {
            throw FormatError(
                file: name, place: "member '\(entry.name)'",
                problem: "has the checksum \(checksum), expected \(entry.checksum)",
                remedy: "The file is damaged: copy or write it again")
        }
        return content
    }

    /// Where the central directory begins, how many entries it has, and of how many bytes.
    private func findDirectory() throws -> (start: Int, count: Int, size: Int) {
        // The end record is followed by a comment of up to 65535 bytes.
        let tail = min(self.size, Size.end + 0xFFFF)
        let base = self.size - tail
        let record = Record(try bytes(tail, at: base))
        guard tail >= Size.end,
            let place = (0...tail - Size.end).last(where: {
                record.u32($0) == 0x0605_4B50 && $0 + Size.end + record.u16($0 + 20) == tail
            })
        else { throw error(self.size, "expected the end record of a zip archive") }
        guard record.u16(place + 4) == 0 && record.u16(place + 6) == 0 else {
            throw error(base + place, "the archive has several parts")
        }
        var (count, size, start) = (record.u16(place + 10), record.u32(place + 12), record.u32(place + 16))
        let end = base + place
        var directoryEnd = end
        if end >= Size.locator + Size.end64, count == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF {
            let locator = Record(try bytes(Size.locator, at: end - Size.locator))
            guard locator.u32(0) == 0x0706_4B50 else { throw error(end - Size.locator, "expected a zip64 locator") }
            directoryEnd = try number(locator.u64(8), "the place of the zip64 end record")
            let end64 = Record(try bytes(Size.end64, at: directoryEnd))
            guard end64.u32(0) == 0x0606_4B50 else { throw error(directoryEnd, "expected a zip64 end record") }
            count = try number(end64.u64(32), "the number of members")
            size = try number(end64.u64(40), "the size of the directory")
            start = try number(end64.u64(48), "the place of the directory")
        }
        guard start <= directoryEnd, size == directoryEnd - start, count <= size / Size.directoryEntry else {
            throw error(end, "a directory of \(count) entries in \(size) bytes at byte \(start) is claimed")
        }
        return (start, count, size)
    }

    /// Reads one entry of the directory and goes past it.
    private func parse(_ directory: [UInt8], _ place: inout Int, start: Int) throws -> Entry {
        let here = start + place
        guard directory.count - place >= Size.directoryEntry else { throw error(here, "an entry is cut off") }
        let fixed = Record(Array(directory[place..<place + Size.directoryEntry]))
        guard fixed.u32(0) == 0x0201_4B50 else { throw error(here, "expected an entry of the directory") }
        let (nameLength, extraLength) = (fixed.u16(28), fixed.u16(30))
        let length = Size.directoryEntry + nameLength + extraLength + fixed.u16(32)
        guard directory.count - place >= length else { throw error(here, "an entry is cut off") }
        let nameStart = place + Size.directoryEntry
        guard let name = String(validating: directory[nameStart..<nameStart + nameLength], as: UTF8.self) else {
            throw error(here, "a name is not UTF-8")
        }
        guard fixed.u16(8) & 1 == 0 else { throw error(here, "'\(name)' is encrypted") }
        guard [0, 8].contains(fixed.u16(10)) else {
            throw error(here, "'\(name)' is compressed by method \(fixed.u16(10)), expected 0 (stored) or 8 (deflated)")
        }
        var entry = Entry(
            name: name, isDeflated: fixed.u16(10) == 8, checksum: UInt32(fixed.u32(16)),
            compressedSize: fixed.u32(20), size: fixed.u32(24), offset: fixed.u32(42))
        let extraStart = nameStart + nameLength
        try readLargeSizes(&entry, Record(Array(directory[extraStart..<extraStart + extraLength])), here)
        // Deflate stores at best 1032 bytes in one (https://zlib.net/zlib_tech.html).
        let largest =
            entry.isDeflated
            ? entry.compressedSize.multipliedReportingOverflow(by: 1032) : (entry.compressedSize, false)
        guard entry.compressedSize <= self.size, entry.offset <= self.size, !largest.1,
            entry.isDeflated ? entry.size <= largest.0 : entry.size == largest.0
        else {
            throw error(
                here, "'\(name)' claims \(entry.size) bytes in \(entry.compressedSize) at byte \(entry.offset)")
        }
        place += length
        return entry
    }

    /// Takes sizes that do not fit 32 bits from an entry's extra fields.
    private func readLargeSizes(_ entry: inout Entry, _ extra: Record, _ here: Int) throws {
        var place = 0
        while place + 4 <= extra.bytes.count {
            let (kind, length) = (extra.u16(place), extra.u16(place + 2))
            guard place + 4 + length <= extra.bytes.count else { throw error(here, "an extra field is cut off") }
            if kind == 1 {
                var next = place + 4
                for field in [\Entry.size, \Entry.compressedSize, \Entry.offset]
                where entry[keyPath: field] == 0xFFFF_FFFF {
                    guard next + 8 <= place + 4 + length else { throw error(here, "a zip64 field is cut off") }
                    entry[keyPath: field] = try number(extra.u64(next), "a size of '\(entry.name)'")
                    next += 8
                }
            }
            place += 4 + length
        }
    }

    private func number(_ value: UInt64, _ what: String) throws -> Int {
        guard value <= UInt64(self.size) * 1032 else { throw error(self.size, "\(what) is given as \(value)") }
        return Int(value)
    }

    private func bytes(_ count: Int, at offset: Int) throws -> [UInt8] {
        guard offset >= 0, count >= 0, offset <= self.size, count <= self.size - offset else {
            throw error(offset, "expected \(count) bytes here, but the file ends at byte \(self.size)")
        }
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            try read(offset, UnsafeMutableRawBufferPointer(buffer))
            initialized = count
        }
    }

    private func error(_ place: Int, _ problem: String) -> FormatError {
        FormatError(
            file: name, place: "byte \(place)", problem: problem,
            remedy: "The file is cut off, damaged or no zip archive: copy or write it again")
    }

    private func inflate(_ stored: [UInt8], _ entry: Entry) throws -> [UInt8] {
        func damaged(_ problem: String) -> FormatError {
            FormatError(
                file: name, place: "member '\(entry.name)'", problem: problem,
                remedy: "The file is damaged: copy or write it again")
        }
        var stream = z_stream()
        // Negative window bits: the bare stream, with no header of zlib's own.
        guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw damaged("zlib has no memory to decompress it")
        }
        defer { inflateEnd(&stream) }
        var stored = stored
        return try [UInt8](unsafeUninitializedCapacity: entry.size) { buffer, initialized in
            try stored.withUnsafeMutableBufferPointer { source in
                var (read, status) = (0, Z_OK)
                // One byte of room even at the end, where zlib still has to read the end mark.
                var spare: UInt8 = 0
                while status == Z_OK {
                    let input = min(source.count - read, 1 << 30)
                    stream.next_in = source.baseAddress.map { $0 + read }
                    stream.avail_in = UInt32(input)
                    let output = min(buffer.count - initialized, 1 << 30)
                    if output > 0 {
                        stream.next_out = buffer.baseAddress.map { $0 + initialized }
                        stream.avail_out = UInt32(output)
                        status = CZlib.inflate(&stream, Z_NO_FLUSH)
                        initialized += output - Int(stream.avail_out)
                    } else {
                        status = withUnsafeMutablePointer(to: &spare) { spare in
                            stream.next_out = spare
                            stream.avail_out = 1
                            return CZlib.inflate(&stream, Z_NO_FLUSH)
                        }
                        if stream.avail_out == 0 { throw damaged("holds more than the \(entry.size) bytes it claims") }
                    }
                    read += input - Int(stream.avail_in)
                }
                guard status == Z_STREAM_END, initialized == entry.size else {
                    throw damaged("its compressed bytes end or break after \(initialized) of \(entry.size) bytes")
                }
            }
        }
    }
}

/// Bytes with numbers in them, little-endian and not aligned.
private struct Record {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func u16(_ place: Int) -> Int { Int(bytes[place]) | Int(bytes[place + 1]) << 8 }
    func u32(_ place: Int) -> Int { u16(place) | u16(place + 2) << 16 }
    func u64(_ place: Int) -> UInt64 { UInt64(u32(place)) | UInt64(u32(place + 4)) << 32 }
}

/// The CRC-32 of `bytes` that go on from those of `start`.
func zipChecksum(_ start: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
    // Without a base address zlib would begin anew.
    guard let first = bytes.baseAddress, !bytes.isEmpty else { return start }
    return UInt32(crc32_z(UInt(start), first.assumingMemoryBound(to: UInt8.self), bytes.count))
}
