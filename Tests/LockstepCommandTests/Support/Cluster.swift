import Testing

/// A coordinator and workers that are started one by one, as on several hosts.
struct Cluster {
    let coordinator: Outcome
    let workers: [Outcome]

    /// Trains a job with a coordinator on a free port of `address` and so many workers.
    ///
    /// - Parameters:
    ///   - options: What each worker is given besides the address.
    ///   - environment: What each worker's environment has besides this process's.
    ///   - namespaces: The network namespaces that the coordinator and each worker run in; none by default.
    ///   - during: Called with the coordinator and its address once it listens, while the workers run.
    static func train(
        _ job: [String], workers count: Int, bind: String = "tcp://127.0.0.1:0", in folder: String,
        options: @escaping @Sendable (Int) -> [String] = { _ in [] },
        environment: @escaping @Sendable (Int) -> [String: String] = { _ in [:] }, namespaces: [String] = [],
        during body: @escaping @Sendable (Running, _ address: String) async throws -> Void = { _, _ in }
    ) async throws -> Cluster {
        try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
            let (addresses, found) = AsyncStream.makeStream(of: String.self)
            group.addTask {
                defer { found.finish() }
                let outcome = try await run(
                    ["coordinator", "--bind", bind, "--workers", "\(count)", "--json"] + job, in: folder,
                    namespace: namespaces.first
                ) { coordinator in
                    let address = try await coordinator.address()
                    found.yield(address)
                    try await body(coordinator, address)
                }
                return (-1, outcome)
            }
            for await address in addresses {
                for index in 0..<count {
                    let namespace = namespaces.isEmpty ? nil : namespaces[1 + index]
                    group.addTask {
                        let arguments = ["worker", "--coordinator", address] + options(index)
                        let environment = environment(index)
                        return (
                            index,
                            try await run(arguments, in: folder, environment: environment, namespace: namespace)
                        )
                    }
                }
                break
            }
            var outcomes: [Int: Outcome] = [:]
            for try await (index, outcome) in group { outcomes[index] = outcome }
            guard let coordinator = outcomes[-1] else { throw Failure("the coordinator did not run") }
            return Cluster(coordinator: coordinator, workers: (0..<count).compactMap { outcomes[$0] })
        }
    }

    /// Runs `lockstep` in a network namespace, if one is named.
    private static func run(
        _ arguments: [String], in folder: String, environment: [String: String] = [:], namespace: String?,
        while body: @Sendable (Running) async throws -> Void = { _ in }
    ) async throws -> Outcome {
        guard let namespace else {
            return try await Lockstep.run(arguments, in: folder, environment: environment, while: body)
        }
        return try await Lockstep.run(
            program: Namespaces.ip, ["netns", "exec", namespace, Lockstep.binary] + arguments, in: folder,
            environment: environment, while: body)
    }
}

extension Running {
    /// Waits until a coordinator listens, and gives its address.
    func address() async throws -> String {
        let line = try await line(containing: "coordinator listening on ")
        guard let match = line.firstMatch(of: /listening on ([a-z]+:\/\/[^"\s]+)/) else {
            throw Failure("no address in: \(line)")
        }
        return String(match.1)
    }
}
