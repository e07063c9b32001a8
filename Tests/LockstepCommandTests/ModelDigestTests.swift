import Testing

extension CommandTests {
    /// The same trained bits of every model however the work is spread, dropout included.
    @Suite struct ModelDigests {
        private let folder = TemporaryFolder()

        init() throws {
            try Samples.images(60, side: 8, to: folder.path + "/images.npz")
            try Samples.text(2000, to: folder.path + "/text.txt")
            try Samples.table(50, to: folder.path + "/table.csv")
        }

        static let jobs = [
            ["--model", "cnn", "--data", "npz:images.npz", "--optimizer", "adadelta"],
            ["--model", "cnn:norm=batch", "--data", "npz:images.npz"],
            ["--model", "lstm:hidden=8,layers=2,dropout=0.3", "--data", "npz:images.npz"],
            ["--model", "lstm:hidden=8,layers=2,dropout=0.3,context=16", "--data", "text:text.txt"],
            [
                "--model", "gpt:layers=2,heads=2,width=8,context=16,dropout=0.2", "--data", "text:text.txt",
                "--optimizer", "adamw",
                "--clip-norm", "1", "--schedule", "one-cycle",
            ],
            [
                "--model", "logistic", "--data", "csv:table.csv?label=kind&features=a,b,c&split=0.2", "--schedule",
                "linear",
                "--warmup", "3",
            ],
        ]

        @Test(arguments: jobs) func areThoseOfASingleProcess(model: [String]) async throws {
            let job = model + ["--batch", "24", "--microbatches", "8", "--epochs", "2", "--json"]
            let single = try await Lockstep.run(["train", "--single-process"] + job, in: folder.path)
            #expect(single.code == 0, "\(single.errors)")
            for workers in [1, 2, 3, 5] {
                // Threads for workers, but once processes that are sent all they know.
                let transport = workers == 3 ? "ipc" : "in-process"
                let outcome = try await Lockstep.run(
                    ["train", "--workers", "\(workers)", "--transport", transport] + job, in: folder.path)
                #expect(try outcome.digest() == single.digest(), "\(workers) workers: \(outcome.errors)")
                #expect(
                    try outcome.event("finished").testLoss == single.event("finished").testLoss, "\(workers) workers")
            }
        }

        @Test(arguments: jobs) func stayTheSameThroughAStop(model: [String]) async throws {
            let job = model + ["--batch", "24", "--microbatches", "4", "--epochs", "3"]
            let whole = try await Lockstep.run(["train", "--single-process", "--json"] + job, in: folder.path)
            // A checkpoint in mid-epoch, from which another run goes on.
            let run = try await Lockstep.run(
                ["train", "--workers", "2", "--transport", "in-process", "--json", "--checkpoint-every", "2"] + job,
                in: folder.path)
            #expect(try run.digest() == whole.digest())
            let started = try #require(try run.event("started").run)
            let checkpoints = TemporaryFolder.names(in: "\(folder.path)/\(started)").filter {
                $0.hasPrefix("checkpoint-")
            }
            // The newest is at the run's end; without it the one before is resumed from.
            try TemporaryFolder.removeFile("\(folder.path)/\(started)/\(try #require(checkpoints.last))")
            let resumed = try await Lockstep.run(
                ["train", "--resume", started, "--workers", "1", "--json"], in: folder.path)
            #expect(try resumed.digest() == whole.digest(), "\(resumed.errors)")
            #expect(try #require(try resumed.event("started").completedSteps) > 0)
        }

        @Test(arguments: jobs) func areEvaluatedAsTheRunDid(model: [String]) async throws {
            let job = model + ["--batch", "24", "--microbatches", "4", "--epochs", "2"]
            let run = try await Lockstep.run(["train", "--workers", "2", "--json"] + job, in: folder.path)
            let finished = try run.event("finished")
            let test = try await Lockstep.run(["evaluate", try #require(finished.weights), "--json"], in: folder.path)
                .event("test")
            guard case .value(let loss)? = test.loss else { throw Failure("no loss") }
            #expect(loss == finished.testLoss && test.accuracy == finished.accuracy)
            let isText = model[3].hasPrefix("text:")
            #expect((test.perplexity != nil) == isText && (test.accuracy == nil) == isText)
        }
    }
}
