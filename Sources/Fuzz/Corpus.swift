internal import LockstepFormats
internal import LockstepOptim
internal import LockstepTensor
internal import LockstepTraining
internal import LockstepWire

/// Inputs that their decoders take, from which the others are made.
enum Corpus {
    /// A message of each body.
    static func envelopes() throws -> [Envelope] {
        let bodies: [Body] = [
            .hello(
                Hello(host: "node2", pid: 77, endpoint: "tcp://10.0.0.2:5701", processor: "SkylakeX", software: "0.1")),
            .welcome(Welcome(rank: 1, workers: 3, settings: try settings()[0], recordedSteps: 7)),
            .refusal(Refusal(reason: "the data differ")),
            .ready(
                Ready(
                    signature: "linear1.weight float32 [3, 2]", fingerprint: "f", parameters: "p", processor: "c",
                    trainingSamples: 60_000, testSamples: 10_000, parameterCount: 9, stateBytes: 72)),
            .members(
                Members(members: [
                    Member(rank: 0, host: "a", pid: 1, endpoint: "tcp://a:1", microbatches: 0..<4, publicKey: "k"),
                    Member(rank: 1, host: "b", pid: 2, endpoint: "tcp://b:1", microbatches: 4..<8),
                ])),
            .peerHello, .connected(Connected(holdsState: true)), .putOut(PutOut(reason: "silent")),
            .linkLost(LinkLost(rank: 2)), .stepOrder(StepOrder(epoch: 1, batch: 12, compares: true, recordedSteps: 3)),
            .partial(Partial(bucket: 3, subtrees: [0..<1, 4..<8], losses: [1.5], samples: 9)),
            .reduced(Reduced(bucket: 2)),
            .samplesRequest(SamplesRequest(tests: true, parts: 1..<3)), .samples(Samples(tests: false, number: 2)),
            .stepReport(
                StepReport(
                    losses: [1.5, .nan], computeSeconds: 0.1, communicateSeconds: 1e-9, bytesSent: 99,
                    samples: SampleAccount(
                        generation: 3,
                        shares: [SampleShare(rank: 1, host: "h", pid: 7, microbatches: 0..<4, digest: .max)]),
                    sendSeconds: 0.25)),
            .evaluateOrder(EvaluateOrder(epoch: 5)),
            .evaluationReport(
                EvaluationReport(firstBlock: 9, losses: [0, 2.25], correct: [0, 7], counts: [1, 2], digest: "d")),
            .stateOrder(StateOrder(ranks: [0, 2], isDigestOnly: true)), .stateDigest(StateDigest(digest: "d")),
            .state(State(offset: 4, total: 99)),
            .stateReceived(StateReceived(end: 8)), .finish, .stop(Stop(reason: "worker 3 died")),
            .failure(Failure(phase: "forward", reason: "the loss is not finite")),
            .leave(Leave(reason: "it was asked")),
            .heartbeat(Heartbeat(phase: "computing")),
        ]
        // 16 bytes, so never nil.
        let run = RunID(bytes: Array(1...16))!
        return bodies.enumerated().map { index, body in
            Envelope(
                run: run, generation: 3, step: index, sender: .rank(index), body: body,
                payload: index % 3 == 0 ? Payload([UInt8](repeating: 7, count: index)) : nil)
        }
    }

    /// Settings as a run folder has them and as a message does.
    static func settings() throws -> [String] {
        let plain = try RunSettings(
            name: "mlp", model: "mlp:784-64-10", data: "fashion-mnist", batch: 64, microbatches: 4, epochs: 3,
            optimizer: OptimizerSettings(name: "sgd", learningRate: 0.1, momentum: 0.9), seed: 43052)
        let full = try RunSettings(
            name: "own", model: "own", data: "idx:/data", batch: 8, microbatches: 8, epochs: 1,
            optimizer: OptimizerSettings(name: "adamw", learningRate: 1e-3), seed: .max, limit: 100, checkpointEvery: 7,
            continuesWhenNotFinite: true)
        return [plain.json(), full.json()]
    }

    /// An array of each element type, with and without axes and elements.
    static let tensors: [(name: String, tensor: AnyTensor)] = [
        ("linear1.weight", .float32(Tensor([1.5, -0.0, .infinity, 3, 4, 5], shape: [2, 3]))),
        ("empty", .float64(Tensor([], shape: [0, 4]))), ("step", .int64(Tensor([.min], shape: []))),
        ("i", .int32(Tensor([-1, .max], shape: [2]))), ("b", .uint8(Tensor([0, 255], shape: [2, 1]))),
        ("flags", .bool(Tensor([true, false, true], shape: [3]))),
    ]

    /// Files with tensors, with metadata, and with neither.
    static func safetensors() throws -> [[UInt8]] {
        let checkpoint = try Checkpoint(
            [tensors[0], ("lockstep.optimizer.exp_avg", tensors[0].tensor)],
            metadata: [
                "lockstep.step": "3", "lockstep.optimizer_step": "3", "lockstep.settings": try settings()[0],
                "lockstep.signature": "s",
                "lockstep.fingerprint": "f",
            ])
        return [
            checkpoint.file, Safetensors(tensors, metadata: ["format": "pt", "é\"\\\n": "x"]),
            Safetensors([tensors[0]]),
            Safetensors([], metadata: ["lockstep.step": "12"]),
        ].map { $0.encoded() }
    }

    /// Archives of ours, of `numpy.savez` and of `numpy.savez_compressed`.
    static func npz() -> [[UInt8]] {
        [
            NPZ(Array(tensors.prefix(2))).encoded(),
            bytes(
                """
                504b03042d0000000000000021000cfc1ce9ffffffffffffffff05001400792e6e70790100100090000000000000009000000000000000\
                934e554d5059010076007b276465736372273a20273c6938272c2027666f727472616e5f6f72646572273a2046616c73652c2027736861\
                7065273a2028322c292c207d20202020202020202020202020202020202020202020202020202020202020202020202020202020202020\
                2020202020202020202020202020202020200a01000000000000000200000000000000504b01022d032d0000000000000021000cfc1ce9\
                9000000090000000050000000000000000000000800100000000792e6e7079504b0506000000000100010033000000c70000000000
                """),
            bytes(
                """
                504b03042d0000000800000021004fe9002affffffffffffffff05001400782e6e707901001000980000000000000055000000000000009b\
                ec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f9\
                1a463a0ac69a3a0ab50a64032e063068b007120e4004c40d40bcc00100504b01022d032d0000000800000021004fe9002a550000009800\
                0000050000000000000000000000800100000000782e6e7079504b05060000000001000100330000008c0000000000
                """),
        ]
    }

    /// Three images of 2 × 2 and their labels.
    static func idx(gzipped: Bool) -> (images: [UInt8], labels: [UInt8]) {
        if gzipped {
            return (
                bytes("1f8b08000000000002036360e0606660600061263066646266616563e7e0e4e2060063446fc61c000000"),
                bytes("1f8b08000000000002036360e060646060606660640200e9ec55f90b000000")
            )
        }
        return ([0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2] + Array(0..<12), [0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 2])
    }

    /// The bytes that hexadecimal digits write.
    private static func bytes(_ text: String) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
