import Dispatch
import LockstepCluster
import LockstepLocking
import LockstepTensor
import LockstepTraining
import LockstepTransport
import Logging
import Testing

/// Coordinator and workers on threads of their own, over each transport.
@Suite(.timeLimit(.minutes(2)))
struct LoopTests {
    enum Kind: String, CaseIterable {
        case inProcess, ipc, tcp
    }

    /// What became of a run.
    struct Outcome {
        var isComplete: Bool
        var digest: String?
        var events: [String]
        /// What the workers sent and received where that is counted: over sockets.
        var traffic: [Traffic.Counts] = []
    }

    private final class Log: RunObserver {
        var events: [String] = []
        var digest: String?
        private let afterStep: (Int) -> Void
        private let atEnd: () -> Void

        init(afterStep: @escaping (Int) -> Void, atEnd: @escaping () -> Void) {
            self.afterStep = afterStep
            self.atEnd = atEnd
        }

        func handle(_ event: RunEvent) {
            switch event {
            case .step(let record):
                events.append("step \(record.step)")
                afterStep(record.step)
            case .tested(let record): events.append("tested \(record.step)")
            case .checkpoint(_, let step): events.append("checkpoint \(step)")
            case .finished(let summary):
                digest = summary.digest
                atEnd()
            case .started, .stopped, .note, .warning: break
            }
        }
    }

    private static let logger = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Longer than any test takes: here nobody is meant to be found silent, however busy the machine is.
    private static let patience = {
        var patience = Patience()
        patience.silence = .seconds(60)
        return patience
    }()

