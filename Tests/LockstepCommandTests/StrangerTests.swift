import Testing

extension CommandTests {
    /// Bytes that are no message of the protocol stop nothing: they are dropped, counted and told of.
    @Suite struct ForeignBytes {
        private let folder = TemporaryFolder()

        /// Messages that ZeroMQ delivers and that mean nothing here.
        static let messages: [[[UInt8]]] = [
            [Array("hello".utf8)], [[]], [[], []], [[1], [2], [3]], [[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]],
            [[UInt8](repeating: 0, count: 100_000)], [[8, 1], [UInt8](repeating: 7, count: 1000)],
            [[0x0A]], [[0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]], [[8, 99]],
        ]

        @Test func toTheCoordinatorAreDroppedAndCounted() async throws {
            let cluster = try await Cluster.train(
                Jobs.middling, workers: 2, in: folder.path,
                during: { coordinator, address in
                    let port = try #require(address.split(separator: ":").last.flatMap { UInt16($0) })
                    try await coordinator.step(5)
                    try Strangers.send(Array("GET / HTTP/1.1\r\n\r\n".utf8), toPort: port)
                    try Strangers.send([UInt8](repeating: 0xFF, count: 4096), toPort: port)
                    try Strangers.send(ForeignBytes.messages, to: address)
                    try await coordinator.line(containing: "(10 dropped so far)")
                })
            #expect(try await cluster.coordinator.digest() == Jobs.digest(of: Jobs.middling))
            #expect(cluster.workers.map(\.code) == [0, 0])
            let warnings = cluster.coordinator.events.filter { $0.event == "warning" }.compactMap(\.text)
            #expect(warnings.contains { $0.contains("(1 dropped so far)") })
        }

        @Test func toAWorkerAreDroppedAndLogged() async throws {
            let path = folder.path
            let cluster = try await Cluster.train(
                Jobs.middling, workers: 2, bind: "ipc://\(path)/coordinator", in: path,
                options: { ["--bind", "ipc://\(path)/worker\($0)"] },
                during: { coordinator, _ in
                    try await coordinator.step(5)
                    try Strangers.send(ForeignBytes.messages, to: "ipc://\(path)/worker0")
                })
            #expect(try await cluster.coordinator.digest() == Jobs.digest(of: Jobs.middling))
            #expect(cluster.workers.map(\.code) == [0, 0])
            #expect(cluster.workers[0].errors.contains("dropped a message from"))
        }
    }
}
