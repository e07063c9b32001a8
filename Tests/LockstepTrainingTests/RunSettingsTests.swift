import LockstepOptim
import LockstepTraining
import Testing

struct RunSettingsTests {
    /// The message of the error that `body` throws.
    private func message(_ body: () throws -> RunSettings) -> String {
        do {
            _ = try body()
            return "nothing was thrown"
        } catch {
            return "\(error)"
        }
    }

    @Test("A value that cannot be used is named with its option, itself and what was expected")
    func badValues() {
        #expect(message { try TinyJob.settings(batch: 0) } == "--batch is 0; expected at least 1 sample")
        #expect(message { try TinyJob.settings(batch: -3) } == "--batch is -3; expected at least 1 sample")
        #expect(message { try TinyJob.settings(epochs: 0) } == "--epochs is 0; expected at least 1")
        #expect(message { try TinyJob.settings(microbatches: 0) } == "--microbatches is 0; expected 1 to 65536")
        #expect(
            message { try TinyJob.settings(batch: 1 << 20, microbatches: 65537) }
                == "--microbatches is 65537; expected 1 to 65536")
        #expect(
            message { try TinyJob.settings(batch: 8, microbatches: 9) }
                == "--microbatches is 9; expected at most the samples of a batch (--batch 8)")
        #expect(message { try TinyJob.settings(limit: 0) } == "--limit is 0; expected at least 1 sample")
        #expect(
            message { try TinyJob.settings(checkpointEvery: 0) } == "--checkpoint-every is 0; expected at least 1 step")
    }

    @Test("Settings come back from their JSON text as they were")
    func roundTrip() throws {
        for optimizer in try TinyJob.optimizers() {
            for (limit, every) in [(nil, nil), (5, nil), (nil, 9), (17, 1)] as [(Int?, Int?)] {
                let settings = try TinyJob.settings(
                    optimizer: optimizer, seed: .max, limit: limit, checkpointEvery: every,
                    continuesWhenNotFinite: limit != nil)
                let text = settings.json()
                let copy = try RunSettings(json: text, from: "a test")
                #expect(copy == settings)
                #expect(copy.json() == text)
                #expect(copy.differences(from: settings).isEmpty)
            }
        }
    }

    @Test("Text that holds no settings, or settings that cannot be used, names where it came from")
    func badText() throws {
        let good = try TinyJob.settings().json()
        for text in ["", "{}", "[]", "settings", String(good.dropLast(2))] {
            let error = #expect(throws: TrainingError.self) {
                try RunSettings(json: text, from: "runs/x/settings.json")
            }
            #expect(error?.description.hasPrefix("runs/x/settings.json does not hold the settings of a run") == true)
        }
        let zero = good.replacing("\"batch\" : 8", with: "\"batch\" : 0")
        #expect(zero != good)
        let error = #expect(throws: TrainingError.self) { try RunSettings(json: zero, from: "runs/x/settings.json") }
        #expect(error?.description.contains("--batch is 0") == true)
        #expect(error?.description.contains("runs/x/settings.json") == true)
    }

    @Test("Differences name the setting and both values")
    func differences() throws {
        let settings = try TinyJob.settings()
        #expect(settings.differences(from: try TinyJob.settings(batch: 16)) == ["batch: 8 here, 16 there"])
        #expect(settings.differences(from: try TinyJob.settings(limit: 5)) == ["limit: none here, 5 there"])
        let other = try TinyJob.settings(
            optimizer: OptimizerSettings(name: "sgd", learningRate: 0.2, momentum: 0.9), checkpointEvery: 3)
        #expect(
            settings.differences(from: other) == [
                "optimizer.learningRate: 0.1 here, 0.2 there", "checkpointEvery: none here, 3 there",
            ])
    }

    @Test("A path of this host stays here")
    func shared() throws {
        var settings = try TinyJob.settings()
        settings.data = "idx:/home/me/mnist"
        #expect(settings.shared.data == "idx:")
        #expect(settings.differences(from: settings.shared) == ["data: idx:/home/me/mnist here, idx: there"])
        settings.data = "fashion-mnist"
        #expect(settings.shared == settings)
    }

    @Test(
        "The default number of microbatches is a power of two, at least 4 and the workers, and no more than the samples"
    )
    func defaultMicrobatches() {
        for workers in 1...70 {
            for batch in 1...70 {
                let count = RunSettings.defaultMicrobatches(workers: workers, batch: batch)
                #expect(count.nonzeroBitCount == 1)
                #expect(count <= batch)
                // As large as asked for, or the largest power of two that the batch has room for.
                #expect(count >= max(4, workers) || count * 2 > batch)
                #expect(count == 4 || count < 4 && count * 2 > batch || count / 2 < workers)
            }
        }
        #expect((1...4).map { RunSettings.defaultMicrobatches(workers: $0, batch: 64) } == [4, 4, 4, 4])
        #expect(RunSettings.defaultMicrobatches(workers: 5, batch: 64) == 8)
    }
}
