import LockstepCluster
import LockstepFormats
import LockstepTraining
import LockstepWire
import Testing

/// How far a run comes before something goes wrong.
extension Simulation {
    /// A run of the tiny job whose workers' models can be spoilt.
    static func spoilable(
        _ settings: RunSettings, workers: Int, seed: UInt64, change: (inout CoordinatorMachine.Setup) -> Void
    ) throws -> (Simulation, Models) {
        let models = Models()
        let simulation = try Simulation(
            settings: settings, workers: workers, seed: seed, change: change,
            job: { TinyJob.job(keeping: models, as: $0) })
        return (simulation, models)
    }

    /// Lets as much happen as the seed says, fewer things than `most`.
    mutating func wander(_ most: UInt64) { for _ in 0..<random.next() % most { step() } }

    /// Lets the run begin, and go on for as long as the seed says; false where it is over by then.
    mutating func begin(wandering most: UInt64, location: SourceLocation = #_sourceLocation) -> Bool {
        let hasBegun = run { !$0.record.isEmpty }
        #expect(hasBegun, sourceLocation: location)
        wander(most)
        return !isOver
    }

    /// Has another worker join; false where the run is over before that is sent the state.
    mutating func joinUntilSent() -> Bool {
        addWorker()
        return run { $0.coordinator.isSendingState || $0.isOver } && !isOver
    }
}

/// What can go wrong.
extension Simulation {
    /// A result with the time that it took in the simulation: no seed may depend on how busy this machine is.
    func timed(_ result: ComputeResult, _ request: ComputeRequest, of number: Int) -> ComputeResult {
        switch (result, request) {
        case (.sums(let last, let losses, let samples, _), .sums(_, let microbatches, _)):
            let seconds = 0.001 * Double(microbatches.count) * slowness[number, default: 1]
            return .sums(last: last, losses: losses, samples: samples, seconds: seconds)
        case (.applied(_, let overflowed, let digest), _):
            return .applied(seconds: 0, overflowed: overflowed, digest: digest)
        default: return result
        }
    }

    /// Puts something on a link, if somebody is there to receive it. Towards a dead process nothing travels, and who has a connection
    /// to it loses that.
    mutating func put(_ item: Item, on link: Link) {
        if dead.contains(link.to) {
            guard case .message = item else { return }
            let back = Link(from: link.to, to: link.from, connection: link.connection)
            if links[back]?.contains(where: { if case .lost = $0 { true } else { false } }) != true {
                links[back, default: []].append(.lost)
            }
            return
        }
        links[link, default: []].append(item)
        guard doublesMessages, case .message(let envelope) = item else { return }
        // An order for a state may be given twice, and means something: that what came was damaged. The other messages may not.
        if case .stateOrder = envelope.body { return }
        if random.next() % 16 == 0 { links[link, default: []].append(item) }
    }

    /// A worker gives up its connection to the coordinator and makes another. Some of what it had sent may be lost with it.
    mutating func reconnect(_ number: Int) {
        let old = Link(from: .worker(number), to: .coordinator, connection: connections[number])
        cut(old)
        put(.lost, on: old)
        links[Link(from: .coordinator, to: .worker(number), connection: connections[number])] = nil
        connections[number] = newConnection()
    }

    /// Loses the end of what is on a link: as much as the seed says.
    private mutating func cut(_ link: Link) {
        guard let items = links[link] else { return }
        let kept = Int.random(in: 0...items.count, using: &random)
        links[link] = kept == 0 ? nil : Array(items.prefix(kept))
    }

    /// Ends a process at once, as SIGKILL does: some of what it had sent still arrives, then whoever it was connected with sees the
    /// connection's end. `isChild` tells whether the coordinator started it, and so sees its exit.
    mutating func kill(_ node: Node, isChild: Bool = false) {
        dead.insert(node)
        for link in links.keys.sorted() where link.to == node { links[link] = nil }
        for link in links.keys.sorted() where link.from == node { cut(link) }
        switch node {
        case .worker(let number):
            computations[number] = []
            results[number] = []
            endings[node] = nil
            put(.lost, on: Link(from: node, to: .coordinator, connection: connections[number]))
            for other in workers.indices {
                for (_, peer) in peers[other].sorted(by: { $0.key < $1.key }) where peer.number == number {
                    put(.lost, on: Link(from: node, to: .worker(other), connection: peer.connection))
                }
            }
            if isChild { feed(.exited(pid: 100 + number, .signalled(signal: 9))) }
        case .coordinator:
            // What it had not written is gone with it.
            unwritten = []
            reads = []
            for number in workers.indices {
                put(.lost, on: Link(from: node, to: .worker(number), connection: connections[number]))
            }
        }
    }

    /// Starts the coordinator again on what is on disk.
    mutating func restartCoordinator() throws {
        dead.remove(.coordinator)
        endings[.coordinator] = nil
        frozenTime[.coordinator] = nil
        var setup = setup
        setup.state = try checkpoint.map { ($0, try Checkpoint(.init(parsing: $0.array()), from: "a checkpoint")) }
        setup.recorded = position
        coordinator = CoordinatorMachine(setup, now: now)
        exile.coordinatorIsNew()
    }

    /// Cuts a worker off from everybody, as a pulled cable does: nothing arrives, and nobody is told. What was on its way is lost
    /// with its connections.
    mutating func freeze(_ number: Int) { frozen.insert(.worker(number)) }

    /// Lets a frozen worker go on where it was.
    mutating func thaw(_ number: Int) { frozen.remove(.worker(number)) }

    /// Breaks the connection from one worker to another: what was on it is lost, and its maker is told.
    mutating func breakLink(from number: Int, to other: Int) {
        for (_, peer) in peers[number].sorted(by: { $0.key < $1.key }) where peer.number == other {
            links[Link(from: .worker(number), to: .worker(other), connection: peer.connection)] = nil
            put(.lost, on: Link(from: .worker(other), to: .worker(number), connection: peer.connection))
        }
    }

    /// The workers that are in the run and can do something.
    var alive: [Int] {
        workers.indices.filter {
            !dead.contains(.worker($0)) && !frozen.contains(.worker($0)) && endings[.worker($0)] == nil
        }
    }
}
