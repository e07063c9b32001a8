internal import CLockstepSystem
internal import Glibc
internal import LockstepWire

/// Where the payloads that go out over one connection lie until the other side has read them, if it shares the memory.
///
/// It belongs to a single connection, and ends with it: whoever still reads a payload has mapped the memory itself, so that nothing
/// which a lost peer may hold is ever written to again.
final class SharedOutbox {
    /// The smallest payload that is worth it: below, a frame of its own costs no more than what the two sides say about the memory.
    static let least = 16 << 10

    let offer: MemoryOffer
    private let memory: SharedMapping
    private let descriptor: Int32
    /// The places of payloads that have not been let go of, as far as that has been looked at, from low to high.
    private var places: [Range<Int>] = []

    /// Memory of so many bytes, none of which is taken from the system before it is used; nil where the system gives none.
    init?(byteCount: Int) {
        let descriptor = lockstep_sealed_memory(byteCount)
        guard descriptor >= 0 else { return nil }
        guard let memory = SharedMapping(descriptor: descriptor, byteCount: byteCount) else {
            Glibc.close(descriptor)
            return nil
        }
        memory.token = .random(in: 1 ... .max)
        self.descriptor = descriptor
        self.memory = memory
        offer = MemoryOffer(descriptor: Int(descriptor), byteCount: byteCount, token: memory.token)
    }

    deinit { Glibc.close(descriptor) }

    /// Copies a payload into the memory and returns where it lies; nil where the other side has not mapped it, or there is no room.
    func place(_ payload: Payload) -> Range<Int>? {
        guard memory.isAccepted else { return nil }
        places.removeAll { !memory.isInUse(at: $0.lowerBound) }
        // The lowest gap, so that few pages are used and those again and again, while they are in the cache.
        var offset = SharedMapping.firstBlock + SharedMapping.blockHeader
        var index = 0
        while index < places.count, offset + payload.count + SharedMapping.blockHeader > places[index].lowerBound {
            offset = SharedOutbox.offset(after: places[index])
            index += 1
        }
        guard payload.count <= memory.byteCount, offset <= memory.byteCount - payload.count else { return nil }
        payload.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { (memory.base + offset).copyMemory(from: start, byteCount: bytes.count) }
        }
        memory.setInUse(true, at: offset)
        places.insert(offset..<offset + payload.count, at: index)
        return offset..<offset + payload.count
    }

    /// Lets go of a payload whose message was not sent.
    func takeBack(_ place: Range<Int>) { memory.setInUse(false, at: place.lowerBound) }

    /// Where the bytes of a block can begin behind another.
    private static func offset(after place: Range<Int>) -> Int {
        let line = SharedMapping.blockHeader
        return (place.upperBound + line - 1) / line * line + line
    }
}
