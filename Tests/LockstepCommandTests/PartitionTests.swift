import Glibc
import Testing

extension CommandTests.TwoHosts {
    /// A cable between two hosts that is pulled, or slow.
    @Suite struct Cable {
        private let folder = TemporaryFolder()

        /// Trains with a coordinator and a worker on the first host and another worker on the second, until `body` has stopped the
        /// run; expects the bits of a single process. Returns what the worker on the second host came to.
        private func train(
            _ remoteOptions: [String] = [],
            while body: @escaping @Sendable (Running, _ remoteHost: String) async throws -> Void
        ) async throws -> Outcome {
            try await Namespaces.with { [path = folder.path] hosts in
                let remote = hosts[1]
                let cluster = try await Cluster.train(
                    Jobs.endless + ["--insecure"], workers: 2, bind: "tcp://\(Namespaces.addresses[0]):0", in: path,
                    options: { ["--insecure"] + ($0 == 1 ? remoteOptions : []) },
                    namespaces: [hosts[0], hosts[0], remote]
                ) { coordinator, _ in
                    try await coordinator.step(20)
                    try await body(coordinator, remote)
                    coordinator.signal(SIGINT)
                }
                try await cluster.coordinator.expectStopLikeASingleProcess(in: path)
                #expect(cluster.workers[0].code == 0, "\(cluster.workers[0].errors)")
                return cluster.workers[1]
            }
        }

        @Test func aWorkerThatIsCutOffIsNamedAndComesBack() async throws {
            let remote = try await train { coordinator, host in
                try await Namespaces.setLink(of: host, up: false)
                let named = try await coordinator.line(containing: ") has not been heard from for ")
                #expect(named.contains("it is frozen, or its host or network is gone. 1 worker goes on"))
                // Cut off for six seconds in all: by then it has given up the coordinator, too.
                try await Task.sleep(for: .seconds(3))
                try await Namespaces.setLink(of: host, up: true)
                try await coordinator.line(containing: "sends the state after")
                try await coordinator.line("the generation with both") {
                    $0.contains("2 workers go on from step") && !$0.contains("generation 1:")
                }
            }
            #expect(remote.code == 0, "\(remote.errors)")
            // Over the connection that it had nobody could tell it.
            #expect(remote.errors.contains("was put out of the run meanwhile: it has not been heard from for"))
            #expect(remote.errors.contains("again as rank"))
        }

        @Test func aHostThatIsGoneIsNamedAndTheOthersGoOn() async throws {
            let remote = try await train(["--wait", "1"]) { coordinator, host in
                try await Namespaces.setLink(of: host, up: false)
                try await coordinator.line(containing: ") has not been heard from for ")
                try await coordinator.line(containing: "1 worker goes on from step")
            }
            #expect(remote.code == 1)
            #expect(remote.errors.contains("was lost and has not come back within"))
        }

        @Test func aSlowLinkChangesNothingButTheTimeAndIsNamed() async throws {
            // A window of steps and some, of which each keeps the slow link busy for a fifth of a second: for most of the time that it
            // takes, however busy the machine is.
            let job = Jobs.tiny + ["--epochs", "6"]
            let outcome = try await Namespaces.with { [path = folder.path] hosts in
                try await Namespaces.slowLink(of: hosts[1], kilobits: 6_000)
                return try await Cluster.train(
                    job + ["--insecure"], workers: 3, bind: "tcp://\(Namespaces.addresses[0]):0", in: path,
                    options: { _ in ["--insecure"] }, namespaces: [hosts[0], hosts[0], hosts[0], hosts[1]])
            }
            #expect(try await outcome.coordinator.digest() == Jobs.digest(of: job))
            #expect(outcome.workers.map(\.code) == [0, 0, 0])
            // All wait for it equally long, and none of them computes slowly; it alone is slow in what is its own.
            let joined = try #require(outcome.workers[2].errors.firstMatch(of: /as rank (\d) of 3/))
            let named = outcome.coordinator.events.compactMap(\.text).filter { $0.contains("is slow in sending") }
            #expect(named.count == 1, "\(outcome.coordinator.transcript.text)")
            #expect(named.first?.hasPrefix("worker \(joined.1) (host ") == true, "\(named)")
        }
    }
}
