internal import LockstepTransport
internal import LockstepWire

/// What becomes of the run when a worker is gone. In this version it ends: at once, and with the worker named.
extension CoordinatorMachine {
    /// A process that this one started has ended. Killed, it cannot have said why; otherwise its reason may still be on its way.
    mutating func exited(pid: Int, how: ProcessEnd, now: Duration) -> [CoordinatorAction] {
        guard let rank = workers.firstIndex(where: { $0?.hello.pid == pid }) else {
            let why = refusals[pid].map { ": \($0)" } ?? ""
            return fail(.workerEnded, "a worker (process \(pid)) \(how) before it joined the run\(why)")
        }
        if case .signalled = how { return ended(rank: rank, how: how) }
        endings[rank] = (now, how)
        return []
    }

    /// A worker's connection is gone. Of a process that this one started the exit is seen too, and says more.
    mutating func lost(_ peer: Peer, now: Duration) -> [CoordinatorAction] {
        guard let rank = workers.firstIndex(where: { $0?.peer == peer }), endings[rank] == nil else { return [] }
        endings[rank] = (now, .disconnected)
        return []
    }

    /// A worker whose end was seen and who has had the time to say why.
    func overdueEnding(now: Duration) -> (rank: Int, how: ProcessEnd)? {
        endings.first { now - $0.value.at > patience.lastWords }.map { ($0.key, $0.value.how) }
    }

    /// The run ends, because a worker has.
    mutating func ended(rank: Int, how: ProcessEnd) -> [CoordinatorAction] {
        if mayBeReplaced { return release(rank, because: "it \(how)") }
        let doing = workers[rank].map { "; when last heard from it was \($0.doing)" } ?? ""
        return fail(.workerEnded, "\(name(rank)) \(how) at step \(currentStep)\(doing)")
    }
}
