import LockstepWire
import Testing

/// What is encoded is what is decoded.
@Suite struct RoundTripTests {
    @Test(arguments: Samples.envelopes)
    func everyBodySurvives(_ envelope: Envelope) throws {
        let encoded = try envelope.encoded()
        #expect(encoded.payload == envelope.payload)
        #expect(try Envelope(header: encoded.header, payload: encoded.payload) == envelope)
    }

    @Test(arguments: Samples.payloads)
    func everyPayloadSurvives(_ payload: Payload?) throws {
        let envelope = Samples.envelope(.state, payload)
        let encoded = try envelope.encoded()
        #expect(try Envelope(header: encoded.header, payload: encoded.payload).payload == payload)
    }

    @Test func everyKindOfBodyIsAmongTheSamples() {
        // The names are those of the protocol file; a body that is added there is missing here until it has a sample.
        #expect(Set(Samples.bodies.map(\.name)).count == 20)
    }

    @Test func bitsOfLossesSurvive() throws {
        let loss = Double(bitPattern: 0x7FF8_0000_DEAD_BEEF)
        let report = StepReport(losses: [loss, -0.0], computeSeconds: 1, communicateSeconds: 2, bytesSent: 3)
        let encoded = try Samples.envelope(.stepReport(report)).encoded()
        guard case .stepReport(let decoded) = try Envelope(header: encoded.header, payload: nil).body else {
            Issue.record("another body came back")
            return
        }
        #expect(decoded.losses.map(\.bitPattern) == [loss.bitPattern, (-0.0).bitPattern])
    }

    @Test func aSmallMessageHasASmallHeader() throws {
        let partial = Body.partial(Partial(bucket: 1, subtrees: [0..<4]))
        let encoded = try Samples.envelope(partial, Payload(floats: [1, 2])).encoded()
        #expect(encoded.header.count == 38)
    }

    @Test(arguments: [
        Samples.envelope(.reduced(Reduced(bucket: -1))),
        Samples.envelope(.reduced(Reduced(bucket: 1 << 32))),
        Samples.envelope(.stepOrder(StepOrder(epoch: -1, batch: 0))),
        Samples.envelope(.stop(Stop(reason: "a\0b"))),
        Samples.envelope(.stop(Stop(reason: String(repeating: "x", count: 1 << 20)))),
        Samples.envelope(
            .evaluationReport(EvaluationReport(firstBlock: 0, losses: [1], correct: [-1], counts: [1], digest: ""))),
        Envelope(run: .unknown, generation: -1, sender: .coordinator, body: .finish),
        Envelope(run: .unknown, step: -1, sender: .coordinator, body: .finish),
        Envelope(run: .unknown, sender: .rank(-1), body: .finish),
        Envelope(run: .unknown, sender: .rank(4_294_967_294), body: .finish),
    ])
    func whatDoesNotFitIsRefused(_ envelope: Envelope) {
        #expect(throws: WireError.self) { try envelope.encoded() }
    }

    @Test func aHeaderMayBeAsLargeAsTheLimit() throws {
        func envelope(_ count: Int) -> Envelope {
            Samples.envelope(.stop(Stop(reason: String(repeating: "x", count: count))), Payload([1]))
        }
        let rest = try envelope(100_000).encoded().header.count - 100_000
        let largest = Envelope.maximumHeaderBytes - rest
        let encoded = try envelope(largest).encoded()
        #expect(encoded.header.count == Envelope.maximumHeaderBytes)
        #expect(try Envelope(header: encoded.header, payload: encoded.payload) == envelope(largest))
        #expect(throws: WireError.headerTooLarge(found: (1 << 20) + 1, limit: 1 << 20)) {
            try envelope(largest + 1).encoded()
        }
    }
}
