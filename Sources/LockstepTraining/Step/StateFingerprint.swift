internal import LockstepFormats
internal import LockstepTensor

/// A quick fingerprint of numbers, to compare what should be equal: 128 bits at the speed of memory.
///
/// Four lanes of 64 bits take every fourth word in turn: x ← rotate(x ⊕ word, 29) · p with an odd p. Each of these is one to one, so
/// a change in a single word always changes its lane; the end folds the lanes together the same way. Who wants to deceive
/// can: this is for memory and processors that err, not for an adversary.
struct StateFingerprint {
    private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var lanes: (UInt64, UInt64, UInt64, UInt64) = (1, 2, 3, 4)

    /// The fingerprint of what a checkpoint holds: of all tensors with their names, types and shapes, and of those of its metadata that
    /// `keys` names.
    init(
        of tensors: some Sequence<(name: String, tensor: AnyTensor)>, _ metadata: [String: String], keys: [String]
    ) {
        for key in keys { update("\(key) \(metadata[key] ?? "")") }
        for (name, tensor) in tensors {
            update("\(name) \(tensor.dtype) \(tensor.shape)")
            update(tensor)
        }
    }

    /// Takes in the elements of a tensor of any type, and how many bytes they are.
    mutating func update(_ tensor: AnyTensor) {
        tensor.withUnsafeBytes { bytes in
            update(UInt64(bytes.count))
            update(bytes)
        }
    }

    /// Takes in a text, and how many bytes it is.
    mutating func update(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            update(UInt64(bytes.count))
            update(UnsafeRawBufferPointer(bytes))
        }
    }

    /// Takes in one number.
    mutating func update(_ word: UInt64) { lanes.0 = StateFingerprint.mix(lanes.0, word) }

    /// The fingerprint as 32 hexadecimal digits.
    var text: String {
        let low = StateFingerprint.mix(StateFingerprint.mix(lanes.0, lanes.1), lanes.2)
        let high = StateFingerprint.mix(StateFingerprint.mix(lanes.3, lanes.2), lanes.1)
        return [low ^ lanes.3, high ^ lanes.0].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    private mutating func update(_ bytes: UnsafeRawBufferPointer) {
        let width = MemoryLayout<UInt64>.size
        var (a, b, c, d) = lanes
        let whole = bytes.count / (4 * width) * (4 * width)
        for offset in stride(from: 0, to: whole, by: 4 * width) {
            a = StateFingerprint.mix(a, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            b = StateFingerprint.mix(b, bytes.loadUnaligned(fromByteOffset: offset + width, as: UInt64.self))
            c = StateFingerprint.mix(c, bytes.loadUnaligned(fromByteOffset: offset + 2 * width, as: UInt64.self))
            d = StateFingerprint.mix(d, bytes.loadUnaligned(fromByteOffset: offset + 3 * width, as: UInt64.self))
        }
        for byte in bytes[whole...] { a = StateFingerprint.mix(a, UInt64(byte)) }
        lanes = (a, b, c, d)
    }

    @inline(__always)
    private static func mix(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        let mixed = lane ^ word
        return (mixed << 29 | mixed >> 35) &* factor
    }
}
