import LockstepCluster
import LockstepFormats
import LockstepTraining
import LockstepTransport
import LockstepWire

/// A coordinator and its workers in one thread, with links in memory and a clock that only the simulation moves.
///
/// What happens next is drawn from a seed: a message arrives, a computation ends, somebody's clock ticks. Each link keeps its
/// order, as a transport does; nothing else has one. What is computed is computed by real trainers.
struct Simulation {
    /// Who sends or receives: the coordinator, or a worker by its number, which need not be its rank.
    enum Node: Hashable, Comparable {
        case coordinator
        case worker(Int)
    }

    struct Link: Hashable, Comparable {
        let from: Node
        let to: Node

        static func < (left: Link, right: Link) -> Bool { (left.from, left.to) < (right.from, right.to) }
    }

    static let run = RunID("0123456789abcdef0123456789abcdef")!  // 32 hexadecimal digits, so it is one

    var random: SplitMix
    var now = Duration.zero
    var coordinator: CoordinatorMachine
    var workers: [WorkerMachine]
    private(set) var links: [Link: [Envelope]] = [:]
    private(set) var computations: [[ComputeRequest]]
    private var replicas: [ReplicaHolder]
    /// The number of the worker that a worker calls by a rank.
    private var peers: [[Int: Int]]
    /// What the coordinator had recorded, as ``Reference`` writes it.
    private(set) var record: [String] = []
    private(set) var notes: [String] = []
    private(set) var warnings: [String] = []
    /// How each has ended: with an error or, with none, well.
    private(set) var endings: [Node: ClusterError?] = [:]
    /// Nodes that neither hear nor do anything any more.
    var frozen: Set<Node> = []

    init(
        settings: RunSettings, workers count: Int, seed: UInt64, resumingFrom state: Payload? = nil,
        job: @escaping @Sendable (Int) -> any TrainableJob = { _ in TinyJob.job() }
    ) throws {
        random = SplitMix(seed: seed)
        let checkpoint = try state.map {
            ($0, try Checkpoint(.init(parsing: $0.array()), from: "a checkpoint"))
        }
        coordinator = CoordinatorMachine(
            run: Simulation.run, settings: settings, workerCount: count, endpoint: "tcp://127.0.0.1:1",
            state: checkpoint, patience: Patience(), now: .zero)
        workers = (0..<count).map { Simulation.worker($0) }
        replicas = (0..<count).map { number in ReplicaHolder(makeJob: { _ in job(number) }) }
        computations = Array(repeating: [], count: count)
        peers = Array(repeating: [:], count: count)
        for number in 0..<count { perform(workers[number].start(), of: number) }
    }

    /// A worker that is about to join.
    static func worker(_ number: Int, processor: String = "Chip") -> WorkerMachine {
        WorkerMachine(
            hello: hello(number, processor: processor), coordinator: "tcp://127.0.0.1:1", patience: Patience(),
            now: .zero)
    }

    static func hello(_ number: Int, processor: String = "Chip") -> Hello {
        Hello(
            host: "host-\(number)", pid: 100 + number, endpoint: "worker \(number)", processor: processor, software: "1"
        )
    }

    /// How the coordinator sees a worker.
    static func peer(_ number: Int) -> Peer { Peer(.incoming([UInt8(number)]), "worker \(number)") }

    // MARK: What happens

    /// What can happen next, besides the passing of time.
    private enum Choice {
        case arrival(Link)
        case computation(Int)
    }

    private var choices: [Choice] {
        let arrivals = links.keys.sorted().filter { !frozen.contains($0.to) }.map { Choice.arrival($0) }
        return arrivals
            + computations.indices.filter { !computations[$0].isEmpty && !frozen.contains(.worker($0)) }.map {
                .computation($0)
            }
    }

    /// Whether everybody has ended, or can do no more.
    var isOver: Bool {
        endings[.coordinator] != nil
            && workers.indices.allSatisfy { endings[.worker($0)] != nil || frozen.contains(.worker($0)) }
    }

