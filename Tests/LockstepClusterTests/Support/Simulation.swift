import LockstepCluster
import LockstepFormats
import LockstepTraining
import LockstepTransport
import LockstepWire

/// A coordinator and its workers in one thread, with links in memory and a clock that only the simulation moves.
///
/// What happens next is drawn from a seed: a message arrives, a computation ends, somebody's clock ticks, a line of the record reaches
/// the disk. Each connection keeps its order, as a transport does; nothing else has one. What is computed is computed by
/// real trainers. Faults are in `Simulation+Faults.swift`.
struct Simulation {
    /// Who sends or receives: the coordinator, or a worker by its number, which need not be its rank.
    enum Node: Hashable, Comparable {
        case coordinator
        case worker(Int)
    }

    /// One direction of a connection: who made it, to whom, and his how-many-eth it is to there.
    struct Link: Hashable, Comparable {
        let from: Node
        let to: Node
        /// The number of the connection; of the coordinator's links that of the worker's connection to it.
        let connection: Int

        static func < (left: Link, right: Link) -> Bool {
            (left.from, left.to, left.connection) < (right.from, right.to, right.connection)
        }
    }

    /// What arrives at the end of a link.
    enum Item {
        case message(Envelope)
        /// The connection is gone, told to the one at `to`.
        case lost
    }

    static let run = RunID("0123456789abcdef0123456789abcdef")!  // 32 hexadecimal digits, so it is one

    var random: SplitMix
    var now = Duration.zero
    var coordinator: CoordinatorMachine
    var workers: [WorkerMachine]
    let setup: CoordinatorMachine.Setup
    let job: @Sendable (Int) -> any TrainableJob
    var links: [Link: [Item]] = [:]
    var computations: [[ComputeRequest]] = []
    /// What each worker's compute thread has found and its socket thread has not heard of.
    var results: [[ComputeResult]] = []
    var replicas: [ReplicaHolder] = []
    /// The number of the worker that a worker calls by a rank, and of its connection to it.
    var peers: [[Int: (number: Int, connection: Int)]] = []
    /// The number of each worker's connection to the coordinator.
    var connections: [Int] = []
    var lastConnection = 0
    /// What the coordinator had recorded and is on disk, as ``Reference`` writes it.
    var record: [String] = []
    /// Which samples each step on disk was computed from, in the order in which that was written.
    var ledger: [(step: Int, account: StepAccount)] = []
    /// What it had recorded that is not on disk yet.
    var unwritten: [CoordinatorAction] = []
    /// The data, where workers are sent their samples, and what it has been asked to read.
    var reader: SampleReader?
    var reads: [SampleRead] = []
    /// The most messages of samples that a worker ever held or waited for, and how often one was there before it was needed.
    private(set) var mostDeliveries = 0
    private(set) var samplesAhead = 0
    /// What becomes of the images of states that workers write out.
    var damage = ImageDamage()
    /// The last checkpoint on disk.
    var checkpoint: Payload?
    var position = RecordedPosition()
    /// How often the record was begun: anew, or at an earlier step.
    var beginnings = 0
    /// What the run was computed on.
    var machines: [String] = []
    var notes: [String] = []
    var warnings: [String] = []
    /// Processes that are to be started in the place of others.
    var launches = 0
    /// How each has ended: with an error or, with none, well.
    var endings: [Node: ClusterError?] = [:]
    /// Nodes that neither hear nor do anything any more.
    var frozen: Set<Node> = []
    /// How long each node has been frozen in all: its clock stands still meanwhile.
    var frozenTime: [Node: Duration] = [:]
    /// Workers whose compute threads come to no end any more, as when a disk hangs; their heartbeats go on.
    var stuck: Set<Int> = []
    /// How many times as long as others a worker computes; one microbatch takes a millisecond otherwise.
    var slowness: [Int: Double] = [:]
    /// How many microbatches the members of each generation were dealt, as each of them was told.
    var deals: [[Int]] = []
    /// What workers that are put out do.
    var exile = Exile()
    /// The steps that gradients were computed for, and by whom, in order.
    private(set) var computedSteps: [(step: Int, worker: Int)] = []
    /// Processes that are no more.
    var dead: Set<Node> = []
    /// Whether now and then a message comes twice. None is ever lost, or overtakes another: ZeroMQ over one connection neither loses nor
    /// reorders what the connection carries, and what a connection that ends has lost is simulated where it ends.
    var doublesMessages = false
    /// Pairs of workers between which nothing travels, and nobody is told: between their hosts stands a firewall.
    var unreachable: Set<Set<Int>> = []

