internal import CLockstepSystem
internal import Glibc
internal import LockstepWire

/// Memory of another process's, in which the payloads that come in over one connection may lie.
///
/// What is in it can only be wrong, never harmful: its size cannot change, and where a payload lies is checked against that. Who
/// changes a payload after sending it is as untrue as who sends a wrong one.
final class SharedInbox: Sendable {
    private let memory: SharedMapping
    let token: UInt64

    /// Maps the memory that a process offers, and tells it so; nil where it may not be opened, is not what was offered, or has no room.
    init?(_ offer: MemoryOffer, of process: Int32) {
        let path = "/proc/\(process)/fd/\(offer.descriptor)"
        // Looked at before it is opened, as to open a file of another kind may do something.
        var name = [CChar](repeating: 0, count: 64)
        let length = readlink(path, &name, name.count)
        guard length > 0, length < name.count,
            String(decoding: name[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
                == "/memfd:lockstep-shared (deleted)"
        else { return nil }
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return nil }
        defer { Glibc.close(descriptor) }
        var status = stat()
        guard lockstep_is_sealed_memory(descriptor) == 1, fstat(descriptor, &status) == 0,
            status.st_size == offer.byteCount,
            let memory = SharedMapping(descriptor: descriptor, byteCount: offer.byteCount), memory.token == offer.token
        else { return nil }
        self.memory = memory
        token = offer.token
        memory.accept()
    }

    /// The payload in a place; the sender may use the place again once nobody holds it any more.
    func payload(at place: Range<Int>) throws(WireError) -> Payload {
        let least = SharedMapping.firstBlock + SharedMapping.blockHeader
        guard place.lowerBound >= least, place.upperBound <= memory.byteCount,
            place.lowerBound.isMultiple(of: SharedMapping.blockHeader), memory.isInUse(at: place.lowerBound)
        else { throw .memoryRange(found: place, limit: memory.byteCount) }
        let bytes = UnsafeRawBufferPointer(start: memory.base + place.lowerBound, count: place.count)
        return Payload(owner: Held(memory, place.lowerBound), bytes: bytes)
    }

    /// Keeps the memory, and tells the sender when the payload is not held any more.
    private final class Held: Sendable {
        private let memory: SharedMapping
        private let offset: Int

        init(_ memory: SharedMapping, _ offset: Int) {
            self.memory = memory
            self.offset = offset
        }

        deinit { memory.setInUse(false, at: offset) }
    }
}
