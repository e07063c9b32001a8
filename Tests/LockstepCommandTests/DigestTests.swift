import Testing

extension CommandTests {
    /// The same trained bits however the work is spread.
    @Suite struct Digests {
        private let folder = TemporaryFolder()

        @Test(arguments: [1, 2, 3, 4, 5, 7, 8], ["ipc", "tcp", "in-process"])
        func areThoseOfASingleProcess(workers: Int, transport: String) async throws {
            let outcome = try await Lockstep.run(
                ["train", "--workers", "\(workers)", "--transport", transport, "--json"] + Jobs.tiny, in: folder.path)
            #expect(outcome.code == 0)
            #expect(try await outcome.digest() == Jobs.digest(of: Jobs.tiny))
            #expect(try outcome.event("started").workers?.count == workers)
        }

        @Test(arguments: [
            ["--optimizer", "sgd", "--lr", "0.05", "--momentum", "0.9", "--nesterov", "--weight-decay", "0.001"],
            ["--optimizer", "adam"],
            ["--optimizer", "adamw", "--betas", "0.8,0.99", "--eps", "1e-6"],
        ])
        func areThoseOfASingleProcessWithEveryOptimizer(options: [String]) async throws {
            let job = Jobs.tiny + options
            let outcome = try await Lockstep.run(["train", "--workers", "3", "--json"] + job, in: folder.path)
            #expect(try await outcome.digest() == Jobs.digest(of: job))
        }

        @Test func areThoseOfASingleProcessHoweverTheMicrobatchesAreDealt() async throws {
            let job = Jobs.middling + ["--microbatches", "8"]
            let outcome = try await Lockstep.run(
                ["train", "--workers", "3", "--balance", "--json"] + job, in: folder.path)
            #expect(try await outcome.digest() == Jobs.digest(of: job))
        }

        @Test func areThoseOfASingleProcessWhenWorkersAreStartedByHand() async throws {
            let cluster = try await Cluster.train(Jobs.tiny, workers: 3, in: folder.path)
            #expect(try await cluster.coordinator.digest() == Jobs.digest(of: Jobs.tiny))
            #expect(cluster.workers.map(\.code) == [0, 0, 0])
        }

        @Test func areThoseOfASingleThread() async throws {
            // Products of 128 × 784 × 256, which are large enough to be shared.
            let job = Jobs.tiny + ["--model", "mlp:784-256-10", "--batch", "128", "--microbatches", "1"]
            let outcome = try await Lockstep.run(
                ["train", "--single-process", "--threads", "3", "--json"] + job, in: folder.path)
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(try await outcome.digest() == Jobs.digest(of: job))
        }

        @Test(arguments: [[], ["--no-shared-memory"]], ["ipc", "tcp"])
        func areThoseOfASingleProcessByWhateverWayGradientsGo(options: [String], transport: String) async throws {
            // 203530 parameters, so that chunks are large enough to be shared.
            let job = Jobs.tiny + ["--model", "mlp:784-256-10"]
            let outcome = try await Lockstep.run(
                ["train", "--workers", "3", "--transport", transport, "--json"] + options + job, in: folder.path)
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(try await outcome.digest() == Jobs.digest(of: job))
        }

        @Test(arguments: [2, 3], ["400", "10000", "1000000"])
        func areThoseOfASingleProcessWhateverTheBuckets(workers: Int, bytes: String) async throws {
            let outcome = try await Lockstep.run(
                ["train", "--workers", "\(workers)", "--bucket-bytes", bytes, "--json"] + Jobs.tiny, in: folder.path)
            #expect(try await outcome.digest() == Jobs.digest(of: Jobs.tiny))
        }

        @Test(arguments: [2, 3, 4, 8])
        func takeNoMoreBytesThanTheyMust(workers: Int) async throws {
            // One subtree a worker: 2(N−1)/N of the gradient's bytes, in each step; the model has 25450 parameters.
            let job = Jobs.tiny + ["--microbatches", "\(workers)", "--bucket-bytes", "10000"]
            let outcome = try await Lockstep.run(
                ["train", "--workers", "\(workers)", "--transport", "tcp", "--json"] + job, in: folder.path)
            #expect(outcome.code == 0)
            let least = 2 * Double(workers - 1) / Double(workers) * 4 * 25450
            let steps = outcome.events.filter { $0.event == "step" }
            #expect(!steps.isEmpty)
            for step in steps { #expect(abs(Double(try #require(step.bytesSent)) / least - 1) < 0.02) }
        }

        @Test func needBucketsThatAreNotTooSmall() async throws {
            let outcome = try await Lockstep.run(
                ["train", "--single-process", "--bucket-bytes", "4"] + Jobs.tiny, in: folder.path)
            #expect(outcome.code != 0)
            #expect(outcome.errors.contains("--bucket-bytes is 4"))
        }

        @Test func countTheLastSmallerBatchWithFewerSamplesThanMicrobatches() async throws {
            // 64 + 3 samples: most microbatches of the second batch are empty.
            let job = Jobs.tiny + ["--limit", "67"]
            let outcome = try await Lockstep.run(["train", "--workers", "5", "--json"] + job, in: folder.path)
            #expect(try await outcome.digest() == Jobs.digest(of: job))
            #expect(outcome.events.filter { $0.event == "step" }.map(\.samples) == [64, 3])
        }

        @Test func areTheSameWithWorkersThatHaveNothingToCompute() async throws {
            let job = Jobs.tiny + ["--microbatches", "2"]
            let outcome = try await Lockstep.run(["train", "--workers", "4", "--json"] + job, in: folder.path)
            #expect(try await outcome.digest() == Jobs.digest(of: job))
            #expect(try outcome.event("warning").text?.contains("2 of 4 workers have nothing to compute") == true)
        }

        @Test func ofAnotherSeedAreOthers() async throws {
            let job = Jobs.tiny + ["--seed", "1"]
            #expect(try await Jobs.digest(of: job) != Jobs.digest(of: Jobs.tiny))
        }
    }
}
