/// The checksum CRC-32C (Castagnoli), which guards the records of an event file.
///
/// The polynomial is 0x1EDC6F41, used here with its bits reversed. Source: RFC 3720, section 12.1 and appendix B.4.
package enum CRC32C {
    /// What each value of a byte makes of a checksum.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
    }

    /// The checksum of `bytes`.
    package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        table.withUnsafeBufferPointer { table in
            ~bytes.reduce(~0) { $0 >> 8 ^ table[Int(($0 ^ UInt32($1)) & 0xFF)] }
        }
    }

    /// The checksum as a record stores it: turned right by 15 bits, plus a constant, since the checksum of bytes that hold their own
    /// checksum says little.
    ///
    /// Source: TensorFlow, `tsl/lib/hash/crc32c.h`.
    package static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let plain = checksum(bytes)
        return (plain >> 15 | plain << 17) &+ 0xA282_EAD8
    }
}
