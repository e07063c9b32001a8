import CLockstepWire
import LockstepWire
import Testing

/// What a message says of memory that sender and receiver share.
@Suite struct SharedMemoryCodingTests {
    private static let offer = MemoryOffer(descriptor: 7, byteCount: 1 << 30, token: .max)
    private static let sample = Samples.envelope(.piece, Payload([UInt8](repeating: 3, count: 300)))

    private func receive(_ encoded: EncodedEnvelope) throws -> ReceivedEnvelope {
        try encoded.header.withUnsafeBytes { try ReceivedEnvelope(decoding: $0, payload: encoded.payload) }
    }

    @Test func anOfferComesBesideThePayload() throws {
        let received = try receive(Self.sample.encoded(offering: Self.offer, payloadAt: nil))
        #expect(received.envelope == Self.sample)
        #expect(received.offer == Self.offer)
        #expect(received.payloadRange == nil)
    }

    /// Who knows nothing of shared memory may pass an offer over, and a payload that lies elsewhere is missing to it.
    @Test func anOfferMayBePassedOverButAPlaceMayNot() throws {
        let offering = try Self.sample.encoded(offering: Self.offer, payloadAt: nil)
        #expect(try Envelope(header: offering.header, payload: offering.payload) == Self.sample)
        #expect(rejection(try Self.sample.encoded(offering: nil, payloadAt: 64..<364).header) == .memoryNotShared)
    }

    @Test(arguments: [0..<0, 4160..<4460, 0..<Int.max, Int.max..<Int.max])
    func aPlaceComesInsteadOfThePayload(_ place: Range<Int>) throws {
        let encoded = try Self.sample.encoded(offering: nil, payloadAt: place)
        #expect(encoded.payload == nil)
        let received = try receive(encoded)
        #expect(received.payloadRange == place)
        #expect(received.envelope == Samples.envelope(.piece))
    }

    @Test func thePlainUnpackerKnowsBoth() throws {
        let bytes = try Self.sample.encoded(offering: Self.offer, payloadAt: 4160..<4460).header
        let message = try #require(lockstep__envelope__unpack(nil, bytes.count, bytes))
        defer { lockstep__envelope__free_unpacked(message, nil) }
        let (offer, range) = (message.pointee.memory_offer.pointee, message.pointee.memory_range.pointee)
        #expect(offer.descriptor == 7 && offer.bytes == 1 << 30 && offer.token == .max)
        #expect(range.offset == 4160 && range.bytes == 300)
    }

    @Test func aPlaceBeyondAllNumbersIsRefused() throws {
        var header = try Self.sample.encoded(offering: nil, payloadAt: 1..<1 + 300).header
        // Field 99 of wire type 2, of five bytes: field 1 is 1, field 2 is 300 in two bytes.
        let place: [UInt8] = [0x9A, 0x06, 0x05, 0x08, 0x01, 0x10, 0xAC, 0x02]
        #expect(Array(header.suffix(place.count)) == place)
        header.removeLast(place.count)
        let most: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]
        #expect(
            rejection(header + [0x9A, 0x06, 0x0C, 0x08, 0x01, 0x10] + most)
                == .number(field: "memory_range.bytes", found: "\(Int.max)", expected: "0 to \(Int.max - 1)"))
    }

    @Test func aPayloadIsNotInTwoPlaces() throws {
        let placed = try Self.sample.encoded(offering: nil, payloadAt: 64..<67)
        let whole = try Samples.envelope(.piece, Payload([1, 2, 3])).encoded()
        let tail = whole.header.suffix(3)
        #expect(rejection(placed.header + tail, Payload([1, 2, 3])) == .malformed(bytes: placed.header.count + 3))
    }
}

extension Body {
    /// A message that carries a payload.
    fileprivate static let piece = Body.state(State(offset: 0, total: 0))
}
