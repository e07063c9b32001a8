import LockstepWire
import Testing

/// What is not a message is refused with what was wrong with it, and never harms.
@Suite struct RejectionTests {
    private static let sample = Samples.envelope(.partial(Partial(bucket: 1, subtrees: [0..<4])), Payload([1, 2, 3]))

    private static let version = UInt8(Envelope.protocolVersion)

    @Test func anotherVersionIsNamedWhateverFollows() {
        let (other, expected) = (RejectionTests.version + 1, Envelope.protocolVersion)
        let named = WireError.version(found: UInt64(other), expected: expected)
        #expect(rejection([0x08, other]) == named)
        #expect(rejection([0x08, other, 0xFF, 0xFF, 0xFF]) == named)
        #expect(rejection([0x08, other], Payload([1])) == named)
        #expect(rejection([0x08, 0x80, 0x80, 0x04, 0x00]) == .version(found: 65536, expected: expected))
        // The version at another place than the first.
        #expect(rejection([0x18, 0x01, 0x08, other]) == named)
        // Whatever was of an earlier version would be misread.
        #expect(rejection([0x08, 0x01]) == .version(found: 1, expected: expected))
        #expect(
            WireError.version(found: 1, expected: 2).description == "a message has protocol version 1, this software "
                + "speaks version 2; run the same Lockstep release on every host")
    }

    @Test func whatIsNoEnvelopeIsMalformed() {
        #expect(rejection([]) == .malformed(bytes: 0))
        #expect(rejection(Array("hello".utf8)) == .malformed(bytes: 5))
        #expect(rejection([UInt8](repeating: 0xFF, count: 40)) == .malformed(bytes: 40))
        // A version, and then a field that is cut short.
        #expect(rejection([0x08, RejectionTests.version, 0x12, 0x10]) == .malformed(bytes: 4))
        // Endless digits of a version.
        #expect(rejection([0x08] + [UInt8](repeating: 0x80, count: 30)) == .malformed(bytes: 31))
    }

    @Test func aMessageNeedsARunAndABody() throws {
        #expect(rejection([0x08, RejectionTests.version]) == .runLength(found: 0))
        #expect(rejection([0x08, RejectionTests.version, 0x12, 0x01, 0x07]) == .runLength(found: 1))
        #expect(
            rejection([0x08, RejectionTests.version, 0x12, 0x10] + [UInt8](repeating: 0, count: 16)) == .missingBody)
    }

    @Test func aBodyThatThisVersionDoesNotHaveIsNamed() throws {
        let header = try Samples.envelope(.finish).encoded().header
        // Field 45 of wire type 2, empty.
        #expect(rejection(header + [0xEA, 0x02, 0x00]) == .unknownField(number: 45))
    }

    @Test func fieldsThatABodyDoesNotHaveArePassedOver() throws {
        // Heartbeat is field 44 of wire type 2; field 9 within it is a number that this version does not know.
        let header = try Samples.envelope(.heartbeat(Heartbeat(phase: "x"))).encoded().header
        let body: [UInt8] = [0xE2, 0x02, 0x03, 0x0A, 0x01, 0x78]
        #expect(Array(header.suffix(body.count)) == body)
        let extended = header.dropLast(body.count) + [0xE2, 0x02, 0x05, 0x0A, 0x01, 0x78, 0x48, 0x07]
        #expect(try Envelope(header: Array(extended), payload: nil).body == .heartbeat(Heartbeat(phase: "x")))
    }

    @Test func theHeaderMustAnnounceThePayload() throws {
        let encoded = try Self.sample.encoded()
        #expect(rejection(encoded.header, Payload([1, 2])) == .payloadLength(frame: 2))
        #expect(rejection(encoded.header, Payload([])) == .payloadLength(frame: 0))
        #expect(rejection(encoded.header + [0], encoded.payload) == .payloadLength(frame: 3))
        #expect(rejection(try Samples.envelope(.finish).encoded().header, Payload([1])) == .payloadLength(frame: 1))
        #expect(rejection([], Payload([])) == .payloadLength(frame: 0))
        // Announced, but not there.
        #expect(rejection(encoded.header) == .malformed(bytes: encoded.header.count))
        #expect(rejection(encoded.joined()) == .payloadInHeader(bytes: 3))
    }

    @Test func aHeaderAboveTheLimitIsNotRead() {
        let header = [UInt8](repeating: 0, count: Envelope.maximumHeaderBytes + 1)
        #expect(rejection(header) == .headerTooLarge(found: (1 << 20) + 1, limit: 1 << 20))
    }

    @Test func textMustBeUTF8() throws {
        var header = try Samples.envelope(.stop(Stop(reason: "abc"))).encoded().header
        header[header.count - 2] = 0xFF
        #expect(rejection(header) == .text(field: "stop.reason"))
    }

    @Test func rangesAndNumbersAreChecked() throws {
        // Partial is field 21 of wire type 2; the subtree within it is 2 ..< 1.
        let start = try Samples.envelope(.finish).encoded().header.dropLast(3)
        #expect(
            rejection(start + [0xAA, 0x01, 0x06, 0x12, 0x04, 0x08, 0x02, 0x10, 0x01])
                == .number(field: "subtree.end", found: "1", expected: "2 or more"))
        // StepOrder is field 20; the epoch is 2⁶⁴ − 1.
        let most = [UInt8](repeating: 0xFF, count: 9) + [0x01]
        #expect(
            rejection(start + [0xA2, 0x01, 0x0B, 0x08] + most)
                == .number(field: "step_order.epoch", found: "\(UInt64.max)", expected: "0 to \(Int.max)"))
        // EvaluationReport is field 31; one loss without a count. A job need not say what is correct.
        #expect(
            rejection(start + [0xFA, 0x01, 0x0A, 0x12, 0x08] + [UInt8](repeating: 0, count: 8))
                == .number(
                    field: "evaluation_report.counts of elements", found: "0", expected: "1, one for each loss"))
    }

    @Test func everyTruncationIsAMessageOrAnError() throws {
        var rejected = 0
        for envelope in Samples.envelopes {
            let encoded = try envelope.encoded()
            for count in 0..<min(encoded.header.count, 300) {
                if rejection(Array(encoded.header.prefix(count)), encoded.payload) != nil { rejected += 1 }
            }
        }
        #expect(rejected > 1000)
    }

    @Test func everyFlippedBitIsAMessageOrAnError() throws {
        var (decoded, rejected) = (0, 0)
        for envelope in Samples.envelopes {
            let encoded = try envelope.encoded()
            for bit in 0..<min(encoded.header.count, 300) * 8 {
                var header = encoded.header
                header[bit / 8] ^= 1 << (bit % 8)
                if rejection(header, encoded.payload) == nil { decoded += 1 } else { rejected += 1 }
            }
        }
        #expect(decoded > 1000 && rejected > 1000)
    }

    @Test func randomBytesAreAMessageOrAnError() throws {
        var random = SplitMix(state: 43052)
        let header = try Self.sample.encoded().header
        for round in 0..<100_000 {
            var bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            // A third of them begin as a message does, so that they get past the first checks.
            if round % 3 == 0 { bytes = header.prefix(Int.random(in: 0...header.count, using: &random)) + bytes }
            if round % 2 == 0 {
                _ = rejection(bytes)
            } else {
                let tail: [UInt8] = round % 4 == 1 ? [0xA2, 0x06, 0x03] : []
                _ = rejection(bytes + tail, Payload([1, 2, 3]))
            }
        }
    }
}

/// A small generator with a seed (Steele, Lea and Flood 2014), so that a failure comes again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
