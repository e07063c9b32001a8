import LockstepWire

/// Messages of every body, with values at the ends of their ranges.
enum Samples {
    static let run = RunID(bytes: Array(1...16))!  // 16 bytes, so never nil.

    static let bodies: [Body] = [
        .hello(
            Hello(host: "nødé-1", pid: 4_294_967_295, endpoint: "tcp://[::1]:5", processor: "SkylakeX", software: "0.1")
        ),
        .hello(Hello(host: "", pid: 0, endpoint: "", processor: "", software: "")),
        .welcome(Welcome(rank: 0, workers: 1, settings: "{\"a\": [1, 2]}", recordedSteps: 0)),
        .welcome(Welcome(rank: 7, workers: 8, settings: String(repeating: "x", count: 70_000), recordedSteps: .max)),
        .refusal(Refusal(reason: "the data differ: 日本語 🙂")),
        .ready(
            Ready(
                signature: "s", fingerprint: "f", parameters: "p", processor: "c", trainingSamples: 0,
                testSamples: .max, parameterCount: 9, stateBytes: 7, holdsState: false, sumCount: 11)),
        .members(Members(members: [])),
        .members(Members(members: [], isStar: true)),
        .members(
            Members(members: [
                Member(rank: 0, host: "a", pid: 1, endpoint: "tcp://a:1", microbatches: 0..<4),
                Member(rank: 1, host: "", pid: 0, endpoint: "", microbatches: 4..<4, publicKey: "Yne@$w"),
            ])),
        .peerHello,
        .connected(Connected(holdsState: true)),
        .connected(Connected(holdsState: false)),
        .connected(Connected(holdsState: true, digest: "0f")),
        .putOut(PutOut(reason: "silent")),
        .linkLost(LinkLost(rank: 4_294_967_295)),
        .stepOrder(StepOrder(epoch: 0, batch: 0)),
        .stepOrder(StepOrder(epoch: .max, batch: 12, compares: true, recordedSteps: .max)),
        .partial(Partial(bucket: 0, subtrees: [])),
        .partial(
            Partial(bucket: 3, subtrees: [0..<1, 1..<2, 4..<8, 0..<4_294_967_295], losses: [1.5, -0.0], samples: .max)),
        .reduced(Reduced(bucket: 4_294_967_295)),
        .reduced(Reduced(bucket: 0, losses: [1.5, -0.0], samples: [0, .max])),
        .stepReport(StepReport(losses: [], computeSeconds: 0, communicateSeconds: 0, bytesSent: 0)),
        .stepReport(
            StepReport(
                losses: [1.5, -0.0, .infinity, .leastNonzeroMagnitude], computeSeconds: 0.1, communicateSeconds: 1e-9,
                bytesSent: .max, digest: "0f", overflowed: true, sendSeconds: 0.125)),
        .evaluateOrder(EvaluateOrder(epoch: 5)),
        .evaluationReport(EvaluationReport(firstBlock: 0, losses: [], correct: [], counts: [], digest: "")),
        .evaluationReport(
            EvaluationReport(firstBlock: 9, losses: [0, 2.25], correct: [0, .max], counts: [1, 2], digest: "d")),
        .evaluationReport(EvaluationReport(firstBlock: 0, losses: [1, 2], correct: [], counts: [3, 4], digest: "d")),
        .samplesRequest(SamplesRequest(tests: false, parts: 0..<0)),
        .samplesRequest(SamplesRequest(tests: true, parts: 3..<4_294_967_295)),
        .samples(LockstepWire.Samples(tests: false, number: 0)),
        .samples(LockstepWire.Samples(tests: true, number: 4_294_967_295)),
        .stepReport(
            StepReport(
                losses: [1], computeSeconds: 0, communicateSeconds: 0, bytesSent: 0,
                samples: SampleAccount(
                    generation: .max,
                    shares: [
                        SampleShare(
                            rank: 4_294_967_295, host: "h", pid: 4_294_967_295, microbatches: 0..<4_294_967_295,
                            digest: .max), SampleShare(rank: 0, host: "", pid: 0, microbatches: 0..<0, digest: 0),
                    ]))),
        .stateOrder(StateOrder(ranks: [])),
        .stateOrder(StateOrder(ranks: [0, 4_294_967_293])),
        .stateOrder(StateOrder(ranks: [], isDigestOnly: true)),
        .stateDigest(StateDigest(digest: "0f")),
        .state(State(offset: 0, total: 0)),
        .state(State(offset: .max, total: .max)),
        .stateReceived(StateReceived(end: .max)),
        .finish,
        .stop(Stop(reason: "worker 3 died")),
        .failure(Failure(phase: "forward", reason: "the loss is not finite")),
        .leave(Leave(reason: "")),
        .heartbeat(Heartbeat(phase: "computing")),
        .heartbeat(Heartbeat(phase: "waiting", unheard: [0, 4_294_967_293])),
    ]

    static let payloads: [Payload?] = [
        nil, Payload([]), Payload([0]), Payload([UInt8](repeating: 0xA2, count: 127)),
        Payload([UInt8](repeating: 6, count: 128)), Payload(floats: [1.5, -2, .nan, .infinity]),
        Payload([UInt8](repeating: 1, count: 20_000)),
    ]

    static let senders: [Sender] = [.coordinator, .newcomer, .rank(0), .rank(4_294_967_293)]

    /// Every body, with payloads, senders and positions in turn.
    static let envelopes = bodies.enumerated().map { index, body in
        Envelope(
            run: index % 5 == 0 ? .unknown : run, generation: index % 2 == 0 ? index : .max,
            step: index % 3 == 0 ? .max : index, sender: senders[index % senders.count], body: body,
            payload: payloads[index % payloads.count])
    }

    /// One envelope with the body and the payload.
    static func envelope(_ body: Body, _ payload: Payload? = nil) -> Envelope {
        Envelope(run: run, generation: 1, step: 2, sender: .rank(3), body: body, payload: payload)
    }
}

extension Envelope {
    /// The message in these frames, as a transport decodes them.
    init(header: [UInt8], payload: Payload?) throws {
        self = try header.withUnsafeBytes { header throws(WireError) in
            try Envelope(decoding: header, payload: payload)
        }
    }
}

/// The `WireError` that decoding gives; nil if it gives a message.
func rejection(_ header: [UInt8], _ payload: Payload? = nil) -> WireError? {
    do {
        _ = try Envelope(header: header, payload: payload)
        return nil
    } catch {
        return error as? WireError
    }
}
