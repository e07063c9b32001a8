internal import CLockstepWire

/// A message as it is sent: frame 0, and frame 1 if there is a payload.
public struct EncodedEnvelope: Sendable {
    /// The packed envelope up to the payload's tag and length.
    public let header: [UInt8]
    /// The payload's bytes, not copied.
    public let payload: Payload?

    /// Both frames joined: one protobuf message, for tools and tests; copies the payload.
    public func joined() -> [UInt8] { header + (payload?.array() ?? []) }
}

extension Envelope {
    /// The largest first frame that is sent or accepted, 1 MiB: only settings and lists of members grow with the job.
    public static let maximumHeaderBytes = 1 << 20

    /// The message's frames.
    ///
    /// Throws `WireError` if a text holds U+0000, a number does not fit its field, or frame 0 would be larger than
    /// `maximumHeaderBytes`.
    public func encoded() throws(WireError) -> EncodedEnvelope { try encoded(offering: nil, payloadAt: nil) }

    /// The message's frames, with an offer of memory for the payloads to come, or with the place of its own payload in such memory
    /// instead of the payload.
    package func encoded(offering offer: MemoryOffer?, payloadAt range: Range<Int>?) throws(WireError)
        -> EncodedEnvelope
    {
        let arena = Arena()
        var message = Lockstep__Envelope()
        lockstep__envelope__init(&message)
        message.version = Self.protocolVersion
        message.run.data = arena.copy(run.bytes)
        message.run.len = RunID.byteCount
        message.generation = try Field.pack(generation, "generation")
        message.step = try Field.pack(step, "step")
        message.sender = try sender.packed()
        try body.pack(into: &message, arena)
        message.memory_offer = try offer?.packed(arena)
        message.memory_range = try range?.packed(arena)
        let payload = range == nil ? payload : nil

        let packed = lockstep__envelope__get_packed_size(&message)
        let tail = payload.map { Self.tail(payloadBytes: $0.count) } ?? []
        guard packed <= Self.maximumHeaderBytes - tail.count else {
            throw .headerTooLarge(found: packed + tail.count, limit: Self.maximumHeaderBytes)
        }
        let header = [UInt8](unsafeUninitializedCapacity: packed + tail.count) { bytes, count in
            count = lockstep__envelope__pack(&message, bytes.baseAddress)
            for byte in tail {
                bytes[count] = byte
                count += 1
            }
        }
        return EncodedEnvelope(header: header, payload: payload)
    }

    /// The message in these frames.
    ///
    /// Throws `WireError` for whatever `encoded()` could not have made, with two exceptions so that a later release can add
    /// to this version: fields may come in any order, and unknown fields within a body are passed over.
    public init(decoding header: UnsafeRawBufferPointer, payload: Payload?) throws(WireError) {
        let received = try ReceivedEnvelope(decoding: header, payload: payload)
        guard received.payloadRange == nil else { throw .memoryNotShared }
        self = received.envelope
    }

    fileprivate init(_ message: Lockstep__Envelope, payload: Payload?, headerBytes: Int) throws(WireError) {
        guard message.version == Self.protocolVersion else {
            guard message.version != 0 else { throw .malformed(bytes: headerBytes) }
            throw .version(found: UInt64(message.version), expected: Self.protocolVersion)
        }
        guard message.base.n_unknown_fields == 0 else {
            throw .unknownField(number: message.base.unknown_fields.map { Int($0.pointee.tag) } ?? 0)
        }
        guard message.payload.len == 0 else { throw .payloadInHeader(bytes: message.payload.len) }
        guard let run = RunID(bytes: UnsafeBufferPointer(start: message.run.data, count: message.run.len)) else {
            throw .runLength(found: message.run.len)
        }
        self.init(
            run: run, generation: try Field.unpack(message.generation, "generation"),
            step: try Field.unpack(message.step, "step"), sender: Sender(packed: message.sender),
            body: try Body(unpacking: message), payload: payload)
    }

    /// The end of frame 0 where there is a frame 1: the payload's tag, field 100 of wire type 2, and its length.
    fileprivate static func tail(payloadBytes count: Int) -> [UInt8] {
        var tail: [UInt8] = [0xA2, 0x06]
        var rest = UInt64(count)
        while rest >= 0x80 {
            tail.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        tail.append(UInt8(rest))
        return tail
    }

    /// The version, if the header starts with it as every version's does.
    fileprivate static func leadingVersion(_ header: UnsafeRawBufferPointer) -> UInt64? {
        guard header.first == 0x08 else { return nil }
        var version: UInt64 = 0
        for (index, byte) in header.dropFirst().prefix(9).enumerated() {
            version |= UInt64(byte & 0x7F) << (7 * UInt64(index))
            if byte < 0x80 { return version }
        }
        return nil
    }
}

extension ReceivedEnvelope {
    /// What is in these frames; throws as `Envelope.init(decoding:payload:)` does.
    package init(decoding header: UnsafeRawBufferPointer, payload: Payload?) throws(WireError) {
        guard header.count <= Envelope.maximumHeaderBytes else {
            throw .headerTooLarge(found: header.count, limit: Envelope.maximumHeaderBytes)
        }
        // Before anything else, as another version may differ in everything but this.
        if let found = Envelope.leadingVersion(header), found != UInt64(Envelope.protocolVersion) {
            throw .version(found: found, expected: Envelope.protocolVersion)
        }
        var packed = header[...]
        if let payload {
            let tail = Envelope.tail(payloadBytes: payload.count)
            guard packed.suffix(tail.count).elementsEqual(tail) else { throw .payloadLength(frame: payload.count) }
            packed = packed.dropLast(tail.count)
        }
        let bytes = UnsafeRawBufferPointer(rebasing: packed)
        guard
            let message = lockstep__envelope__unpack(
                nil, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
        else { throw .malformed(bytes: header.count) }
        defer { lockstep__envelope__free_unpacked(message, nil) }
        envelope = try Envelope(message.pointee, payload: payload, headerBytes: header.count)
        offer = try message.pointee.memory_offer.map { offer throws(WireError) in try MemoryOffer(offer.pointee) }
        payloadRange = try message.pointee.memory_range.map { range throws(WireError) in try Range(range.pointee) }
        guard payload == nil || payloadRange == nil else { throw .malformed(bytes: header.count) }
    }
}

extension Sender {
    private static let coordinatorNumber = UInt32.max
    private static let newcomerNumber = UInt32.max - 1

    fileprivate init(packed: UInt32) {
        switch packed {
        case Self.coordinatorNumber: self = .coordinator
        case Self.newcomerNumber: self = .newcomer
        default: self = .rank(Int(packed))
        }
    }

    fileprivate func packed() throws(WireError) -> UInt32 {
        switch self {
        case .coordinator: return Self.coordinatorNumber
        case .newcomer: return Self.newcomerNumber
        case .rank(let rank):
            guard let number = UInt32(exactly: rank), number < Self.newcomerNumber else {
                throw .number(field: "sender", found: "\(rank)", expected: "0 to \(Self.newcomerNumber - 1)")
            }
            return number
        }
    }
}