    /// Lets one thing happen.
    mutating func step() {
        now += .milliseconds(1)
        let choices = choices
        // Where only time can help, it passes faster.
        if choices.isEmpty { now += .milliseconds(50) }
        if choices.isEmpty || Int.random(in: 0..<20, using: &random) == 0 {
            return tick(
                ([.coordinator] + workers.indices.map { .worker($0) }).randomElement(using: &random) ?? .coordinator)
        }
        switch choices[Int.random(in: 0..<choices.count, using: &random)] {
        case .computation(let number):
            let result = replicas[number].carryOut(computations[number].removeFirst())
            feed(.computed(result), to: number)
        case .arrival(let link):
            guard let envelope = links[link]?.removeFirst() else { return }
            if links[link]?.isEmpty == true { links[link] = nil }
            switch (link.from, link.to) {
            case (.worker(let number), .coordinator): feed(.message(envelope, from: Simulation.peer(number)))
            case (let sender, .worker(let number)):
                let origin: WorkerEvent.Origin =
                    if case .worker(let other) = sender { .peer(Simulation.peer(other)) } else { .coordinator }
                feed(.message(envelope, from: origin), to: number)
            case (.coordinator, .coordinator): break
            }
        }
    }

    /// Lets things happen until `condition` holds; false where it does not within so many steps.
    @discardableResult
    mutating func run(steps: Int = 100_000, until condition: (Simulation) -> Bool) -> Bool {
        for _ in 0..<steps {
            if condition(self) { return true }
            step()
        }
        return condition(self)
    }

    private mutating func tick(_ node: Node) {
        if frozen.contains(node) { return }
        switch node {
        case .coordinator: feed(.tick)
        case .worker(let number): feed(.tick, to: number)
        }
    }

    mutating func feed(_ event: CoordinatorEvent) {
        if endings[.coordinator] == nil { perform(coordinator.handle(event, now: now)) }
    }

    mutating func feed(_ event: WorkerEvent, to number: Int) {
        if endings[.worker(number)] == nil { perform(workers[number].handle(event, now: now), of: number) }
    }

    // MARK: What is done

    private mutating func perform(_ actions: [CoordinatorAction]) {
        for action in actions {
            switch action {
            case .send(let envelope, let peer):
                if let number = workers.indices.first(where: { Simulation.peer($0) == peer }) {
                    links[Link(from: .coordinator, to: .worker(number)), default: []].append(envelope)
                }
            case .begin(_, _, _, let completedSteps): if completedSteps > 0 { notes.append("resumed") }
            case .completeStep(let step, let lossSum, _, _): record.append(Reference.line(step: step, loss: lossSum))
            case .tested(let result, let completed): record.append(Reference.line(tested: result, after: completed))
            case .checkpoint(let payload, let completed, let then):
                record.append(Reference.line(state: payload, after: completed, then: "\(then)"))
            case .note(let text): notes.append(text)
            case .warning(let text): warnings.append(text)
            case .end(let error): endings[.coordinator] = .some(error)
            }
        }
    }

    private mutating func perform(_ actions: [WorkerAction], of number: Int) {
        for action in actions {
            switch action {
            case .send(let envelope, .coordinator):
                links[Link(from: .worker(number), to: .coordinator), default: []].append(envelope)
            case .send(let envelope, .rank(let rank)):
                guard let other = peers[number][rank] else { continue }
                links[Link(from: .worker(number), to: .worker(other)), default: []].append(envelope)
            case .connect(let rank, let endpoint, _):
                peers[number][rank] = Int(endpoint.dropFirst("worker ".count))
            case .compute(let request): computations[number].append(request)
            case .end(let error): endings[.worker(number)] = .some(error)
            case .reconnect, .note, .admit: break
            }
        }
    }
}
