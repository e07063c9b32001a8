import Glibc
import Testing

extension CommandTests {
    /// Workers that have no copy of the data, and are sent their samples.
    @Suite struct SentSamples {
        private let folder = TemporaryFolder()
        /// Where the data are: known to the coordinator alone.
        private let data = TemporaryFolder()

        init() throws {
            try Images.write(seed: 1, training: 130, test: 40, to: data.path)
            try Samples.images(60, side: 8, to: data.path + "/images.npz")
            try Samples.text(2000, to: data.path + "/text.txt")
            try Samples.table(60, to: data.path + "/table.csv")
        }

        /// Jobs on data of each form; `DATA` is their folder.
        static let jobs = [
            ["--model", "mlp:12-16-3", "--data", "idx:DATA"],
            ["--model", "cnn:norm=batch", "--data", "npz:DATA/images.npz"],
            ["--model", "linear", "--data", "csv:DATA/table.csv?label=y&features=a,b,c&split=0.2"],
            ["--model", "logistic", "--data", "csv:DATA/table.csv?label=kind&features=a,b,c&split=0.2"],
            ["--model", "lstm:hidden=8,layers=2,dropout=0.3,context=16", "--data", "text:DATA/text.txt"],
            ["--model", "gpt:layers=1,heads=2,width=8,context=16,dropout=0.2", "--data", "text:DATA/text.txt"],
        ]

        private func job(_ model: [String]) -> [String] {
            model.map { $0.replacing("DATA", with: data.path) }
                + ["--batch", "24", "--microbatches", "8", "--epochs", "2"]
        }

        @Test(arguments: jobs) func giveTheBitsOfASingleProcess(model: [String]) async throws {
            let job = job(model)
            let single = try await Lockstep.run(["train", "--single-process", "--json"] + job, in: folder.path)
            #expect(single.code == 0, "\(single.errors)")
            for workers in [1, 2, 3, 5] {
                let outcome =
                    workers % 2 == 1
                    ? try await Cluster.train(["--data-from", "coordinator"] + job, workers: workers, in: folder.path)
                        .coordinator
                    : try await Lockstep.run(
                        ["train", "--workers", "\(workers)", "--data-from", "coordinator", "--json"] + job,
                        in: folder.path)
                #expect(outcome.code == 0, "\(outcome.errors)")
                #expect(try outcome.digest() == single.digest(), "\(workers) workers")
                let (found, expected) = (try outcome.event("finished"), try single.event("finished"))
                #expect(found.testLoss == expected.testLoss && found.accuracy == expected.accuracy)
                let ledger = try await Lockstep.run(["ledger", try #require(found.run)], in: folder.path)
                #expect(ledger.code == 0, "\(ledger.errors)")
            }
        }

        /// Many hundred steps: long enough to be met in the middle.
        private func long(_ model: [String] = jobs[0]) throws -> [String] {
            try Images.write(seed: 1, training: 4800, test: 40, to: data.path)
            try Samples.images(1600, side: 8, to: data.path + "/images.npz")
            try Samples.text(30_000, to: data.path + "/text.txt")
            try Samples.table(4000, to: data.path + "/table.csv")
            return model.map { $0.replacing("DATA", with: data.path) }
                + ["--batch", "32", "--microbatches", "4", "--epochs", "10"]
        }

        /// A classifier, a network with running statistics, a regression, and a text with dropout and a state.
        @Test(arguments: [jobs[0], jobs[1], jobs[2], jobs[4]])
        func surviveAWorkerThatIsKilledAndOneThatJoins(model: [String]) async throws {
            let job = try long(model)
            let outcome = try await Lockstep.run(
                ["coordinator", "--workers", "2", "--max-workers", "3", "--data-from", "coordinator", "--json"] + job,
                in: folder.path
            ) { [folder] coordinator in
                let address = try await coordinator.address()
                async let one = Lockstep.run(["worker", "--coordinator", address], in: folder.path)
                async let two = Lockstep.run(["worker", "--coordinator", address], in: folder.path)
                let victim = try await coordinator.worker(1)
                try await coordinator.step(50)
                kill(victim, SIGKILL)
                try await coordinator.line(containing: "1 worker goes on from step ")
                async let three = Lockstep.run(["worker", "--coordinator", address], in: folder.path)
                try await coordinator.line(containing: "2 workers go on from step ")
                _ = try await (one, two, three)
            }
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(try await outcome.digest() == Jobs.digest(of: job))
            let run = try #require(outcome.event("finished").run)
            let ledger = try await Lockstep.run(["ledger", run], in: folder.path)
            #expect(ledger.code == 0, "\(ledger.errors)")
        }

        @Test func goOnWhenTheRunIsResumed() async throws {
            let job = try long()
            let stopped = try await Cluster.train(
                ["--data-from", "coordinator"] + job, workers: 2, in: folder.path,
                during: { coordinator, _ in
                    try await coordinator.step(40)
                    coordinator.signal(SIGINT)
                })
            let run = try #require(stopped.coordinator.event("stopped").run)
            // Who reads the data is no setting of the run, so it may change.
            let resumed = try await Cluster.train(
                ["--data-from", "coordinator", "--resume", run], workers: 1, in: folder.path)
            #expect(try await resumed.coordinator.digest() == Jobs.digest(of: job))
        }

        @Test func areOfferedToAWorkerWithoutTheData() async throws {
            let outcome = try await Lockstep.run(
                ["coordinator", "--workers", "1"] + job(Self.jobs[0]), in: folder.path
            ) {
                [folder] coordinator in
                let address = try await coordinator.address()
                let worker = try await Lockstep.run(["worker", "--coordinator", address], in: folder.path)
                #expect(worker.code == 1)
                #expect(worker.errors.contains("--data-from coordinator sends them to workers that have no copy"))
                let elsewhere = try await Lockstep.run(
                    ["worker", "--coordinator", address, "--data", "idx:\(folder.path)/nothing"], in: folder.path)
                #expect(elsewhere.code == 1)
                #expect(
                    elsewhere.errors.contains("--data-from coordinator sends the data to workers that have no copy"))
                coordinator.signal(SIGINT)
            }
            #expect(outcome.code != 0)
        }

        @Test func needDataThatTheCoordinatorHas() async throws {
            let outcome = try await Lockstep.run(
                ["coordinator", "--data-from", "coordinator", "--data", "idx:\(folder.path)/nothing"], in: folder.path)
            #expect(outcome.code == 1)
            #expect(TemporaryFolder.names(in: folder.path + "/runs") == [])
            let alone = try await Lockstep.run(
                ["train", "--single-process", "--data-from", "coordinator"], in: folder.path)
            #expect(alone.errors.contains("--data-from coordinator cannot be given with --single-process"))
        }
    }
}
