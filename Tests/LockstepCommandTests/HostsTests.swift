import Testing

extension CommandTests {
    /// Hosts that are not this one.
    @Suite(
        .enabled("needs to make network namespaces: run as root, with `ip` from iproute2") {
            await Namespaces.arePermitted()
        }
    )
    struct TwoHosts {
        private let folder = TemporaryFolder()

        @Test func trainOverTCPToTheBitsOfASingleProcess() async throws {
            let cluster = try await Namespaces.with { [path = folder.path] hosts in
                try await Cluster.train(
                    Jobs.tiny, workers: 3, bind: "tcp://\(Namespaces.addresses[0]):0", in: path,
                    namespaces: [hosts[0], hosts[0], hosts[1], hosts[1]])
            }
            #expect(try await cluster.coordinator.digest() == Jobs.digest(of: Jobs.tiny))
            #expect(cluster.workers.map(\.code) == [0, 0, 0])
            // Beyond loopback, who listens is told what that means.
            #expect(
                cluster.coordinator.events.contains { $0.text?.contains("neither encrypts nor authenticates") == true })
        }

        @Test func aHostThatDoesNotAnswerIsNamed() async throws {
            let outcome = try await Namespaces.with { [path = folder.path] hosts in
                // Nobody has this address.
                try await Lockstep.run(
                    program: Namespaces.ip,
                    [
                        "netns", "exec", hosts[1], Lockstep.binary, "worker", "--coordinator", "tcp://198.18.77.9:5700",
                        "--wait", "1",
                    ],
                    in: path)
            }
            #expect(outcome.code == 1)
            #expect(outcome.errors.contains("no coordinator answered at tcp://198.18.77.9:5700 within 1.0 s"))
        }
    }
}
