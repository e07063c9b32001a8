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

        /// Trains with a coordinator on the first host, a worker beside it and two on the second.
        private func train(_ options: [String], workers: [[String]]) async throws -> Cluster {
            try await Namespaces.with { [path = folder.path] hosts in
                try await Cluster.train(
                    Jobs.tiny + options, workers: 3, bind: "tcp://\(Namespaces.addresses[0]):0", in: path,
                    options: { workers[$0] }, namespaces: [hosts[0], hosts[0], hosts[1], hosts[1]])
            }
        }

        @Test(arguments: [["all"], ["a", "b", "c"]])
        func trainWithKeysToTheBitsOfASingleProcess(names: [String]) async throws {
            try await Lockstep.run(["keys", "new", "cluster"] + names, in: folder.path)
            let cluster = try await train(
                ["--keys", "cluster"],
                workers: (0..<3).map { ["--keys", "cluster/workers/\(names[$0 % names.count])"] })
            #expect(try await cluster.coordinator.digest() == Jobs.digest(of: Jobs.tiny))
            #expect(cluster.workers.map(\.code) == [0, 0, 0])
            #expect(!cluster.coordinator.events.contains { $0.event == "warning" })
        }

        @Test func trainWithoutKeysByRequestAndAreToldWhatItMeans() async throws {
            let cluster = try await train(["--insecure"], workers: Array(repeating: ["--insecure"], count: 3))
            #expect(try await cluster.coordinator.digest() == Jobs.digest(of: Jobs.tiny))
            #expect(cluster.workers.map(\.code) == [0, 0, 0])
            #expect(
                cluster.coordinator.events.contains {
                    $0.event == "warning" && $0.text?.contains("neither encrypted nor authenticated") == true
                })
            for worker in cluster.workers { #expect(worker.errors.contains("neither encrypted nor authenticated")) }
        }

        @Test func aWorkerOnAnotherHostIsRefusedWithoutKeysAndWithOthers() async throws {
            for name in ["cluster", "other"] { try await Lockstep.run(["keys", "new", name], in: folder.path) }
            try await Namespaces.with { [path = folder.path] hosts in
                let outcome = try await Lockstep.run(
                    program: Namespaces.ip,
                    [
                        "netns", "exec", hosts[0], Lockstep.binary, "coordinator", "--bind",
                        "tcp://\(Namespaces.addresses[0]):0", "--keys", "cluster", "--json",
                    ] + Jobs.tiny, in: path
                ) { coordinator in
                    let address = try await coordinator.address()
                    func worker(_ options: String...) async throws -> Outcome {
                        try await Lockstep.run(
                            program: Namespaces.ip,
                            ["netns", "exec", hosts[1], Lockstep.binary, "worker", "--coordinator", address] + options,
                            in: path)
                    }
                    // Not even a port is opened.
                    let bare = try await worker()
                    #expect(bare.code == 1)
                    #expect(
                        bare.errors.contains(
                            "other hosts reach tcp://\(Namespaces.addresses[1]):0, so keys are required"))
                    let open = try await worker("--insecure")
                    #expect(open.code == 1)
                    #expect(open.errors.contains("requires keys"))
                    try await coordinator.line(containing: "it uses no keys, and this side does")
                    // The same coordinator's name with the key of another cluster: the worker trusts nobody but that.
                    let foreign = try await worker("--keys", "other/workers/all")
                    #expect(foreign.code == 1)
                    #expect(foreign.errors.contains("it does not hold the key that this side expects"))
                    try await coordinator.line(containing: "it expects another key than this side's")
                    #expect(try await worker("--keys", "cluster/workers/all").code == 0)
                }
                #expect(try await outcome.digest() == Jobs.digest(of: Jobs.tiny))
                #expect(
                    outcome.events.contains {
                        $0.event == "warning" && $0.text?.hasPrefix("refused a connection from ") == true
                    })
            }
        }

        @Test func aCoordinatorThatOthersWouldReachDoesNotStartWithoutKeys() async throws {
            let outcome = try await Lockstep.run(
                ["coordinator", "--bind", "tcp://0.0.0.0:0"] + Jobs.tiny, in: folder.path)
            #expect(outcome.code == 1)
            #expect(
                outcome.errors.contains("other hosts reach tcp://0.0.0.0:0, so keys are required: give --keys FOLDER"))
            #expect(TemporaryFolder.names(in: folder.path) == [])
        }

        @Test func aHostThatDoesNotAnswerIsNamed() async throws {
            let outcome = try await Namespaces.with { [path = folder.path] hosts in
                // Nobody has this address.
                try await Lockstep.run(
                    program: Namespaces.ip,
                    [
                        "netns", "exec", hosts[1], Lockstep.binary, "worker", "--coordinator", "tcp://198.18.77.9:5700",
                        "--wait", "1", "--insecure",
                    ],
                    in: path)
            }
            #expect(outcome.code == 1)
            #expect(outcome.errors.contains("no coordinator answered at tcp://198.18.77.9:5700 within 1.0 s"))
        }
    }
}
