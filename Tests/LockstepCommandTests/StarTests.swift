import Glibc
import Testing

extension CommandTests {
    /// Gradients that are summed at the coordinator.
    @Suite struct Star {
        private let folder = TemporaryFolder()
        private static let star = ["--all-reduce", "star", "--json"]

        @Test(arguments: [1, 2, 3, 5], ["ipc", "tcp", "in-process"])
        func givesTheSameBits(workers: Int, transport: String) async throws {
            let outcome = try await Lockstep.run(
                ["train", "--workers", "\(workers)", "--transport", transport] + Self.star + Jobs.tiny,
                in: folder.path)
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(try await outcome.digest() == Jobs.digest(of: Jobs.tiny))
        }

        @Test(arguments: [2, 3], ["bf16", "fp16"])
        func givesTheSameBitsInSixteen(workers: Int, wire: String) async throws {
            let job = Jobs.tiny + ["--wire", wire]
            let outcome = try await Lockstep.run(
                ["train", "--workers", "\(workers)"] + Self.star + job, in: folder.path)
            #expect(try await outcome.digest() == Jobs.digest(of: job))
        }

        @Test(arguments: [1, 2, 4, 8])
        func takesTheGradientsBytesOnceAWorker(workers: Int) async throws {
            // One subtree a worker; the model has 25450 parameters.
            let job = Jobs.tiny + ["--microbatches", "\(workers)", "--bucket-bytes", "10000"]
            let outcome = try await Lockstep.run(
                ["train", "--workers", "\(workers)"] + Self.star + job, in: folder.path)
            #expect(outcome.code == 0)
            let steps = outcome.events.filter { $0.event == "step" }
            #expect(!steps.isEmpty)
            for step in steps { #expect(step.bytesSent == 4 * 25450) }
        }

        @Test func loseAWorkerAndLetAnotherInWithItsStateThroughTheCoordinator() async throws {
            let outcome = try await Lockstep.run(
                ["train", "--workers", "3", "--restarts", "1"] + Self.star + Jobs.long, in: folder.path
            ) { command in
                var workers: [pid_t] = []
                for rank in 0..<3 { workers.append(try await command.worker(rank)) }
                try await command.step(20)
                kill(workers[1], SIGKILL)
                try await command.line(containing: "was ended by signal 9 (SIGKILL)")
                try await command.line(containing: "sends the state after")
                try await command.line("the generation with all") {
                    $0.contains("3 workers go on from step") && !$0.contains("generation 1:")
                }
            }
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(try await outcome.digest() == Jobs.digest(of: Jobs.long))
        }

        @Test func mayBeChosenForARunThatIsResumed() async throws {
            let stopped = try await Lockstep.run(
                ["train", "--json", "--workers", "3", "--all-reduce", "direct"] + Jobs.middling, in: folder.path
            ) {
                try await $0.step(30)
                $0.signal(SIGINT)
            }
            let run = try #require(stopped.event("stopped").run)
            let resumed = try await Lockstep.run(
                ["train", "--workers", "2", "--resume", run] + Self.star, in: folder.path)
            #expect(try await resumed.digest() == Jobs.digest(of: Jobs.middling))
        }

        @Test func isToldByStatus() async throws {
            let stopped = try await Lockstep.run(
                ["train", "--workers", "2"] + Self.star + Jobs.endless, in: folder.path
            ) { [folder] command in
                try await command.step(60)
                let run = "runs/\(try #require(TemporaryFolder.names(in: "\(folder.path)/runs").first))"
                // It is written down once a second at most.
                var place: String?
                for round in 0..<100 where place == nil {
                    let status = try await Lockstep.run(["status", run], in: folder.path)
                    place = status.lines.first { $0.hasPrefix("workers     2, generation 1") }
                    try await command.step(80 + 20 * round)
                }
                #expect(place?.hasSuffix(", summing at the coordinator (star)") == true)
                command.signal(SIGINT)
            }
            #expect(stopped.code == 130)
        }

        @Test func ofAnotherNameIsRefused() async throws {
            let outcome = try await Lockstep.run(["train", "--all-reduce", "ring"] + Jobs.tiny, in: folder.path)
            #expect(outcome.code == 64)
            #expect(outcome.errors.contains("one of 'auto', 'direct' or 'star'"), "\(outcome.errors)")
        }
    }
}

extension CommandTests.TwoHosts {
    /// Two hosts that reach the coordinator's, but not each other.
    @Suite struct Apart {
        private let folder = TemporaryFolder()

        private func train(_ options: [String] = []) async throws -> Cluster {
            try await Namespaces.withTwoApart { [path = folder.path] hosts in
                try await Cluster.train(
                    Jobs.tiny + ["--insecure"] + options, workers: 2, bind: "tcp://\(Namespaces.addresses[0]):0",
                    in: path,
                    options: { _ in ["--insecure"] }, namespaces: hosts)
            }
        }

        @Test func trainAtTheCoordinatorAndAreNamed() async throws {
            let cluster = try await train()
            #expect(try await cluster.coordinator.digest() == Jobs.digest(of: Jobs.tiny))
            #expect(cluster.workers.map(\.code) == [0, 0])
            let warnings = cluster.coordinator.events.filter { $0.event == "warning" }.compactMap(\.text)
            let warning = try #require(warnings.first { $0.contains("cannot reach worker") })
            #expect(warning.contains(" at tcp://\(Namespaces.addresses[1]):"), "\(warning)")
            #expect(warning.contains(" at tcp://\(Namespaces.farAddress):"), "\(warning)")
            #expect(warning.contains("From now on gradients are summed at the coordinator"))
        }

        @Test func trainAtOnceWhereThatIsAskedFor() async throws {
            let cluster = try await train(["--all-reduce", "star"])
            #expect(try await cluster.coordinator.digest() == Jobs.digest(of: Jobs.tiny))
            #expect(cluster.workers.map(\.code) == [0, 0])
            #expect(!cluster.coordinator.output.contains("cannot reach"))
        }
    }
}
