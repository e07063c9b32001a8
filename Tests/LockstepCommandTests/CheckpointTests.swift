import Testing

extension CommandTests {
    /// Checkpoints by the clock, besides those by steps and epochs.
    @Suite struct CheckpointMinutes {
        private let folder = TemporaryFolder()

        /// Ten steps in one epoch, whose only checkpoint is that at its end, and a time that is over after each of them.
        private let often = ["--checkpoint-minutes", "0.0000001"]

        /// The steps after which a run wrote checkpoints, but for its last.
        private func steps(_ outcome: Outcome) -> [Int] {
            outcome.events.filter { $0.event == "checkpoint" }.compactMap(\.step).filter { $0 < 10 }
        }

        @Test(arguments: [["--single-process"], ["--workers", "2"], ["--workers", "2", "--transport", "in-process"]])
        func areWrittenOnceTheTimeIsOver(mode: [String]) async throws {
            let outcome = try await Lockstep.run(
                ["train", "--json", "--keep", "100"] + mode + often + Jobs.tiny, in: folder.path)
            #expect(try await outcome.digest() == Jobs.digest(of: Jobs.tiny))
            let steps = steps(outcome)
            #expect(!steps.isEmpty && steps == Array(Set(steps)).sorted(), "\(steps)")
            // They are there, as `--keep` says.
            let run = try #require(outcome.event("started").run)
            let names = TemporaryFolder.names(in: "\(folder.path)/\(run)")
            for step in steps { #expect(names.contains("checkpoint-0000000\(step).safetensors"), "\(names)") }
        }

        @Test func areWrittenByACoordinatorThatWasStartedByHand() async throws {
            let cluster = try await Cluster.train(Jobs.tiny + often, workers: 2, in: folder.path)
            #expect(try await cluster.coordinator.digest() == Jobs.digest(of: Jobs.tiny))
            #expect(!steps(cluster.coordinator).isEmpty)
        }

        @Test(arguments: [["--single-process"], ["--workers", "2"]])
        func areNotWrittenBefore(mode: [String]) async throws {
            for hours in [[], ["--checkpoint-minutes", "600"]] {
                let outcome = try await Lockstep.run(["train", "--json"] + mode + hours + Jobs.tiny, in: folder.path)
                #expect(outcome.code == 0)
                #expect(steps(outcome) == [])
            }
        }
    }
}
