import LockstepData
import LockstepFormats
import LockstepNN
import LockstepTensor
import LockstepTraining
import Testing

/// Samples as they travel to a worker that has no copy of the data.
struct DeliveryTests {
    private func source() throws -> SampleSource { try TinyJob.job().openSamples() }

    @Test("A description is read back, and one that cannot be is refused")
    func description() throws {
        let description = try source().description
        #expect(try SampleDescription(json: description.json) == description)
        #expect(description.training == 23 && description.test == 7)
        #expect(description.fingerprint == (try TinyJob.trainer().fingerprint))
        for (good, bad) in [
            (#""training":23"#, #""training":-1"#), (#""training":23"#, #""training":9223372036854775807"#),
            (#""test":7"#, #""test":-7"#), (#""shape":[2]"#, #""shape":[4611686018427387904,4]"#),
            (#""shape":[2]"#, #""shape":[-2]"#), (#""dtype":"float32""#, #""dtype":"f""#),
            (#""name":"inputs""#, #""name":"targets""#), ("{", "["),
        ] {
            let text = description.json.replacing(good, with: bad)
            #expect(text != description.json, "\(good)")
            #expect(throws: TrainingError.self) { _ = try SampleDescription(json: text) }
        }
    }

    @Test("Gradients and tests on samples that were sent have the bits of those that were read")
    func sameBits() throws {
        let settings = try TinyJob.settings()
        let source = try source()
        let samples = DeliveredSamples(try SampleDescription(json: source.description.json))
        let job = TrainingJob.classification(
            name: "tiny", model: { Sequential(Linear(2, 5), ReLU(), Linear(5, 3)) },
            data: { throw TrainingError(.mismatch, "there are none") })
        let sent = try Trainer(settings: settings, job: job, samples: samples)
        let read = try TinyJob.trainer(settings)
        #expect(sent.fingerprint == read.fingerprint && sent.digest == read.digest)
        var plan = SamplePlan(schedule: read.schedule, settings: settings)
        for step in 0..<read.schedule.steps {
            let order = plan.order(ofEpoch: read.schedule.epoch(of: step))
            try samples.replace(
                with: (0..<4).map {
                    try source.image(ofTraining: order[read.schedule.places(ofMicrobatch: $0, step: step)])
                })
            try sent.step()
            try read.step()
            #expect(sent.digest == read.digest)
        }
        try samples.replace(with: [source.image(ofTest: 0..<7)])
        #expect(try sent.evaluate() == read.evaluate())
        samples.clear()
        #expect { _ = try sent.evaluate() } throws: {
            "\($0)".hasPrefix("the coordinator has not sent the samples that are due, 0, 1, 2, 3, …")
        }
    }

    @Test("Bytes that are no samples are refused and never trap")
    func malformed() throws {
        let source = try source()
        let samples = DeliveredSamples(source.description)
        let good = try source.image(ofTraining: [3, 1, 2])
        try samples.replace(with: [good])
        for length in [0, 1, 7, 8, 9, good.count - 1] {
            if length == 0 { continue }
            #expect(throws: (any Error).self, "\(length)") { try samples.replace(with: [Array(good[..<length])]) }
        }
        var huge = good
        for place in 0..<8 { huge[place] = 0xff }
        #expect(throws: (any Error).self) { try samples.replace(with: [huge]) }
        var random = SplitMix(seed: 9)
        for _ in 0..<5000 {
            var bytes = good
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            try? samples.replace(with: [bytes])
        }
    }

    @Test("Whole numbers that no model of these data takes are refused")
    func values() throws {
        let folder = TemporaryFolder()
        let text = String(repeating: "abcdefgh", count: 40)
        try write(text, to: "\(folder.path)/a.txt")
        try write(text.replacing("h", with: "xyz"), to: "\(folder.path)/b.txt")
        func source(_ name: String) throws -> SampleSource {
            try BuiltInJob(
                model: ModelSpecification(parsing: "lstm:hidden=4,context=4"),
                data: DataSpecification(parsing: "text:\(folder.path)/\(name).txt")
            ).openSamples()
        }
        // The first text has 8 characters, the second 10.
        let samples = DeliveredSamples(try source("a").description)
        try samples.replace(with: [source("a").image(ofTraining: [0, 1])])
        #expect { try samples.replace(with: [source("b").image(ofTraining: 0..<20)]) } throws: {
            "\($0)".contains("expected 0 to 7")
        }
        // Samples of other data.
        #expect { try samples.replace(with: [self.source().image(ofTraining: [0, 1])]) } throws: {
            "\($0)".contains("whose 'inputs' is float32 [2, 2]; expected int64 [2, 4]")
        }
    }

    @Test("A batch of another type cannot be sent, and the message says what to do")
    func otherBatch() throws {
        struct Pairs: Dataset {
            var count: Int { 3 }
            var fingerprint: String { "pairs" }
            func batch(at indices: some Collection<Int>) throws -> [Float] { indices.map { Float($0) } }
        }
        let job = TrainingJob<Linear, Tensor<Float>, [Float]>(
            name: "pairs", model: { Linear(1, 1) }, data: { (Pairs(), nil) },
            forward: { $0(Tensor($1, shape: [$1.count, 1])) },
            loss: { output, _ in output.reshaped(to: [output.count]) })
        #expect { _ = try job.openSamples() } throws: {
            "\($0)".contains(
                "give the type a conformance to SampleBatch, or have workers read the data themselves (--data-from workers)"
            )
        }
    }
}

private func write(_ text: String, to path: String) throws { try AtomicFile.write(Array(text.utf8), to: path) }