    /// Runs `body` on a thread of its own, because it waits.
    private static func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            DetachedThread.start { continuation.resume(with: Result { try body() }) }
        }
    }

    /// Trains in the folder `path` with so many workers; `stop` asks for an end after so many steps. `failsAtEnd` has something fail
    /// once the weights are written, before the coordinator knows of it.
    static func train(
        _ kind: Kind, workers: Int, in path: String, stopAfter stop: Int? = nil, failsAtEnd: Bool = false,
        unreachable: Int? = nil, job: @escaping @Sendable (Int) -> any TrainableJob = { _ in TinyJob.job() }
    ) async throws -> Outcome {
        let network = InProcessNetwork()
        let (local, remove) = try Endpoint.privateIPC()
        defer { remove() }
        let errors = Locked<[String]>([])
        let traffic = Locked<[Traffic.Counts]>([])
        var outcome = try await onThread { () throws -> Outcome in
            BLAS.threads = 1
            let transport: any Transport =
                switch kind {
                case .inProcess: try InProcessTransport(network: network, name: "coordinator")
                case .ipc: try ZeroMQTransport(binding: local)
                case .tcp: try ZeroMQTransport(binding: .tcp(host: "127.0.0.1", port: 0))
                }
            let endpoint = transport.endpoint
            let (folder, settings) = try RunFolder.open(path)
            let interrupt = Locked<@Sendable () -> Void>({})
            let failure = Locked<@Sendable (String) -> Void>({ _ in })
            let log = Log(
                afterStep: { step in if step == stop { interrupt.withLock { $0() } } },
                atEnd: { if failsAtEnd { failure.withLock { $0("no such file") } } })
            let loop = try CoordinatorLoop(
                transport: transport, advertised: endpoint, settings: settings,
                membership: Membership(workers: workers, patience: patience), folder: folder,
                resumingFrom: try folder.newestCheckpoint(of: settings, tell: { _ in }), logger: logger,
                observer: log)
            interrupt.withLock { $0 = loop.interrupt }
            failure.withLock { $0 = loop.launchFailed }
            // Workers end when the coordinator does; none of them is left to the next test.
            let running = DispatchGroup()
            defer { running.wait() }
            for number in 0..<workers {
                running.enter()
                DetachedThread.start {
                    defer { running.leave() }
                    do {
                        let transport: any Transport =
                            switch endpoint {
                            case .inProcess: try InProcessTransport(network: network, name: "worker-\(number)")
                            case .ipc(let path): try ZeroMQTransport(binding: .ipc(path: "\(path)-\(number)"))
                            case .tcp: try ZeroMQTransport(binding: .tcp(host: "127.0.0.1", port: 0))
                            }
                        let advertised = number == unreachable ? .tcp(host: "127.0.0.1", port: 9) : transport.endpoint
                        try WorkerLoop(
                            transport: transport, coordinator: endpoint, advertised: advertised, patience: patience,
                            logger: logger, makeJob: { _ in job(number) }
                        ).run()
                        if let counts = (transport as? ZeroMQTransport)?.traffic.counts {
                            traffic.withLock { $0.append(counts) }
                        }
                    } catch {
                        errors.withLock { $0.append("\(error)") }
                    }
                }
            }
            let isComplete = try loop.run()
            return Outcome(isComplete: isComplete, digest: log.digest, events: log.events)
        }
        outcome.traffic = traffic.withLock { $0 }
        if !failsAtEnd { #expect(errors.withLock { $0 } == []) }
        return outcome
    }

    /// Steps and tests, in their order. The state for a checkpoint is sent while the next steps go on, so that it may be written
    /// between any of them.
    private static let events =
        [1, 2, 3].map { "step \($0)" } + ["tested 3"] + [4, 5, 6].map { "step \($0)" } + ["tested 6"]

    @Test(
        "The same weights, bit for bit, for 1 to 5 workers over each transport and for a single process",
        arguments: Kind.allCases)
    func sameBits(kind: Kind) async throws {
        let settings = try TinyJob.settings()
        let reference = try Reference(settings, job: TinyJob.job())
        for workers in 1...5 {
            let parent = TemporaryFolder()
            let path = try RunFolder.create(in: parent.path, settings: settings).path
            let outcome = try await Self.train(kind, workers: workers, in: path)
            #expect(outcome.isComplete)
            #expect(outcome.digest == reference.digest, "\(workers) workers")
            #expect(outcome.events.filter { !$0.hasPrefix("checkpoint") } == Self.events)
            #expect(outcome.events.filter { $0.hasPrefix("checkpoint") } == ["checkpoint 3", "checkpoint 6"])
            // It is never written before what it holds is recorded.
            let (tested, written) = (
                outcome.events.firstIndex(of: "tested 3"), outcome.events.firstIndex(of: "checkpoint 3")
            )
            #expect(try #require(tested) < #require(written))
        }
    }

    @Test("A run that is stopped, and resumed with other workers over another transport, ends with the same bits")
    func stopAndResume() async throws {
        let settings = try TinyJob.settings(epochs: 12)
        let reference = try Reference(settings, job: TinyJob.job())
        let parent = TemporaryFolder()
        let path = try RunFolder.create(in: parent.path, settings: settings).path
        let first = try await Self.train(.ipc, workers: 2, in: path, stopAfter: 2)
        #expect(!first.isComplete)
        #expect(first.events.last?.hasPrefix("checkpoint ") == true)
        let second = try await Self.train(.inProcess, workers: 3, in: path)
        #expect(second.isComplete)
        #expect(second.digest == reference.digest)
    }

    @Test("What fails once the weights are on disk is no error of the run")
    func failureAtEnd() async throws {
        let settings = try TinyJob.settings()
        let parent = TemporaryFolder()
        let path = try RunFolder.create(in: parent.path, settings: settings).path
        let outcome = try await Self.train(.inProcess, workers: 2, in: path, failsAtEnd: true)
        #expect(outcome.isComplete)
        #expect(outcome.digest == (try Reference(settings, job: TinyJob.job()).digest))
    }

    @Test("A loss of the wrong shape ends the run with the worker and the reason")
    func failure() async throws {
        let settings = try TinyJob.settings()
        let parent = TemporaryFolder()
        let path = try RunFolder.create(in: parent.path, settings: settings).path
        do {
            _ = try await Self.train(.inProcess, workers: 2, in: path, job: { _ in TinyJob.failing() })
            Issue.record("it trained")
        } catch let error as ClusterError {
            #expect(error.code == .workerFailed)
            #expect(
                error.description.contains(
                    "cannot go on, computing gradients: the loss of job 'failing' must be one value a sample"),
                "\(error)")
            #expect(error.description.hasSuffix(". No checkpoint had been written yet"))
        }
    }

    @Test("A worker whose address nobody can connect to ends the run with the address")
    func unreachable() async throws {
        let parent = TemporaryFolder()
        let path = try RunFolder.create(in: parent.path, settings: TinyJob.settings()).path
        do {
            _ = try await Self.train(.inProcess, workers: 2, in: path, unreachable: 1)
            Issue.record("it trained")
        } catch let error as ClusterError {
            #expect(error.code == .workerFailed)
            #expect(error.description.contains("cannot go on"), "\(error)")
            #expect(error.description.contains("tcp://127.0.0.1:9"), "\(error)")
        }
    }

    @Test("A loss that is not finite ends the run at its step, and all workers with it")
    func notFinite() async throws {
        let settings = try TinyJob.settings(epochs: 3, learningRate: 1e30)
        let parent = TemporaryFolder()
        let path = try RunFolder.create(in: parent.path, settings: settings).path
        do {
            _ = try await Self.train(.inProcess, workers: 2, in: path)
            Issue.record("it trained")
        } catch let error as TrainingError {
            #expect(error.code == .notFinite)
            #expect(error.description.contains("--lr is 1e+30"))
        }
    }
}
