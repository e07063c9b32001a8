internal import CLockstepWire

extension MemoryOffer {
    init(_ offer: Lockstep__MemoryOffer) throws(WireError) {
        self.init(
            descriptor: Int(offer.descriptor), byteCount: try Field.unpack(offer.bytes, "memory_offer.bytes"),
            token: offer.token)
    }

    func packed(_ arena: Arena) throws(WireError) -> UnsafeMutablePointer<Lockstep__MemoryOffer> {
        try arena.message(lockstep__memory_offer__init) { message throws(WireError) in
            message.descriptor = try Field.pack(descriptor, "memory_offer.descriptor")
            message.bytes = try Field.pack(byteCount, "memory_offer.bytes")
            message.token = token
        }
    }
}

extension Range<Int> {
    /// A place in shared memory; throws if it ends beyond what there are numbers for.
    init(_ range: Lockstep__MemoryRange) throws(WireError) {
        let offset = try Field.unpack(range.offset, "memory_range.offset")
        let (end, isTooFar) = offset.addingReportingOverflow(try Field.unpack(range.bytes, "memory_range.bytes"))
        guard !isTooFar else {
            throw .number(
                field: "memory_range.bytes", found: "\(range.bytes)", expected: "0 to \(Int.max - offset)")
        }
        self = offset..<end
    }

    func packed(_ arena: Arena) throws(WireError) -> UnsafeMutablePointer<Lockstep__MemoryRange> {
        try arena.message(lockstep__memory_range__init) { message throws(WireError) in
            message.offset = try Field.pack(lowerBound, "memory_range.offset")
            message.bytes = try Field.pack(count, "memory_range.bytes")
        }
    }
}