    init(
        settings: RunSettings, workers count: Int, seed: UInt64, resumingFrom state: Payload? = nil,
        change: (inout CoordinatorMachine.Setup) -> Void = { _ in },
        job: @escaping @Sendable (Int) -> any TrainableJob = { _ in TinyJob.job() }
    ) throws {
        random = SplitMix(seed: seed)
        self.job = job
        var setup = CoordinatorMachine.Setup(
            run: Simulation.run, settings: settings, membership: Membership(workers: count),
            endpoint: "tcp://127.0.0.1:1")
        setup.state = try state.map { ($0, try Checkpoint(.init(parsing: $0.array()), from: "a checkpoint")) }
        let start = setup.state?.checkpoint.step ?? 0
        setup.recorded.steps = start
        setup.recorded.testedSteps = start
        change(&setup)
        self.setup = setup
        position = setup.recorded
        checkpoint = state
        coordinator = CoordinatorMachine(setup, now: .zero)
        workers = []
        for _ in 0..<count { addWorker() }
    }

    /// Starts one more worker; returns its number.
    @discardableResult
    mutating func addWorker() -> Int {
        let number = workers.count
        workers.append(Simulation.worker(number, now: now, pieceBytes: setup.pieceBytes))
        let job = job
        replicas.append(ReplicaHolder(makeJob: { _ in job(number) }))
        computations.append([])
        results.append([])
        peers.append([:])
        connections.append(newConnection())
        perform(workers[number].start(), of: number)
        return number
    }

    mutating func newConnection() -> Int {
        lastConnection += 1
        return lastConnection
    }

    /// A worker that is about to join.
    static func worker(
        _ number: Int, processor: String = "Chip", now: Duration = .zero, pieceBytes: Int = 4 << 20
    ) -> WorkerMachine {
        WorkerMachine(
            hello: hello(number, processor: processor), coordinator: "tcp://127.0.0.1:1", patience: Patience(),
            now: now, pieceBytes: pieceBytes)
    }

    static func hello(_ number: Int, processor: String = "Chip") -> Hello {
        Hello(
            host: "host-\(number)", pid: 100 + number, endpoint: "worker \(number)", processor: processor, software: "1"
        )
    }

    /// How the coordinator sees a worker on its first connection.
    static func peer(_ number: Int) -> Peer { peer(number, connection: number + 1) }

    static func peer(_ number: Int, connection: Int) -> Peer {
        Peer(.incoming([UInt8(number), UInt8(connection >> 8), UInt8(connection & 255)]), "worker \(number)")
    }

    /// The time as a node knows it.
    func time(of node: Node) -> Duration { now - (frozenTime[node] ?? .zero) }

    // MARK: What happens

    /// What can happen next, besides the passing of time.
    private enum Choice {
        case arrival(Link)
        case computation(Int)
        /// A worker's socket thread hears of what its compute thread has found.
        case result(Int)
        case writing
        /// The coordinator's thread that reads samples has some.
        case reading
    }

    private var choices: [Choice] {
        let stopped = frozen.union(dead)
        let arrivals = links.keys.sorted().filter { !stopped.contains($0.to) }.map { Choice.arrival($0) }
        let working = computations.indices.filter { !stopped.contains(.worker($0)) }
        return arrivals + working.filter { !computations[$0].isEmpty && !stuck.contains($0) }.map { .computation($0) }
            + working.filter { !results[$0].isEmpty }.map { .result($0) }
            + (unwritten.isEmpty || stopped.contains(.coordinator) ? [] : [.writing])
            + (reads.isEmpty || stopped.contains(.coordinator) ? [] : [.reading])
    }

