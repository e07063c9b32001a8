import LockstepCluster
import LockstepTraining
import LockstepTransport
import LockstepWire
import Logging
import Testing

/// A worker on a thread of its own, with a coordinator that is played by hand.
@Suite(.timeLimit(.minutes(1)))
struct WorkerLoopTests {
    /// The next message with a body that `body` takes.
    private func next<Value>(from transport: any Transport, _ body: (Envelope, Peer) -> Value?) throws -> Value {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if case .message(let envelope, let peer)? = try transport.receive(timeout: .seconds(1)),
                let value = body(envelope, peer)
            {
                return value
            }
        }
        throw ClusterError(.timeout, "nothing came")
    }

    @Test(
        "A worker goes to no socket of its host because a message says so",
        arguments: ["ipc:///run/docker.sock", "tcp://127.0.0.1:22"])
    func foreignEndpoint(endpoint: String) throws {
        let network = InProcessNetwork()
        let coordinator = try InProcessTransport(network: network, name: "coordinator")
        defer { coordinator.close() }
        DetachedThread.start {
            do {
                let transport = try InProcessTransport(network: network, name: "worker")
                try WorkerLoop(
                    transport: transport, coordinator: .inProcess(name: "coordinator"), advertised: transport.endpoint,
                    logger: Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() }),
                    makeJob: { _ in TinyJob.job() }
                ).run()
            } catch {
                // It has told the coordinator why.
            }
        }
        let settings = try TinyJob.settings()
        let (hello, worker) = try next(from: coordinator) { envelope, peer in
            if case .hello(let hello) = envelope.body { (hello, peer) } else { nil }
        }
        func say(_ body: Body, generation: Int) throws {
            try coordinator.send(
                Envelope(run: Simulation.run, generation: generation, sender: .coordinator, body: body), to: worker)
        }
        try say(.welcome(Welcome(rank: 0, workers: 2, settings: settings.json(), recordedSteps: 0)), generation: 0)
        try next(from: coordinator) { envelope, _ in if case .ready = envelope.body { () } else { nil } }
        let ranges = MicrobatchTree(count: settings.microbatches).deal(to: 2)
        let members = [hello.endpoint, endpoint].enumerated().map { rank, endpoint in
            Member(rank: rank, host: "h", pid: 1, endpoint: endpoint, microbatches: ranges[rank])
        }
        try say(.members(Members(members: members)), generation: 1)
        let reason = try next(from: coordinator) { envelope, _ in
            if case .failure(let failure) = envelope.body { failure.reason } else { nil }
        }
        #expect(reason == "rank 1 is said to be at \(endpoint), but the coordinator is at in-process://coordinator")
    }
}
