internal import Glibc
internal import LockstepFormats
internal import LockstepTensor
internal import LockstepTraining
public import LockstepTransport
internal import LockstepWire

/// Measures the all-reduce of training between processes: the same sums, messages and sockets, without a model around them.
///
/// The first peer is where the others meet: it tells them the plan and who they are, and its times are the ones reported. Before
/// each sum all wait for each other, as the all-reduce of a step begins when all have gradients.
public final class AllReduceBench {
    let transport: any Transport
    let clock = ContinuousClock()
    private let advertised: Endpoint
    private let meeting: Meeting
    private let patience: Duration
    private let failures: EventQueue<String>

    private var run = RunID.unknown
    private(set) var plan: AllReducePlan?
    private(set) var place = 0
    /// The connections to the other peers, by place.
    private var links: [Int: Peer] = [:]
    private var step = 0
    private var isEnding = false
    /// What came before it was asked for.
    private var early: [(envelope: Envelope, peer: Peer)] = []

    /// How a peer comes by the others.
    private enum Meeting {
        /// They come to it.
        case here(AllReducePlan)
        /// They are where this endpoint is.
        case at(Endpoint)
    }

    /// How long the others may take to come by default, and how long to answer.
    public static let patience = Duration.seconds(30)

    /// The first of the peers of `plan`, which is reached at `advertised`.
    public init(
        meetingAt transport: any Transport, advertised: Endpoint, plan: AllReducePlan,
        patience: Duration = AllReduceBench.patience
    ) {
        self.transport = transport
        self.advertised = advertised
        self.patience = patience
        meeting = .here(plan)
        failures = EventQueue(waker: transport.waker)
    }

    /// One of the other peers, which is reached at `advertised` and finds the first one at `meeting`.
    public init(
        joining meeting: Endpoint, through transport: any Transport, advertised: Endpoint,
        patience: Duration = AllReduceBench.patience
    ) {
        self.transport = transport
        self.advertised = advertised
        self.patience = patience
        self.meeting = .at(meeting)
        failures = EventQueue(waker: transport.waker)
    }

    /// Tells why some peer will not come or answer, from any thread: the measuring ends with this reason.
    public var fail: @Sendable (String) -> Void { { [failures] in failures.put($0) } }

    /// Measures all sizes; `report` receives each as soon as it is known. Throws a ``ClusterError`` where it cannot go on.
    public func measure(_ report: (AllReduceTiming) -> Void) throws {
        defer { transport.close() }
        let plan =
            switch meeting {
            case .here(let plan): try gather(plan)
            case .at(let endpoint): try join(endpoint)
            }
        self.plan = plan
        for size in plan.sizes { report(try measure(bytes: size, of: plan)) }
        if plan.comparesSockets {
            let mesh = try openSockets(plan)
            for size in plan.sizes { report(try measure(bytes: size, of: plan, over: mesh)) }
        }
        // Whoever has heard of all others ends, so from here on an end is no failure.
        isEnding = true
        try meetAll(step: nextStep())
    }

    // MARK: Meeting

    /// Waits for the others and tells each what is measured, and with whom.
    private func gather(_ plan: AllReducePlan) throws -> AllReducePlan {
        run = .random()
        var hellos: [(hello: Hello, peer: Peer)] = []
        while hellos.count < plan.peers - 1 {
            let missing = plan.peers - 1 - hellos.count
            let (envelope, peer) = try next("\(missing) more of \(plan.peers) peers to join") {
                if case .hello = $0.body { true } else { false }
            }
            guard case .hello(let hello) = envelope.body, !hellos.contains(where: { $0.peer == peer }) else { continue }
            hellos.append((hello, peer))
        }
        let own = hello()
        let members = ([own] + hellos.map(\.hello)).enumerated().map { place, hello in
            Member(
                rank: place, host: hello.host, pid: hello.pid, endpoint: hello.endpoint,
                microbatches: place..<place + 1,
                publicKey: place == 0
                    ? transport.publicKey?.description ?? "" : hellos[place - 1].peer.key?.description ?? "")
        }
        for (index, (_, peer)) in hellos.enumerated() {
            let welcome = Welcome(
                rank: index + 1, workers: plan.peers, settings: JSONText.encode(plan), recordedSteps: 0)
            try transport.send(message(.welcome(welcome)), to: peer)
            try transport.send(message(.members(Members(members: members))), to: peer)
        }
        try link(members)
        return plan
    }

