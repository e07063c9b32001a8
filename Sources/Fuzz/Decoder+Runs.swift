internal import LockstepFormats
internal import LockstepTensor
internal import LockstepTraining

/// What comes with a run: samples and what is said of them in messages, and what its folder holds besides settings and checkpoints.
extension Decoder {
    static func samples() throws -> Decoder {
        let description = try SampleDescription(json: Corpus.sampleDescriptions[0])
        let delivered = DeliveredSamples(description)
        return Decoder("samples", Corpus.samples(), words: ["lockstep.indices", "F32", "I64", "[3]"]) { bytes in
            let portions = try SampleImages.decode(bytes)
            let again = try SampleImages.decode(
                SampleImages.encode(portions.map { ($0.indices, $0.tensors.map { ($0.key, $0.value) }) }))
            guard again.map(\.indices) == portions.map(\.indices),
                zip(again, portions).allSatisfy({ $0.tensors.mapValues(\.shape) == $1.tensors.mapValues(\.shape) })
            else { fatalError("other samples") }
            try delivered.replace(with: [bytes])
        }
    }

    static func sampleDescription() -> Decoder {
        let corpus = Corpus.sampleDescriptions.map { Array($0.utf8) }
        let words = ["[]", "-1", "null", "9223372036854775807", "[4294967296,4294967296]", "\"int64\"", "\"text\""]
        return Decoder("sample-description", corpus, words: words) { bytes in
            let description = try SampleDescription(json: String(decoding: bytes, as: UTF8.self))
            guard try SampleDescription(json: description.json) == description else {
                fatalError("another description")
            }
        }
    }

    static func ledger() throws -> Decoder {
        let settings = try RunSettings(json: try Corpus.ledgerSettings().json(), from: "the corpus")
        let words = ["\"kind\":\"epoch\"", "\"kind\":\"step\"", "\n", "[]", "-1", "null", "9223372036854775807"]
        return Decoder("ledger", [Array(try Corpus.ledger().utf8)], words: words) { bytes in
            let ledger = Ledger(bytes, path: "an input", settings: settings, recordedSteps: 4)
            // An epoch that is said to have millions of samples has its order of millions made, which takes its time.
            guard try ledger.samples() < 10_000 else { return }
            let audit = ledger.audit()
            _ = try (0...3).map { try ledger.uses(ofEpoch: $0) }
            if !audit.problems.isEmpty { throw TrainingError(.invalidRun, audit.problems[0]) }
        }
    }

    /// Metrics are read from files, for people and by a run that goes on.
    static func metrics() throws -> Decoder {
        let (folder, paths) = try makeFolder(for: ["metrics.jsonl"])
        let words = ["\"kind\":\"test\"", "\"kind\":\"step\"", "\n", "\"NaN\"", "1e400", "null", "9223372036854775807"]
        return Decoder("metrics", [Array(Corpus.metrics.utf8)], words: words) { bytes in
            try write(bytes, to: paths[0])
            let result = Result { try RunFolder.metrics(of: folder) }
            // What a run that goes on keeps is read again.
            _ = try MetricsFile(path: paths[0], keepingSteps: 2)
            let kept = try RunFolder.metrics(of: folder)
            guard (kept.steps.map(\.step) + kept.tests.map(\.step)).allSatisfy({ $0 <= 2 }) else {
                fatalError("steps that were not to be kept")
            }
            _ = try result.get()
        }
    }

    /// Who coordinates a run, what its workers do, and what it is computed on.
    static func runRecords() throws -> Decoder {
        let (folder, paths) = try makeFolder(for: ["coordinator.json", "status.json", "machine.json"])
        let words = ["null", "-1", "1e400", "[", "{", "\"workers\":[]", "9223372036854775808", "\\u0000"]
        return Decoder("run-records", Corpus.runRecords.map { Array($0.utf8) }, words: words) { bytes in
            for path in paths { try write(bytes, to: path) }
            // None of them is another, so all but one refuse.
            let results: [Result<Void, any Error>] = [
                Result { try check(RunFolder.coordinator(of: folder)) },
                Result { try check(RunFolder.status(of: folder)) }, Result { try check(RunFolder.machine(of: folder)) },
            ]
            for case .success in results { return }
            try results[0].get()
        }
    }

    /// What was read is written and read again.
    private static func check<Record: Codable & Equatable>(_ record: Record?) throws {
        let again = try JSONText.decode(JSONText.encode(record).utf8, as: Record.self)
        guard again == record else { fatalError("another record") }
    }
}
