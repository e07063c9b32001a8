internal import LockstepOptim
internal import LockstepTraining
internal import LockstepTransport
internal import LockstepWire

extension CoordinatorMachine {
    /// Somebody wants to join: gives out a rank, the settings and the state to start from.
    mutating func admit(_ hello: Hello, from peer: Peer, now: Duration) -> [CoordinatorAction] {
        // A worker says hello until it is answered, so a second one from the same connection needs no answer.
        if let rank = workers.firstIndex(where: { $0?.peer == peer }) {
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
        guard case .joining = phase, workers.count < workerCount || workers.contains(where: { $0 == nil }) else {
            surplusHellos += 1
            let why = "the run has all its \(workerCount) workers"
            let note = CoordinatorAction.note("refused a worker on \(hello.host) (process \(hello.pid)): \(why)")
            return refuse(peer, "\(why); start it with a larger --workers")
                + (surplusHellos.isPowerOfTen ? [note] : [])
        }
        let worker = Worker(peer: peer, hello: hello, lastHeard: now)
        let rank: Int
        if let free = workers.firstIndex(where: { $0 == nil }) {
            rank = free
            workers[free] = worker
        } else {
            rank = workers.count
            workers.append(worker)
        }
        let welcome = Welcome(
            rank: rank, workers: workerCount, settings: settings.shared.json())
        return [.note("\(name(rank)) joined"), send(.welcome(welcome), to: peer, payload: state?.payload)]
    }

    /// How many may ask to join within a minute. Default 60 and 12 for each worker that is waited for: one that its service
    /// manager starts again every 5 s asks 12 times.
    var mostJoins: Int { 60 + 12 * workerCount }

    /// Whether another worker may take the place of one that goes now.
    var mayBeReplaced: Bool { if case .joining = phase { isOpen } else { false } }

    /// A worker is gone before the run has begun: another may take its place.
    mutating func release(_ rank: Int, because reason: String) -> [CoordinatorAction] {
        let note = CoordinatorAction.note("\(name(rank)) is gone, \(reason); waiting for another in its place")
        workers[rank] = nil
        endings[rank] = nil
        reference = workers.lazy.compactMap { $0?.ready }.first
        return [note]
    }

    /// A worker's replica is built: compares it with the others', and lets it in for good or refuses it.
    mutating func compare(_ ready: Ready, ofRank rank: Int, now: Duration) -> [CoordinatorAction] {
        guard case .joining = phase, let worker = workers[rank], worker.ready == nil else {
            return dropped("a Ready of rank \(rank) that was not awaited")
        }
        if let difference = difference(of: ready) {
            workers[rank] = nil
            endings[rank] = nil
            let reason =
                "\(difference.what) differs: this worker has \(difference.found), the run has \(difference.expected)"
            refusals[worker.hello.pid] = "it was refused, because \(reason)"
            return refuse(worker.peer, reason)
                + [.warning("refused a worker on \(worker.hello.host) (process \(worker.hello.pid)): \(reason)")]
        }
        workers[rank]?.ready = ready
        var actions: [CoordinatorAction] = []
        if let reference, reference.processor != ready.processor {
            actions.append(
                .warning(
                    "\(name(rank)) has another processor kind, \(ready.processor), than the first worker, \(reference.processor): "
                        + "the bits of this run may differ from one on equal processors"))
        }
        if reference == nil { reference = ready }
        let ready = workers.compactMap { $0?.ready }
        return actions + (ready.count == workerCount ? beginLinking(now: now) : [])
    }

    /// All workers are there: tells each who the others are and which microbatches are whose.
    private mutating func beginLinking(now: Duration) -> [CoordinatorAction] {
        guard let reference else { return [] }
        do {
            schedule = try Schedule(samples: reference.trainingSamples, settings: settings)
        } catch {
            return fail(.workerFailed, "\(error)")
        }
        if reference.stateBytes > maximumStateBytes {
            return fail(
                .refused,
                """
                the state of this run has \(reference.stateBytes) bytes (\(reference.parameterCount) parameters with what \
                \(settings.optimizer.name) keeps of each), but one message holds at most \(maximumStateBytes); train it with \
                --single-process, or a smaller model
                """)
        }
        phase = .linking(since: now)
        generation += 1
        progress.completedSteps = state?.checkpoint.step ?? 0
        progress.orderedSteps = progress.completedSteps
        let ranges = MicrobatchTree(count: settings.microbatches).deal(to: workerCount)
        let members = workers.enumerated().compactMap { rank, worker in
            worker.map {
                Member(
                    rank: rank, host: $0.hello.host, pid: $0.hello.pid, endpoint: $0.hello.endpoint,
                    microbatches: ranges[rank], publicKey: $0.peer.key?.description ?? "")
            }
        }
        var actions = toAll(.members(Members(members: members)))
        let idle = ranges.count { $0.isEmpty }
        if idle > 0 {
            actions.append(
                .warning(
                    "\(idle) of \(workerCount) workers have nothing to compute, because a batch has only "
                        + "\(settings.microbatches) microbatches; start a new run with a larger --microbatches to use them"
                ))
        }
        return actions
    }

    /// A worker has heard from all its peers.
    mutating func connected(_ rank: Int, now: Duration) -> [CoordinatorAction] {
        guard case .linking = phase, let reference, let schedule else {
            return dropped("a Connected of rank \(rank) that was not awaited")
        }
        workers[rank]?.isConnected = true
        guard workers.allSatisfy({ $0?.isConnected == true }) else { return [] }
        phase = .training
        progress.lastStep = now
        let begin = CoordinatorAction.begin(
            schedule, workers: workers.indices.map { name($0) }, parameters: reference.parameterCount,
            completedSteps: progress.completedSteps)
        return [begin] + orderSteps()
    }

    private var expectedFingerprint: String? { state?.checkpoint.fingerprint ?? reference?.fingerprint }

    /// In what a worker differs from the checkpoint that the run resumes from, or from the worker that was ready first.
    private func difference(of ready: Ready) -> (what: String, found: String, expected: String)? {
        let comparisons: [(String, String, String?)] = [
            ("the model", ready.signature, state?.checkpoint.signature ?? reference?.signature),
            ("the data", ready.fingerprint, expectedFingerprint),
            ("the digest of the initial weights", ready.parameters, reference?.parameters),
        ]
        // A signature has a line for each parameter.
        func line(_ text: String) -> String { text.split(separator: "\n").joined(separator: ", ") }
        for case let (what, found, expected?) in comparisons where found != expected {
            return (what, line(found), line(expected))
        }
        return nil
    }

    private func refuse(_ peer: Peer, _ reason: String) -> [CoordinatorAction] {
        [send(.refusal(Refusal(reason: "the coordinator at \(endpoint) refused this worker: \(reason)")), to: peer)]
    }
}
