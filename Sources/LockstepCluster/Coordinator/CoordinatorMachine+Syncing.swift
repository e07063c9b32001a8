internal import LockstepTraining
internal import LockstepWire

/// A state on its way to members that lack it.
struct StateTransfer {
    let source: StateSource
    /// The state is that after so many steps.
    let step: Int
    let receivers: [Int]
    /// The digest of what the sender holds: where that is a worker, once he has said so.
    var digest: String?

    /// Whether there is one; weights alone have none.
    var isCompared: Bool { source.rank != nil || digest != nil }
}

/// A generation begins with the newest state, which all members hold or are sent.
extension CoordinatorMachine {
    /// A member has links to all its peers, and says which state it holds: that after `steps` steps, or none that may be used. Whoever was
    /// sent one says so again, with its digest; and once more where the members changed before it was compared with what was sent.
    mutating func connected(_ rank: Int, steps: Int?, digest: String, now: Duration) -> [CoordinatorAction] {
        switch phase {
        case .linking: break
        // Who was sent a state says what he has taken up, or that it cannot be read. Who says neither tells again what he said before.
        case .syncing where !digest.isEmpty: break
        default: return dropped("a Connected of rank \(rank) that was not awaited")
        }
        // Whoever is distrusted is sent the checkpoint first, and then says so again.
        let isProven = digest.isEmpty || digest == sentDigest || digest == checkpoint?.digest
        let isTrusted = if case .syncing = phase { true } else { isProven && !isDistrusted(rank) }
        workers[rank]?.position = steps.flatMap { isTrusted ? .steps($0) : nil } ?? .none
        workers[rank]?.digest = digest
        return isLinked ? synchronize(now: now) : []
    }

    /// Whether all members have said what they hold.
    var isLinked: Bool { members.allSatisfy { workers[$0]?.position != .unknown } }

    /// All members have said what they hold: has those that lack the newest state sent it, or goes on with training.
    mutating func synchronize(now: Duration) -> [CoordinatorAction] {
        var actions: [CoordinatorAction] = []
        if let transfer {
            // What the sender says may come after what the receivers do.
            if transfer.isCompared, transfer.digest == nil { return [] }
            self.transfer = nil
            actions = judge(transfer, now: now)
            guard case .syncing = phase else { return actions }
        }
        let held = members.compactMap { workers[$0]?.position.steps }.filter(progress.isKnown(upTo:)).max()
        let recorded = progress.beingRecorded?.completedSteps
        guard let newest = [held, recorded, checkpoint?.step].compactMap({ $0 }).max() else {
            return fail(.workerEnded, "no worker is left that holds the state of the run")
        }
        // Whether it can be gone back to is about to be known.
        if held != newest, recorded != nil { return actions }
        let behind = members.filter { workers[$0]?.position != .steps(newest) }
        if behind.isEmpty { return actions + beginTraining(at: newest, now: now) }
        phase = .syncing(since: now)
        let holders = members.filter { !behind.contains($0) }
        for rank in behind { workers[rank]?.position = .unknown }
        if held == newest, let source = source(among: holders), let rank = source.rank, let worker = workers[rank] {
            transfer = StateTransfer(source: source, step: newest, receivers: behind)
            let receivers = behind.map(String.init).joined(separator: ", ")
            let note = CoordinatorAction.note(
                "\(source.name) sends the state after \(newest) steps to worker \(receivers)")
            if hub.kind == .star { hub.relay = StateRelay(from: rank, to: behind, step: newest) }
            let order = StateOrder(ranks: hub.kind == .star ? [] : behind)
            return actions + [note, send(.stateOrder(order), to: worker.peer, step: newest)]
        }
        guard let checkpoint else { return actions }
        transfer = StateTransfer(
            source: .coordinator, step: newest, receivers: behind, digest: checkpoint.digest)
        var sender = StateSender<Int>(image: checkpoint.image, step: newest, pieceBytes: setup.pieceBytes)
        let pieces = behind.flatMap { sender.start($0) }
        stateSender = sender
        return actions + send(pieces, step: newest)
    }

    /// Whoever sends a state to others says what it is.
    mutating func sent(_ digest: String, after step: Int, byRank rank: Int, now: Duration) -> [CoordinatorAction] {
        guard let transfer, transfer.source.rank == rank, transfer.step == step, transfer.digest == nil else {
            return dropped("a StateDigest of rank \(rank) that was not awaited")
        }
        self.transfer?.digest = digest
        sentDigest = digest
        return isLinked ? synchronize(now: now) : []
    }

    /// All that were sent a state have taken it up, or could not. Where it is another by now than was sent it is sent again, by another
    /// who holds it if there is one; too often in a row, and whoever received it is put out.
    private mutating func judge(_ transfer: StateTransfer, now: Duration) -> [CoordinatorAction] {
        let damaged = transfer.receivers.filter { rank in
            let isOther = transfer.isCompared && workers[rank]?.digest != transfer.digest
            return workers[rank]?.position != .steps(transfer.step) || isOther
        }
        if damaged.isEmpty {
            progress.damagedTransfers = []
            progress.slowSenders = []
            return []
        }
        for rank in damaged { workers[rank]?.position = .none }
        progress.damagedTransfers.append(transfer.source.process)
        if progress.damagedTransfers.count == AgreedState.mostDamaged, damaged.count < members.count {
            progress.damagedTransfers = []
            return damaged.flatMap { rank in
                putOutStray(
                    rank, digest: workers[rank]?.digest ?? "", transfer.digest ?? "the weights that were sent",
                    after: transfer.step, now: now)
            }
        }
        let what = """
            the state after \(transfer.step) steps that \(transfer.source.name) sent is damaged where \
            \(damaged.map { name($0) }.joined(separator: " and ")) took it up. Most likely the memory of one of these hosts is at fault
            """
        return tellOfDamage(what, inARow: progress.damagedTransfers.count)
    }

    /// A member has more of the checkpoint that it is sent.
    mutating func sendMore(_ received: StateReceived, after step: Int, to rank: Int) -> [CoordinatorAction] {
        if hub.relay?.step == step { return relay(received, to: rank) }
        if stateSender?.step == step {
            let pieces = stateSender?.acknowledged(by: rank, end: received.end) ?? []
            return send(pieces, step: step)
        }
        return []
    }

    private func send(_ pieces: [StateSender<Int>.Piece], step: Int) -> [CoordinatorAction] {
        pieces.compactMap { piece in
            workers[piece.receiver].map { send(piece.body, to: $0.peer, payload: piece.payload, step: step) }
        }
    }
}
