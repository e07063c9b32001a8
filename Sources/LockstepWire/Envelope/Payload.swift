/// Immutable bytes kept alive by an owner: what a message carries in bulk, sent and received without a copy.
///
/// A payload that was received may start at any address, so its numbers are read with unaligned loads or copied out; never
/// bind its memory to a type. Numbers are little-endian, as on every machine that Lockstep runs on.
public struct Payload: Sendable {
    // Sendable although it holds a pointer: the bytes never change, and the owner, itself Sendable, keeps them alive.
    package nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    package let owner: any AnyObject & Sendable

    /// The bytes at `bytes`, which must stay where they are, unchanged, for as long as `owner` lives.
    ///
    /// For a slice of a tensor's storage the owner is the storage: it is copied on write while the payload holds it.
    public init(owner: any AnyObject & Sendable, bytes: UnsafeRawBufferPointer) {
        self.owner = owner
        self.bytes = bytes
    }

    /// `count` new bytes, 64-byte aligned, every one of which `fill` must write.
    public init(count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
        let block = Block(count: count)
        try fill(block.bytes)
        self.init(owner: block, bytes: UnsafeRawBufferPointer(block.bytes))
    }

    /// A copy of `bytes`.
    public init(_ bytes: [UInt8]) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    /// A copy of `floats` as little-endian Float32.
    public init(floats: [Float]) {
        self.init(count: floats.count * MemoryLayout<Float>.size) { target in
            floats.withUnsafeBytes { target.copyMemory(from: $0) }
        }
    }

    /// How many bytes there are.
    public var count: Int { bytes.count }

    /// How many Float32 there are; nil if the bytes are not a whole number of them.
    public var floatCount: Int? {
        let (whole, rest) = count.quotientAndRemainder(dividingBy: MemoryLayout<Float>.size)
        return rest == 0 ? whole : nil
    }

    /// Calls `body` with the bytes; the pointer is only good within.
    public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try withExtendedLifetime(owner) { () throws(E) -> R in try body(bytes) }
    }

    /// Copies the Float32 of `range`, counted in floats from the start, to the beginning of `target`.
    ///
    /// Stops if `range` is not within the payload or `target` is smaller: check `floatCount` of what was received first.
    public func copyFloats(_ range: Range<Int>, into target: UnsafeMutableBufferPointer<Float>) {
        let size = MemoryLayout<Float>.size
        guard range.lowerBound >= 0, range.upperBound <= count / size, range.count <= target.count else {
            fatalError("copyFloats: floats \(range) of a payload of \(count) bytes into room for \(target.count)")
        }
        withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(target)
                .copyMemory(from: .init(rebasing: bytes[range.lowerBound * size..<range.upperBound * size]))
        }
    }

    /// All Float32 as an array; nil if the bytes are not a whole number of them.
    public func floats() -> [Float]? {
        guard let floatCount else { return nil }
        return [Float](unsafeUninitializedCapacity: floatCount) { target, initialized in
            copyFloats(0..<floatCount, into: target)
            initialized = floatCount
        }
    }

    /// The bytes of `range`, without a copy. Stops if it is not within the payload.
    public func slice(_ range: Range<Int>) -> Payload {
        guard range.lowerBound >= 0, range.upperBound <= count else {
            fatalError("slice: bytes \(range) of a payload of \(count) bytes")
        }
        return Payload(owner: owner, bytes: UnsafeRawBufferPointer(rebasing: bytes[range]))
    }

    /// A copy of the bytes.
    public func array() -> [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}

extension Payload: Equatable {
    /// Whether both have the same bytes.
    public static func == (left: Payload, right: Payload) -> Bool {
        left.withUnsafeBytes { left in right.withUnsafeBytes { left.elementsEqual($0) } }
    }
}

extension Payload: CustomStringConvertible {
    public var description: String { "\(count) bytes" }
}

/// Bytes on the heap at a fixed address.
private final class Block: @unchecked Sendable {
    // Sendable because the bytes are written only before the payload that owns them is handed out.
    let bytes: UnsafeMutableRawBufferPointer

    init(count: Int) {
        // Aligned for whole cache lines, so that kernels may read what was never on the wire at full speed.
        bytes = .allocate(byteCount: count, alignment: 64)
    }

    deinit { bytes.deallocate() }
}
