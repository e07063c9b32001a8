/// A zip archive in the making: its members are written one after another, uncompressed, with 64-bit sizes throughout.
///
/// Source: PKWARE's APPNOTE.TXT 6.3.10.
struct ZipDirectory {
    private var directory: [UInt8] = []
    private var count = 0
    /// Where the next member begins.
    private var offset = 0

    /// 1980-01-01 00:00, the format's first day: the same arrays give the same bytes.
    private static let date = 0x0021_0000
    /// Version 4.5 of the format, the first with 64-bit sizes.
    private static let version = 45

    /// Writes a member that consists of `parts`.
    mutating func add(
        _ name: String, _ parts: [UnsafeRawBufferPointer], write: (UnsafeRawBufferPointer) throws -> Void
    ) rethrows {
        let checksum = Int(parts.reduce(0) { zipChecksum($0, $1) })
        let size = parts.reduce(0) { $0 + $1.count }
        let name = Array(name.utf8)
        // Flag 11: the name is UTF-8. The sizes are in the extra field.
        var header = little(0x0403_4B50, 4) + little(Self.version, 2) + little(1 << 11, 2) + little(0, 2)
        header += little(Self.date, 4) + little(checksum, 4) + little(0xFFFF_FFFF, 4) + little(0xFFFF_FFFF, 4)
        header += little(name.count, 2) + little(20, 2) + name
        header += little(1, 2) + little(16, 2) + little(size, 8) + little(size, 8)
        try header.withUnsafeBytes { try write($0) }
        for part in parts { try write(part) }

        directory += little(0x0201_4B50, 4) + little(Self.version, 2) + little(Self.version, 2) + little(1 << 11, 2)
        directory += little(0, 2) + little(Self.date, 4) + little(checksum, 4) + little(0xFFFF_FFFF, 4)
        directory += little(0xFFFF_FFFF, 4) + little(name.count, 2) + little(28, 2) + little(0, 2) + little(0, 2)
        directory += little(0, 2) + little(0, 4) + little(0xFFFF_FFFF, 4) + name
        directory += little(1, 2) + little(24, 2) + little(size, 8) + little(size, 8) + little(offset, 8)
        offset += header.count + size
        count += 1
    }

    /// The directory and the records behind it, which end the archive.
    func end() -> [UInt8] {
        var bytes = directory
        bytes += little(0x0606_4B50, 4) + little(44, 8) + little(Self.version, 2) + little(Self.version, 2)
        bytes += little(0, 4) + little(0, 4) + little(count, 8) + little(count, 8) + little(directory.count, 8)
        bytes += little(offset, 8)
        bytes += little(0x0706_4B50, 4) + little(0, 4) + little(offset + directory.count, 8) + little(1, 4)
        bytes += little(0x0605_4B50, 4) + little(0, 2) + little(0, 2) + little(0xFFFF, 2) + little(0xFFFF, 2)
        bytes += little(0xFFFF_FFFF, 4) + little(0xFFFF_FFFF, 4) + little(0, 2)
        return bytes
    }

    /// A number as `count` bytes, little-endian.
    private func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