    /// Comes to the first peer and hears from it what is measured, and with whom.
    private func join(_ endpoint: Endpoint) throws -> AllReducePlan {
        let first = try transport.connect(to: endpoint)
        try transport.send(
            Envelope(run: .unknown, sender: .newcomer, body: .hello(hello())), to: first)
        let (envelope, _) = try next("the first peer at \(endpoint) to answer") {
            if case .welcome = $0.body { true } else { false }
        }
        guard case .welcome(let welcome) = envelope.body else { throw unexpected("what is measured") }
        let plan = try JSONText.decode(welcome.settings.utf8, as: AllReducePlan.self)
        try plan.check()
        (run, place) = (envelope.run, welcome.rank)
        let (list, _) = try next("the first peer at \(endpoint) to say who the others are") {
            if case .members = $0.body { true } else { false }
        }
        guard case .members(let members) = list.body, members.members.count == plan.peers,
            members.members.map(\.rank) == Array(0..<plan.peers), (0..<plan.peers).contains(place)
        else { throw unexpected("\(plan.peers) peers") }
        links[0] = first
        try link(members.members)
        return plan
    }

    /// Connects to each other peer.
    private func link(_ members: [Member]) throws {
        transport.admit(Set(members.compactMap { PublicKey($0.publicKey) }))
        for member in members where member.rank != place && links[member.rank] == nil {
            links[member.rank] = try transport.connect(
                to: Endpoint(member.endpoint), key: PublicKey(member.publicKey))
        }
        try meetAll(step: 0)
    }

    private func hello() -> Hello {
        Hello(
            host: Host.name, pid: Int(getpid()), endpoint: advertised.description, processor: BLAS.coreType,
            software: Software.version)
    }

    // MARK: Messages

    /// A number that no sum has had.
    func nextStep() -> Int {
        step += 1
        return step
    }

    func message(_ body: Body, payload: Payload? = nil, step: Int = 0) -> Envelope {
        Envelope(run: run, step: step, sender: .rank(place), body: body, payload: payload)
    }

    func send(_ envelope: Envelope, to place: Int) throws {
        guard let peer = links[place] else { throw unexpected("a link to peer \(place)") }
        try transport.send(envelope, to: peer)
    }

    /// Waits until all peers are at `step`: each says so to each. Two messages a pair, and all go on at nearly the same time.
    func meetAll(step: Int) throws {
        for place in links.keys.sorted() { try send(message(.peerHello, step: step), to: place) }
        var awaited = Set(links.keys)
        while !awaited.isEmpty {
            let (envelope, _) = try next("peer \(awaited.sorted()[0])") {
                if case .peerHello = $0.body { $0.step == step } else { false }
            }
            if case .rank(let place) = envelope.sender { awaited.remove(place) }
        }
    }

    /// The next message that is `wanted`; others are kept until they are. `subject` is what is waited for, for an error.
    func next(_ subject: @autoclosure () -> String, _ wanted: (Envelope) -> Bool) throws -> (
        envelope: Envelope, peer: Peer
    ) {
        if let index = early.firstIndex(where: { wanted($0.envelope) }) { return early.remove(at: index) }
        let deadline = clock.now + patience
        while clock.now < deadline {
            switch try transport.receive(timeout: deadline - clock.now) {
            case .message(let envelope, let peer):
                if wanted(envelope) { return (envelope, peer) }
                guard early.count < 100_000 else { throw unexpected(subject()) }
                early.append((envelope, peer))
            case .lost where isEnding: break
            case .lost(let peer):
                throw ClusterError(.disconnected, "the connection to \(peer) was lost while waiting for \(subject())")
            case .refused(let error), .refusedBy(_, let error): throw error
            case .rejected(let error, let peer):
                throw ClusterError(.unexpectedMessage, "a message of \(peer) cannot be read: \(error)")
            case nil:
                if let reason = failures.take().first { throw ClusterError(.workerEnded, reason) }
            }
        }
        throw ClusterError(
            .timeout, "waited \(patience.text) for \(subject()); check that every peer runs and is reached")
    }

    func unexpected(_ expected: String) -> ClusterError {
        ClusterError(.unexpectedMessage, "the peers do not agree on what is measured: expected \(expected)")
    }

    /// An address of a peer's that its own messages have no room for.
    func exchange(_ text: String) throws -> [Int: String] {
        for place in links.keys.sorted() { try send(message(.heartbeat(Heartbeat(phase: text))), to: place) }
        var texts: [Int: String] = [:]
        while texts.count < links.count {
            let (envelope, _) = try next("the socket of a peer") {
                if case .heartbeat = $0.body { true } else { false }
            }
            if case .heartbeat(let heartbeat) = envelope.body, case .rank(let place) = envelope.sender {
                texts[place] = heartbeat.phase
            }
        }
        return texts
    }
}
