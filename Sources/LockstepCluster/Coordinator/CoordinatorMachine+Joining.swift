internal import LockstepOptim
internal import LockstepTensor
internal import LockstepTraining
internal import LockstepTransport
internal import LockstepWire

extension CoordinatorMachine {
    /// Somebody wants to join: gives out a rank and the settings.
    mutating func admit(_ hello: Hello, of envelope: Envelope, from peer: Peer, now: Duration) -> [CoordinatorAction] {
        // A worker says hello until it is answered, so a second one from the same connection needs no answer.
        if let rank = workers.first(where: { $0.value.peer == peer })?.key {
            workers[rank]?.lastHeard = now
            return []
        }
        // What a join costs is its state, which may be gigabytes, so nobody makes this process send it without end.
        joins = joins.filter { now - $0 < .seconds(60) }
        guard joins.count < mostJoins else {
            surplusHellos += 1
            let why = "\(mostJoins) workers have asked to join within a minute, and no more may"
            let note = CoordinatorAction.warning("refused a worker on \(hello.host) (process \(hello.pid)): \(why)")
            return refuse(peer, "\(why); start it again in a minute") + (surplusHellos.isPowerOfTen ? [note] : [])
        }
        joins.append(now)
        var actions = tellOfAbsence(hello, over: peer)
        // The same worker on a new connection: it has given up the one that it had.
        if let rank = workers.first(where: { $0.value.hello == hello })?.key {
            if case .joining = phase {
                workers[rank] = nil
            } else {
                actions += remove(rank, because: "lost its connection and made another", mayReturn: true, now: now)
            }
        }
        missing[hello.endpoint] = nil
        // More than are waited for may come before the run begins: they would be let in a moment later. Where the coordinator was
        // started again they are those that hold the run's state.
        guard workers.count < membership.maximumWorkers else {
            surplusHellos += 1
            let why = "the run has all its \(membership.maximumWorkers) workers"
            let option = hasBegun || membership.maximumWorkers > membership.workers ? "--max-workers" : "--workers"
            let note = CoordinatorAction.note("refused a worker on \(hello.host) (process \(hello.pid)): \(why)")
            return actions
                + refuse(peer, "\(why); start it with a larger \(option)")
                + (surplusHellos.isPowerOfTen ? [note] : [])
        }
        // A worker that was in the run before is the rank that it was, if nobody else is by now.
        var rank = (0...).first { workers[$0] == nil } ?? 0
        if envelope.run == setup.run, case .rank(let earlier) = envelope.sender, earlier < membership.maximumWorkers,
            workers[earlier] == nil
        {
            rank = earlier
        }
        workers[rank] = Worker(peer: peer, hello: hello, admitted: now, lastHeard: now)
        away[hello.process] = nil
        knownRanks.insert(rank)
        if admitted.insert(hello.process).inserted, replacementsAwaited > 0 { replacementsAwaited -= 1 }
        let welcome = Welcome(
            rank: rank, workers: membership.workers, settings: settings.shared.json(),
            recordedSteps: progress.completedSteps, data: setup.data?.json ?? "")
        return actions + [.note("\(name(rank)) joined"), send(.welcome(welcome), to: peer)]
    }

    /// One that was put out, and that this coordinator could not tell of it over the connection that it had, is told once it is back.
    private mutating func tellOfAbsence(_ hello: Hello, over peer: Peer) -> [CoordinatorAction] {
        guard let absence = away.removeValue(forKey: hello.process), absence.peer != peer else { return [] }
        return [send(.putOut(PutOut(reason: "it \(absence.reason)")), to: peer)]
    }

    /// How many may ask to join within a minute. Default 60 and 12 for each worker that there may be: one that its service
    /// manager starts again every 5 s asks 12 times.
    var mostJoins: Int { 60 + 12 * membership.maximumWorkers }

    /// Whether the first generation has begun to train.
    var hasBegun: Bool { schedule != nil }

    /// A worker's replica is built: compares it with the others', and lets it in for good or refuses it.
    mutating func compare(_ ready: Ready, after steps: Int, ofRank rank: Int, now: Duration) -> [CoordinatorAction] {
        guard let worker = workers[rank], worker.ready == nil else {
            return dropped("a Ready of rank \(rank) that was not awaited")
        }
        if let difference = difference(of: ready) {
            workers[rank] = nil
            let reason =
                "\(difference.what) differs: this worker has \(difference.found), the run has \(difference.expected)"
            refusals[worker.hello.pid] = "it was refused, because \(reason)"
            return refuse(worker.peer, reason)
                + [.warning("refused a worker on \(worker.hello.host) (process \(worker.hello.pid)): \(reason)")]
        }
        workers[rank]?.ready = ready
        let mayTrain = ready.holdsState && !isDistrusted(rank)
        workers[rank]?.position = mayTrain ? .steps(steps) : .none
        let actions = warnOfOtherProcessor(ready, ofRank: rank)
        if reference == nil { reference = ready }
        switch phase {
        case .joining:
            let isComplete = workers.count { $0.value.ready != nil } >= membership.workers
            return actions + (isComplete ? regroup(now: now) : [])
        case .training:
            // Not in the middle of a step: nobody's work is lost when somebody joins.
            progress.isDraining = true
            return actions + orderSteps(now: now)
        case .waiting(let since): return actions + goOnWithoutMissing(since: since, now: now)
        case .linking, .syncing, .ended: return actions
        }
    }

    /// Says where a worker multiplies otherwise than the first, or than those that the run was computed on so far, and what would
    /// make them equal.
    private func warnOfOtherProcessor(_ ready: Ready, ofRank rank: Int) -> [CoordinatorAction] {
        let before = reference?.processor ?? machines.last
        guard let before, before != ready.processor else { return [] }
        let than = reference == nil ? "the run was computed on so far" : "the first worker"
        // Where the library makes products, its name of the kind comes first.
        let named = [before, ready.processor].map { $0.split(separator: " ").first.map(String.init) ?? "" }
        let names = named.filter { ProcessorKind($0) != nil } + workers.values.map(\.hello.processor)
        let remedy =
            ProcessorKind.common(to: names).map {
                named[0] == named[1]
                    ? "" : "; for equal bits start a new run with --kernels \($0.name.lowercased()), which all can run"
            } ?? ""
        return [
            .warning(
                "\(name(rank)) has another processor kind, \(ready.processor), than \(than), \(before): "
                    + "the bits of this run may differ from one on equal processors\(remedy)")
        ]
    }

    /// In what a worker differs from the checkpoint that the run resumes from, or from the worker that was ready first.
    private func difference(of ready: Ready) -> (what: String, found: String, expected: String)? {
        let checkpoint = setup.state?.checkpoint
        let comparisons: [(String, String, String?)] = [
            ("the model", ready.signature, checkpoint?.signature ?? reference?.signature),
            (
                "the data", ready.fingerprint,
                setup.data?.fingerprint ?? checkpoint?.fingerprint ?? reference?.fingerprint
            ),
            ("the digest of the initial weights", ready.parameters, reference?.parameters),
        ]
        // A signature has a line for each parameter.
        func line(_ text: String) -> String { text.split(separator: "\n").joined(separator: ", ") }
        for case let (what, found, expected?) in comparisons where found != expected {
            return (what, line(found), line(expected))
        }
        return nil
    }

    func refuse(_ peer: Peer, _ reason: String) -> [CoordinatorAction] {
        [
            send(
                .refusal(Refusal(reason: "the coordinator at \(setup.endpoint) refused this worker: \(reason)")),
                to: peer)
        ]
    }
}