    /// Whether the coordinator has ended, and all that it had recorded is on disk.
    var isRecorded: Bool { endings[.coordinator] != nil && unwritten.isEmpty }

    /// Whether everybody has ended, or can do no more.
    var isOver: Bool {
        isRecorded
            && workers.indices.allSatisfy {
                endings[.worker($0)] != nil || frozen.contains(.worker($0)) || dead.contains(.worker($0))
            }
    }

    /// Lets one thing happen.
    mutating func step() {
        advance(.milliseconds(1))
        let choices = choices
        let nodes = [.coordinator] + workers.indices.map { Node.worker($0) }
        // Where only time can help, it passes faster, and everybody notices.
        if choices.isEmpty {
            advance(.milliseconds(50))
            for node in nodes.shuffled(using: &random) { tick(node) }
            return
        }
        if Int.random(in: 0..<20, using: &random) == 0 {
            return tick(nodes.randomElement(using: &random) ?? .coordinator)
        }
        switch choices[Int.random(in: 0..<choices.count, using: &random)] {
        case .computation(let number):
            let request = computations[number].removeFirst()
            if case .sums(let step, _, _) = request { computedSteps.append((step, number)) }
            let known = Known()
            let result = timed(replicas[number].carryOut(request) { known.results.append($0) }, request, of: number)
            let told = damage.applied(to: result, of: number, isTransfer: coordinator.isSendingState, &random)
            results[number] += known.results + [told]
        case .result(let number): feed(.computed(results[number].removeFirst()), to: number)
        case .writing: write()
        case .reading: read()
        case .arrival(let link): arrive(link)
        }
    }

    private mutating func advance(_ duration: Duration) {
        now += duration
        for node in frozen { frozenTime[node, default: .zero] += duration }
    }

    private mutating func arrive(_ link: Link) {
        guard let item = links[link]?.removeFirst() else { return }
        if links[link]?.isEmpty == true { links[link] = nil }
        switch (link.from, link.to, item) {
        case (.worker(let number), .coordinator, .message(let envelope)):
            feed(.message(envelope, from: Simulation.peer(number, connection: link.connection)))
        case (.worker(let number), .coordinator, .lost):
            feed(.lost(Simulation.peer(number, connection: link.connection)))
        case (let sender, .worker(let number), .message(let envelope)):
            if sender == .coordinator, link.connection != connections[number] { return }
            let origin: WorkerEvent.Origin =
                if case .worker(let other) = sender {
                    .peer(Simulation.peer(other, connection: link.connection))
                } else {
                    .coordinator
                }
            feed(.message(envelope, from: origin), to: number)
        case (.coordinator, .worker(let number), .lost):
            if link.connection == connections[number] { feed(.lostCoordinator, to: number) }
        case (.worker(let other), .worker(let number), .lost):
            let rank = peers[number].first { $0.value.number == other && $0.value.connection == link.connection }?.key
            if let rank { feed(.lostPeer(rank), to: number) }
        case (.coordinator, .coordinator, _): break
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
        if frozen.contains(node) || dead.contains(node) { return }
        switch node {
        case .coordinator: feed(.tick)
        case .worker(let number): feed(.tick, to: number)
        }
    }

    mutating func feed(_ event: CoordinatorEvent) {
        guard endings[.coordinator] == nil else { return }
        let actions = coordinator.handle(event, now: time(of: .coordinator))
        exile.coordinator(has: actions, after: event)
        perform(actions)
    }

    mutating func feed(_ event: WorkerEvent, to number: Int) {
        if endings[.worker(number)] == nil {
            defer {
                let worker = workers[number]
                mostDeliveries = max(mostDeliveries, worker.deliveryCount)
                if worker.hasSamplesAhead { samplesAhead += 1 }
            }
            let actions = workers[number].handle(event, now: time(of: .worker(number)))
            exile.worker(number, has: actions, after: event)
            perform(actions, of: number)
        }
    }
}

/// What a computation told before its end.
private final class Known { var results: [ComputeResult] = [] }
