internal import LockstepTraining
internal import LockstepWire

/// The states that a worker sends and receives.
struct StateTransfers {
    /// The states that the compute thread was asked for, oldest first: in which generation, after how many steps, and for whom.
    var orders: [(generation: Int, step: Int, ranks: [Int])] = []
    /// The states on their way out: to peers by rank, to the coordinator by nil.
    var outgoing: [StateSender<Int?>] = []
    /// The state on its way in.
    var incoming: StateReceiver?

    /// Without what was on its way; what the compute thread was asked for still comes, and is then dropped.
    var dropped: StateTransfers { StateTransfers(orders: orders) }
}

extension WorkerMachine {
    /// A state that was asked for is written out: tells its digest and begins to send it, unless the generation that wanted it is over.
    mutating func send(_ digest: String, _ image: Payload?) -> [WorkerAction] {
        guard !transfers.orders.isEmpty else { return stray() }
        let order = transfers.orders.removeFirst()
        guard order.generation == generation, !members.isEmpty else { return [] }
        let told = send(.stateDigest(StateDigest(digest: digest)), step: order.step)
        guard let image else { return [told] }
        var sender = StateSender<Int?>(image: image, step: order.step, pieceBytes: pieceBytes)
        let receivers: [Int?] = order.ranks.isEmpty ? [nil] : order.ranks.map { $0 }
        let pieces = receivers.flatMap { sender.start($0) }
        transfers.outgoing.append(sender)
        return [told] + pieces.map { piece in send(piece, step: order.step) }
    }

    /// Whoever receives a state has more of it: sends him what follows.
    mutating func sendMore(_ received: StateReceived, of envelope: Envelope, to rank: Int?) -> [WorkerAction] {
        guard envelope.generation == generation,
            let index = transfers.outgoing.firstIndex(where: { $0.step == envelope.step && $0.isFor(rank) })
        else { return stray() }
        let pieces = transfers.outgoing[index].acknowledged(by: rank, end: received.end)
        if transfers.outgoing[index].isDone { transfers.outgoing.remove(at: index) }
        return pieces.map { send($0, step: envelope.step) }
    }

    private mutating func send(_ piece: StateSender<Int?>.Piece, step: Int) -> WorkerAction {
        sending.restart()
        return .send(
            envelope(piece.body, payload: piece.payload, step: step),
            to: piece.receiver.map { .rank($0) } ?? .coordinator)
    }

    /// A piece of the state that this worker is to go on from: from a peer, or from the coordinator where `rank` is nil.
    mutating func receive(_ piece: State, of envelope: Envelope, fromRank rank: Int?) -> [WorkerAction] {
        // States are sent before the first step and test of a generation: what comes after is an echo of one that has been taken up.
        guard envelope.generation == generation, newestOrders == (-1, -1), case .idle = phase, orders.isEmpty,
            inHand == nil, let prepared
        else { return stray() }
        if piece.offset == 0 {
            transfers.incoming = StateReceiver(
                step: envelope.step, limit: StateReceiver.limit(stateBytes: prepared.ready.stateBytes))
        }
        guard var receiver = transfers.incoming, receiver.step == envelope.step else { return stray() }
        do {
            let image = try receiver.receive(piece, envelope.payload)
            let answer = WorkerAction.send(
                self.envelope(.stateReceived(StateReceived(end: receiver.end)), step: envelope.step),
                to: rank.map { .rank($0) } ?? .coordinator)
            guard let image else {
                transfers.incoming = receiver
                return [answer]
            }
            transfers.incoming = nil
            inHand = .restore(generation: generation)
            return [answer, .compute(.restore(image))]
        } catch {
            return stray() + [.note("dropped a message: \(error)")]
        }
    }

    /// The state is taken up: says so, and what it is, for the coordinator to compare with what was sent.
    mutating func restored(_ step: Int, _ digest: String, generation begun: Int, now: Duration) -> [WorkerAction] {
        completedSteps = step
        reducedSteps = step
        holdsState = true
        takenDigest = digest
        reports.removeAll { $0.step >= step }
        guard begun == generation, case .idle = phase else { return finishLinking() }
        return [send(.connected(Connected(holdsState: true, digest: digest)))] + next(now: now)
    }

    /// The state arrived damaged, and cannot be taken up: says so, to be sent it again.
    mutating func notRestored(_ reason: String, generation begun: Int, now: Duration) -> [WorkerAction] {
        let note = WorkerAction.note("the state that was sent cannot be used: \(reason)")
        guard begun == generation, case .idle = phase else { return [note] + finishLinking() }
        let answer = Connected(holdsState: false, digest: Connected.unreadable)
        return [note, send(.connected(answer))] + next(now: now)
    }
}
