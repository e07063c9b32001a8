import Glibc
import Testing

extension CommandTests {
    /// Runs of real processes that lose workers and coordinators, and end with the bits of a run that lost nobody.
    @Suite struct Survival {
        private let folder = TemporaryFolder()

        /// What a run that was disturbed must come to: the digest of one process that nothing disturbs, each step once in its metrics, in
        /// order, and each sample of each epoch used once.
        private func expectUndisturbed(_ outcome: Outcome, job: [String] = Jobs.long) async throws {
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(try await outcome.digest() == Jobs.digest(of: job))
            let run = try #require(outcome.event("finished").run)
            let metrics = try Event.lines(ofFile: "\(folder.path)/\(run)/metrics.jsonl")
            #expect(metrics.filter { $0.kind == "step" }.compactMap(\.step) == Array(1...6000))
            #expect(metrics.filter { $0.kind == "test" }.compactMap(\.epoch) == Array(1...40))
            let ledger = try await Lockstep.run(["ledger", run], in: folder.path)
            #expect(ledger.code == 0, "\(ledger.errors)")
            #expect(ledger.lines.last == "each sample of each epoch was used exactly once")
        }

        @Test func workersThatAreKilledAreReplacedAndTheBitsStay() async throws {
            let outcome = try await Lockstep.run(
                ["train", "--workers", "3", "--restarts", "2", "--json"] + Jobs.long, in: folder.path
            ) { command in
                var workers: [pid_t] = []
                for rank in 0..<3 { workers.append(try await command.worker(rank)) }
                for (victim, step) in [(1, 20), (0, 120)] {
                    try await command.step(step)
                    kill(workers[victim], SIGKILL)
                    try await command.line(
                        containing:
                            "worker \(victim) (host \(hostName), process \(workers[victim])) was ended by signal 9 (SIGKILL)"
                    )
                }
            }
            try await expectUndisturbed(outcome)
            #expect(outcome.output.contains("2 workers go on from step "))
        }

        @Test func runningStatisticsKeepTheirBitsWhenAWorkerIsKilled() async throws {
            try Samples.images(160, side: 8, to: folder.path + "/images.npz")
            let job = [
                "--model", "cnn:norm=batch", "--data", "npz:\(folder.path)/images.npz", "--batch", "16",
                "--microbatches", "4", "--epochs", "30",
            ]
            let outcome = try await Lockstep.run(
                ["train", "--workers", "3", "--restarts", "1", "--json"] + job, in: folder.path
            ) { command in
                let worker = try await command.worker(1)
                try await command.step(20)
                kill(worker, SIGKILL)
                try await command.line(containing: "2 workers go on from step ")
            }
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(try await outcome.digest() == Jobs.digest(of: job))
        }

        @Test func aWorkerThatFreezesComesBackWithTheCurrentState() async throws {
            // More steps than are done while it is frozen; the run is stopped once it is back.
            let outcome = try await Lockstep.run(
                ["train", "--workers", "2", "--json"] + Jobs.endless, in: folder.path
            ) { command in
                let worker = try await command.worker(1)
                try await command.step(10)
                kill(worker, SIGSTOP)
                try await command.line(containing: "process \(worker)) has not been heard from for")
                kill(worker, SIGCONT)
                try await command.line(containing: "to worker 1")
                try await command.line(containing: "2 workers go on from step ")
                command.signal(SIGINT)
            }
            try await outcome.expectStopLikeASingleProcess(in: folder.path)
        }

        @Test func aCoordinatorThatIsKilledGoesOnWithTheWorkersThatWaitForIt() async throws {
            let job = Jobs.long
            let second = Shared<Outcome?>(nil)
            let first = try await Lockstep.run(
                ["coordinator", "--workers", "2", "--json"] + job, in: folder.path
            ) { [folder] coordinator in
                let address = try await coordinator.address()
                async let one = Lockstep.run(["worker", "--coordinator", address], in: folder.path)
                async let two = Lockstep.run(["worker", "--coordinator", address], in: folder.path)
                try await coordinator.step(100)
                coordinator.signal(SIGKILL)
                let run = try #require(TemporaryFolder.names(in: "\(folder.path)/runs").first)
                second.value = try await Lockstep.run(
                    ["coordinator", "--workers", "2", "--json", "--resume", "runs/\(run)"], in: folder.path)
                #expect(try await one.code == 0)
                #expect(try await two.code == 0)
            }
            #expect(first.signal == SIGKILL)
            let outcome = try #require(second.value)
            try await expectUndisturbed(outcome)
            // Not from the last checkpoint, at the end of an epoch, but from where the workers stood.
            let started = try outcome.event("started")
            #expect(try #require(started.completedSteps) >= 100)
        }

        @Test func aWorkerMayJoinARunThatGoesOn() async throws {
            let outcome = try await Lockstep.run(
                ["coordinator", "--workers", "1", "--max-workers", "2", "--json"] + Jobs.long, in: folder.path
            ) { [folder] coordinator in
                let address = try await coordinator.address()
                async let one = Lockstep.run(["worker", "--coordinator", address], in: folder.path)
                try await coordinator.step(50)
                async let two = Lockstep.run(["worker", "--coordinator", address], in: folder.path)
                try await coordinator.line(containing: "2 workers go on from step ")
                #expect(try await one.code == 0)
                #expect(try await two.code == 0)
            }
            try await expectUndisturbed(outcome)
        }
    }
}
