internal import LockstepTraining
internal import LockstepWire

/// What goes through the coordinator where workers have no links to each other.
struct Hub {
    /// More elements than any model has; few enough to count their bytes.
    static let mostElements = 1 << 48

    /// How the generation sums.
    var kind: AllReduce.Kind
    /// How the gradient is cut; known where it is summed here.
    var buckets: GradientBuckets?
    /// The all-reduces under way, by step: one, and the next where some worker is ahead.
    var allReduces: [Int: AllReduce] = [:]
    /// Steps whose sums have been sent.
    var reducedSteps = 0
    /// The state on its way from one worker to others.
    var relay: StateRelay?
}

/// Star: the sums are made here, in the order in which the workers would make them, and so with the same bits.
extension CoordinatorMachine {
    /// A generation begins: nothing of an earlier one is gone on with. Returns why the run cannot go on, if it cannot.
    mutating func restartHub() -> [CoordinatorAction]? {
        hub = Hub(kind: hub.kind)
        guard hub.kind == .star, let reference else { return nil }
        let (count, sums) = (reference.parameterCount, reference.sumCount)
        guard count <= sums, sums <= Hub.mostElements else {
            return fail(
                .workerFailed,
                "a worker says that it has \(count) parameters and sums \(sums) elements; expected no fewer, and at most "
                    + "\(Hub.mostElements)")
        }
        do {
            hub.buckets = try GradientBuckets(
                count: count, tail: sums - count,
                bytes: settings.bucketBytes ?? GradientBuckets.defaultBytes, wire: settings.wire ?? .float32)
            return nil
        } catch {
            return fail(.workerFailed, "\(error)")
        }
    }

    /// Whether all members that are not connected wait for others with nothing else to do, and the coordinator may sum in their place.
    var cannotReachEachOther: Bool {
        membership.allReduce == .auto && hub.kind == .direct
            && members.allSatisfy { workers[$0].map { $0.position != .unknown || !$0.unheard.isEmpty } ?? false }
    }

    /// Who cannot reach whom: who has not been heard from by another has not reached it.
    var unreached: String {
        let pairs = members.flatMap { rank in
            (workers[rank]?.unheard ?? []).filter { members.contains($0) }.map { (from: $0, to: rank) }
        }
        let told = pairs.prefix(3).map { from, to in
            "\(name(from)) cannot reach \(name(to)) at \(workers[to]?.hello.endpoint ?? "")"
        }
        return told.joined(separator: ", ") + (pairs.count > 3 ? ", and \(pairs.count - 3) more" : "")
    }

    /// From now on sums are made here; said with what that costs and how to spare it.
    mutating func sumHere(because reason: String, now: Duration) -> [CoordinatorAction] {
        hub.kind = .star
        let warning = CoordinatorAction.warning(
            """
            \(reason). From now on gradients are summed at the coordinator: the bits are the same, but all of them go through its \
            network. Check that no firewall stands between the hosts, or give a worker the address that others reach it at (--bind)
            """)
        return [warning] + regroup(now: now)
    }

    /// A worker's sums over a bucket.
    mutating func reduce(_ partial: Partial, of envelope: Envelope, ofRank rank: Int) -> [CoordinatorAction] {
        let step = envelope.step
        guard hub.kind == .star, case .training = phase, let buckets = hub.buckets,
            let place = members.firstIndex(of: rank), step >= hub.reducedSteps, step < progress.orderedSteps
        else { return dropped("a Partial of rank \(rank) after \(step) steps that was not awaited") }
        // Taken out while it is changed, so that it is changed in place.
        var reduction =
            hub.allReduces.removeValue(forKey: step)
            ?? AllReduce(
                .star, place: members.count, ranges: ranges, tree: MicrobatchTree(count: settings.microbatches),
                buckets: buckets)
        do {
            let actions = try reduction.receive(partial, envelope.payload, from: place)
            hub.allReduces[step] = reduction
            return actions.compactMap { action in
                switch action {
                case .send(let body, let payload, let place):
                    return workers[members[place]].map { send(body, to: $0.peer, payload: payload, step: step) }
                case .complete:
                    hub.allReduces[step] = nil
                    hub.reducedSteps = step + 1
                    return nil
                }
            }
        } catch {
            hub.allReduces[step] = reduction
            return dropped("a Partial of rank \(rank) after \(step) steps: \(error)")
        }
    }

    /// A piece of the state that goes from one worker to others: each gets it as it came, and no more is kept of it here.
    mutating func relay(_ piece: State, of envelope: Envelope) -> [CoordinatorAction] {
        guard let relay = hub.relay, relay.step == envelope.step else {
            return dropped("a State after \(envelope.step) steps that was not awaited")
        }
        return relay.receivers.compactMap { workers[$0] }.map {
            send(.state(piece), to: $0.peer, payload: envelope.payload, step: relay.step)
        }
    }

    /// A receiver has more of it: the sender is told what all have.
    mutating func relay(_ received: StateReceived, to rank: Int) -> [CoordinatorAction] {
        guard let end = hub.relay?.received(by: rank, end: received.end), let relay = hub.relay,
            let source = workers[relay.source]
        else { return [] }
        return [send(.stateReceived(StateReceived(end: end)), to: source.peer, step: relay.step)]
    }
}
