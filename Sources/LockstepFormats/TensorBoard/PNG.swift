internal import CZlib

/// Pictures in the format PNG, 8 bits a channel.
///
/// Source: RFC 2083.
enum PNG {
    /// The picture whose rows, from the top, `pixels` holds, each pixel with its `channels` one after another: 1 grey, 3 RGB, 4 RGB
    /// and opacity.
    static func encoded(_ pixels: [UInt8], width: Int, height: Int, channels: Int) -> [UInt8] {
        let colorType: [Int: UInt8] = [1: 0, 3: 2, 4: 6]
        guard let color = colorType[channels], pixels.count == width * height * channels else {
            fatalError("\(pixels.count) bytes are no picture of \(width) x \(height) pixels with \(channels) channels")
        }
        var rows: [UInt8] = []
        rows.reserveCapacity(height * (1 + width * channels))
        for row in 0..<height {
            // Each row begins with the filter that was applied to it: none.
            rows.append(0)
            rows += pixels[row * width * channels..<(row + 1) * width * channels]
        }
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", bytes(width) + bytes(height) + [8, color, 0, 0, 0])
            + chunk("IDAT", deflated(rows)) + chunk("IEND", [])
    }

    private static func chunk(_ kind: String, _ data: [UInt8]) -> [UInt8] {
        let content = Array(kind.utf8) + data
        return bytes(data.count) + content + bytes(Int(crc32(0, content, uInt(content.count))))
    }

    private static func deflated(_ data: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(compressBound(uLong(data.count)))) { buffer, count in
            var size = uLong(buffer.count)
            // It has the room that it asked for, so it fails only without memory.
            guard compress(buffer.baseAddress, &size, data, uLong(data.count)) == Z_OK else {
                fatalError("zlib cannot compress \(data.count) bytes: out of memory")
            }
            count = Int(size)
        }
    }

    /// Four bytes, the highest first.
    private static func bytes(_ number: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(number).bigEndian, Array.init)
    }
}
