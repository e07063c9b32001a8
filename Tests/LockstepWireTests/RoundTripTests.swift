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
        let envelope = Samples.envelope(.state(State(offset: 0, total: 9)), payload)
        let encoded = try envelope.encoded()
        #expect(try Envelope(header: encoded.header, payload: encoded.payload).payload == payload)
    }

    @Test func everyKindOfBodyIsAmongTheSamples() {
        // The names are those of the protocol file; a body that is added there is missing here until it has a sample.
        #expect(Set(Samples.bodies.map(\.name)).count == 26)
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

    /// Texts are shown to people, so none may clear their screen or forge a line; a signature has a line for each parameter.
    @Test func controlCharactersOfForeignTextsBecomeSpaces() throws {
        let hello = Hello(host: "a\u{1B}[2J\nb\u{7F}", pid: 1, endpoint: "", processor: "", software: "")
        guard case .hello(let received) = try roundTrip(.hello(hello)) else {
            throw WireError.missingBody
        }
        #expect(received.host == "a [2J b ")
        let ready = Ready(
            signature: "w [2]\nb\u{1B} [1]", fingerprint: "", parameters: "", processor: "", trainingSamples: 0,
            testSamples: 0, parameterCount: 0, stateBytes: 0)
        guard case .ready(let signed) = try roundTrip(.ready(ready)) else {
            throw WireError.missingBody
        }
        #expect(signed.signature == "w [2]\nb  [1]")
    }

    private func roundTrip(_ body: Body) throws -> Body {
        let encoded = try Samples.envelope(body).encoded()
        return try Envelope(header: encoded.header, payload: nil).body
    }
}
