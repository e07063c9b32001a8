internal import LockstepTensor
internal import LockstepTraining
internal import LockstepWire

extension WorkerMachine {
    /// How many steps ahead of this worker a peer's message may be. A peer cannot finish a step without this worker, so the
    /// next step is as far as it gets.
    private static let stepsAhead = 1

    /// An order came: carries it out once those before it are done.
    mutating func receive(_ order: Order, of envelope: Envelope, now: Duration) -> [WorkerAction] {
        switch phase {
        case .idle where envelope.generation == generation, .working where envelope.generation == generation: break
        default: return stray()
        }
        orders.append(order)
        return next(now: now)
    }

    /// Begins the next order where nothing is in hand.
    private mutating func next(now: Duration) -> [WorkerAction] {
        guard case .idle = phase, let prepared, let rank, !orders.isEmpty else { return [] }
        let order = orders.removeFirst()
        phase = .working(on: order)
        switch order {
        case .step(let step):
            guard step == completedSteps, step < prepared.schedule.steps else {
                return fail("it was given step \(step) after \(completedSteps) of \(prepared.schedule.steps) steps")
            }
            timing = StepTiming()
            return [.compute(.sums(step: step, microbatches: members[rank].microbatches))]
        case .evaluate:
            let blocks = (0..<prepared.evaluationBlocks).part(rank, of: members.count)
            return [.compute(.evaluate(blocks: blocks))]
        case .state:
            return [.compute(.state)]
        case .finish:
            phase = .ended
            return [.end(nil)]
        }
    }

    /// The compute thread is done.
    mutating func handle(_ result: ComputeResult, now: Duration) -> [WorkerAction] {
        switch (result, phase) {
        case (.prepared(let prepared), .preparing):
            return report(prepared)
        case (.sums(let sums, let seconds), .working(on: .step(let step))):
            timing.compute += seconds
            timing.communicationBegan = now
            losses = sums.losses
            return reduce(step: step, now: now) { $0.contribute(sums.subtrees) }
        case (.applied(let seconds), .working(on: .step(let step))):
            timing.compute += seconds
            completedSteps += 1
            let report = StepReport(
                losses: losses, computeSeconds: timing.compute, communicateSeconds: timing.communicate,
                bytesSent: bytesSent)
            return [send(.stepReport(report), step: step)] + done(now: now)
        case (.evaluated(let evaluations, let digest), .working(on: .evaluate)):
            let report = EvaluationReport(
                firstBlock: (0..<(prepared?.evaluationBlocks ?? 0)).part(rank ?? 0, of: members.count).lowerBound,
                losses: evaluations.map(\.loss), correct: evaluations.compactMap(\.correct),
                counts: evaluations.map(\.count), digest: digest)
            return [send(.evaluationReport(report))] + done(now: now)
        case (.state(let payload), .working(on: .state)):
            return [send(.state, payload: payload)] + done(now: now)
        case (.failed(let reason), _):
            return fail(reason)
        default:
            return fail("its compute thread answered what it was not asked")
        }
    }

    /// A message from a peer: a part of an all-reduce.
    mutating func handlePeer(_ envelope: Envelope, from peer: Int, now: Duration) -> [WorkerAction] {
        let step = envelope.step
        guard (reducedSteps...completedSteps + WorkerMachine.stepsAhead).contains(step) else { return stray() }
        do {
            switch envelope.body {
            case .partial(let partial):
                return try reduce(step: step, now: now) { reduction throws(ClusterError) in
                    try reduction.receive(partial, envelope.payload, fromRank: peer)
                }
            case .reduced(let reduced):
                return try reduce(step: step, now: now) { reduction throws(ClusterError) in
                    try reduction.receive(reduced, envelope.payload, fromRank: peer)
                }
            default: return stray()
            }
        } catch {
            return stray() + [.note("dropped a message at step \(step + 1): \(error)")]
        }
    }

    /// Lets the all-reduce of a step, begun if need be, take in something, and does what it says.
    private mutating func reduce<E: Error>(
        step: Int, now: Duration, _ take: (inout AllReduce) throws(E) -> [AllReduce.Action]
    ) throws(E) -> [WorkerAction] {
        guard let prepared, let rank, step < prepared.schedule.steps else { return stray() }
        // Taken out while it is changed, so that it is changed in place.
        var reduction =
            allReduces.removeValue(forKey: step)
            ?? AllReduce(
                rank: rank, ranges: members.map(\.microbatches), tree: prepared.tree, count: prepared.parameterCount,
                scale: prepared.schedule.scale(ofStep: step))
        let result = Result<[AllReduce.Action], E> { () throws(E) in try take(&reduction) }
        allReduces[step] = reduction
        return try result.get().map { action in
            switch action {
            case .send(let body, let payload, let other):
                return .send(envelope(body, payload: payload, step: step), to: .rank(other))
            case .complete(let gradient):
                timing.communicate = (now - (timing.communicationBegan ?? now)).seconds
                timing.communicationBegan = nil
                bytesSent = reduction.bytesSent
                allReduces[step] = nil
                reducedSteps = step + 1
                return .compute(.apply(gradient))
            }
        }
    }

    private mutating func done(now: Duration) -> [WorkerAction] {
        phase = .idle
        return next(now: now)
    }

    /// Tells the coordinator why this worker cannot go on, and ends.
    mutating func fail(_ reason: String) -> [WorkerAction] {
        let failure = Failure(phase: description, reason: reason)
        return [send(.failure(failure))] + end(.workerFailed, reason)
    }
}
