import LockstepWire

extension Body {
    /// What a member says whose links are up, and who holds the state after the envelope's step.
    static let holding = Body.connected(Connected(holdsState: true))
}

extension SampleAccount {
    /// What a report says of a step of four microbatches.
    static let ofFour = SampleAccount(
        generation: 1, shares: [SampleShare(rank: 0, host: "h", pid: 1, microbatches: 0..<4, digest: 7)])
}

/// Messages that nobody asked for.
enum Foreign {
    /// One of each body, and some with the largest numbers there are.
    static let bodies: [Body] = [
        .hello(Simulation.hello(9)),
        .welcome(Welcome(rank: 0, workers: 2, settings: "{}", recordedSteps: 0)),
        .welcome(Welcome(rank: .max, workers: .max, settings: "", recordedSteps: .max)),
        .refusal(Refusal(reason: "no")),
        .ready(ready()), .ready(ready(count: .max)),
        .members(Members(members: [])), .members(Members(members: [], isStar: true)),
        .members(Members(members: [member(0, 0..<Int.max), member(1, 0..<Int.max)])),
        .members(Members(members: [member(0, 0..<4), member(0, 4..<4)])),
        .members(Members(members: [member(.max, 0..<4)])),
        .peerHello, .connected(Connected(holdsState: true)), .connected(Connected(holdsState: false)),
        .putOut(PutOut(reason: "no")), .linkLost(LinkLost(rank: .max)),
        .stepOrder(StepOrder(epoch: 0, batch: 0)), .stepOrder(StepOrder(epoch: .max, batch: .max)),
        .partial(Partial(bucket: 0, subtrees: [0..<2])), .partial(Partial(bucket: .max, subtrees: [0..<Int.max])),
        .partial(Partial(bucket: 0, subtrees: [])),
        .reduced(Reduced(bucket: 0)), .reduced(Reduced(bucket: .max)), .reduced(Reduced(bucket: 0, losses: [.nan, 1])),
        .stepReport(StepReport(losses: [], computeSeconds: 0, communicateSeconds: 0, bytesSent: 0)),
        .stepReport(StepReport(losses: [.nan, 1], computeSeconds: .infinity, communicateSeconds: -1, bytesSent: .max)),
        .stepReport(
            StepReport(
                losses: [1, 1, 1, 1], computeSeconds: 0, communicateSeconds: 0, bytesSent: 0,
                samples: SampleAccount(
                    generation: .max,
                    shares: [SampleShare(rank: 0, host: "", pid: 0, microbatches: 0..<Int.max, digest: 0)]))),
        .evaluateOrder(EvaluateOrder(epoch: .max)),
        .evaluationReport(EvaluationReport(firstBlock: 0, losses: [1], correct: [1], counts: [1], digest: "")),
        .evaluationReport(
            EvaluationReport(
                firstBlock: .max, losses: [1, 1], correct: [.max, .max], counts: [.max, .max], digest: "")),
        .samplesRequest(SamplesRequest(tests: false, parts: 0..<4)),
        .samplesRequest(SamplesRequest(tests: true, parts: 0..<Int.max)),
        .samples(Samples(tests: false, number: 0)), .samples(Samples(tests: true, number: .max)),
        .stateOrder(StateOrder(ranks: [])), .stateOrder(StateOrder(ranks: [], isDigestOnly: true)),
        .stateDigest(StateDigest(digest: "")), .stateOrder(StateOrder(ranks: [0, .max])),
        .state(State(offset: 0, total: 3)),
        .state(State(offset: .max, total: .max)), .stateReceived(StateReceived(end: .max)), .finish,
        .stop(Stop(reason: "no")), .failure(Failure(phase: "idle", reason: "no")),
        .leave(Leave(reason: "no")), .heartbeat(Heartbeat(phase: "asleep")),
        .heartbeat(Heartbeat(phase: "asleep", unheard: [0, 1, .max])),
    ]

    static func ready(
        signature: String = "s", fingerprint: String = "f", parameters: String = "p", processor: String = "Chip",
        count: Int = 23, testCount: Int? = nil
    ) -> Ready {
        Ready(
            signature: signature, fingerprint: fingerprint, parameters: parameters, processor: processor,
            trainingSamples: count, testSamples: testCount ?? count, parameterCount: count, stateBytes: count)
    }

    static func member(_ rank: Int, _ microbatches: Range<Int>) -> Member {
        Member(rank: rank, host: "h", pid: 1, endpoint: "worker 0", microbatches: microbatches)
    }

    static let payloads: [Payload?] = [
        nil, Payload([UInt8]()), Payload([1, 2, 3]), Payload(floats: [1, 2, 3, 4]),
    ]

    /// Every body, with and without bytes, from senders that are not what they say, in runs and generations that are not this one.
    static let harmless: [Envelope] = {
        let other = RunID("fedcba9876543210fedcba9876543210")!  // 32 hexadecimal digits, so it is one
        return bodies.flatMap { body in
            payloads.flatMap { payload in
                [
                    Envelope(run: other, generation: 1, step: 0, sender: .rank(0), body: body, payload: payload),
                    Envelope(run: other, generation: 1, step: 1, sender: .coordinator, body: body, payload: payload),
                    Envelope(run: .unknown, sender: .newcomer, body: body, payload: payload),
                    Envelope(run: Simulation.run, generation: 1, sender: .newcomer, body: body, payload: payload),
                    Envelope(
                        run: Simulation.run, generation: 1, step: 1, sender: .coordinator, body: body, payload: payload),
                    Envelope(
                        run: Simulation.run, generation: 1, step: 1, sender: .rank(4_000_000), body: body,
                        payload: payload),
                ]
            }
        }
    }()
}
