internal import LockstepTensor
internal import LockstepTraining
internal import LockstepWire

/// What a compute thread has in hand.
enum InHand: Equatable {
    case prepare
    case sums(generation: Int)
    case apply
    case evaluate(generation: Int)
    case restore(generation: Int)

    /// For messages to people.
    var description: String {
        switch self {
        case .prepare: "loading data and building the model"
        case .sums: "computing gradients"
        case .apply: "updating the parameters"
        case .evaluate: "testing the model"
        case .restore: "taking up the state"
        }
    }
}

extension WorkerMachine {
    /// How many steps ahead of this worker the message of a peer may be. A peer cannot finish a step without this worker, so the
    /// next step is as far as it gets.
    private static let stepsAhead = 1

    /// An order came: carries it out once those before it are done.
    mutating func receive(_ order: Order, of envelope: Envelope, now: Duration) -> [WorkerAction] {
        switch phase {
        case .idle where envelope.generation == generation, .working where envelope.generation == generation: break
        default: return stray()
        }
        guard isNew(order, step: envelope.step) else { return stray() }
        orders.append(order)
        // Orders come once all that were sent has been compared.
        takenDigest = ""
        return requestSamples(of: order, step: envelope.step) + next(now: now)
    }

    /// Whether an order was not given before: steps and tests are ordered once in a generation, and in order. A state that arrived damaged
    /// is asked for again.
    private mutating func isNew(_ order: Order, step: Int) -> Bool {
        switch order {
        case .step:
            defer { newestOrders.step = max(newestOrders.step, step) }
            return step > newestOrders.step
        case .evaluate:
            defer { newestOrders.test = max(newestOrders.test, step) }
            return step > newestOrders.test
        case .state, .finish: return true
        }
    }

    /// The run is complete. A worker that is in no generation has nothing to finish.
    mutating func finish(_ envelope: Envelope, now: Duration) -> [WorkerAction] {
        switch phase {
        case .idle, .working: return receive(.finish, of: envelope, now: now)
        default:
            phase = .ended
            return [.end(nil)]
        }
    }

    /// Begins the next order where nothing is in hand.
    mutating func next(now: Duration) -> [WorkerAction] {
        guard case .idle = phase, inHand == nil, let prepared, !orders.isEmpty else { return [] }
        let order = orders.removeFirst()
        phase = .working(on: order)
        switch order {
        case .step(let step, _):
            guard step == completedSteps, step < prepared.schedule.steps else {
                return fail("it was given step \(step) after \(completedSteps) of \(prepared.schedule.steps) steps")
            }
            timing = StepTiming()
            return compute(step: step)
        case .evaluate:
            tested = []
            return testOn()
        case .state(let order):
            // It is written out beside the steps that follow.
            transfers.orders.append((generation, completedSteps, order.ranks))
            return [.compute(.state(isDigestOnly: order.isDigestOnly))] + done(now: now)
        case .finish:
            phase = .ended
            return [.end(nil)]
        }
    }

    /// The blocks of test samples that a member tests.
    func blocks(of place: Int) -> Range<Int> {
        (0..<(prepared?.evaluationBlocks ?? 0)).part(place, of: members.count)
    }

    /// The compute thread is done.
    mutating func handle(_ result: ComputeResult, now: Duration) -> [WorkerAction] {
        if case .state(let digest, let image) = result { return send(digest, image) }
        if case .bucket(let sums) = result { return handle(sums, now: now) }
        if forgottenResults > 0 {
            forgottenResults -= 1
            return []
        }
        // Said before it is forgotten what was in hand.
        if case .failed(let reason) = result { return fail(reason) }
        let finished = inHand
        // An update may be followed by the sums of the next step without another word; of whatever generation they are, they come.
        inHand = chained.map { .sums(generation: $0.generation) }
        let next = chained
        chained = nil
        switch (result, finished) {
        case (.prepared(let prepared), .prepare): return report(prepared)
        case (.sums(let last, let losses, let samples, let seconds), .sums(let begun)):
            guard begun == generation, case .working(on: .step(let step, _)) = phase else { return finishLinking() }
            timing.compute += seconds
            timing.communicationBegan = now
            return reduce(step: step, now: now) { $0.contribute(last, losses: losses, samples: samples.value) }
        case (.applied(let seconds, let overflowed, let digest), .apply):
            return applied(seconds: seconds, overflowed: overflowed, digest: digest, next: next?.order, now: now)
        case (.evaluated(let evaluations, let digest), .evaluate(let begun)):
            guard begun == generation, case .working(on: .evaluate) = phase, let rank, let place = place(ofRank: rank)
            else { return finishLinking() }
            tested += evaluations
            let blocks = blocks(of: place)
            if tested.count < blocks.count { return testOn() }
            let report = EvaluationReport(
                firstBlock: blocks.lowerBound, losses: tested.map(\.loss), correct: tested.compactMap(\.correct),
                counts: tested.map(\.count), digest: digest)
            return [send(.evaluationReport(report))] + done(now: now)
        case (.restored(let step, let digest), .restore(let begun)):
            return restored(step, digest, generation: begun, now: now)
        case (.damaged(let reason), .restore(let begun)): return notRestored(reason, generation: begun, now: now)
        default: return fail("its compute thread answered what it was not asked")
        }
    }

    /// The compute thread knows the sums over a bucket, and goes on with the next. Those of another generation, or of a run that is no
    /// more, are void.
    private mutating func handle(_ sums: Trainer.BucketSums, now: Duration) -> [WorkerAction] {
        guard forgottenResults == 0, case .sums(generation) = inHand, case .working(on: .step(let step, _)) = phase
        else { return [] }
        return reduce(step: step, now: now) { $0.contribute(sums) }
    }

    /// The parameters are updated, which counts in whatever generation this worker is by now.
    private mutating func applied(
        seconds: Double, overflowed: Bool, digest: String, next: Order?, now: Duration
    ) -> [WorkerAction] {
        timing.compute += seconds
        // One that was put out meanwhile ends what it had in hand, but nobody hears of it, and nobody goes on from it.
        guard holdsState else {
            completedSteps += 1
            return finishLinking()
        }
        let report = StepReport(
            losses: losses, computeSeconds: timing.compute, communicateSeconds: timing.communicate,
            bytesSent: bytesSent, digest: digest, overflowed: overflowed, samples: samples,
            sendSeconds: sending.sinceLastStep(to: partners))
        reports.append((completedSteps, report))
        let told = send(.stepReport(report), step: completedSteps)
        completedSteps += 1
        switch phase {
        case .working(on: .step(let step, _)) where step + 1 == completedSteps:
            guard let next else { return [told] + done(now: now) }
            phase = .working(on: next)
            timing = StepTiming()
            return [told]
        case .joining, .rejoining, .preparing, .ended: return []
        case .ready, .linking, .idle, .working: return [told] + finishLinking()
        }
    }

    /// A message from a peer, or in a star from the coordinator: a part of an all-reduce.
    mutating func reduce(_ envelope: Envelope, fromPlace place: Int, now: Duration) -> [WorkerAction] {
        let step = envelope.step
        guard (reducedSteps...completedSteps + WorkerMachine.stepsAhead).contains(step) else { return stray() }
        do {
            switch envelope.body {
            case .partial(let partial):
                return try reduce(step: step, now: now) { reduction throws(ClusterError) in
                    try reduction.receive(partial, envelope.payload, from: place)
                }
            case .reduced(let reduced):
                return try reduce(step: step, now: now) { reduction throws(ClusterError) in
                    try reduction.receive(reduced, envelope.payload, from: place)
                }
            default: return stray()
            }
        } catch {
            return stray() + [.note("dropped a message of \(name(ofPlace: place)) at step \(step + 1): \(error)")]
        }
    }

    /// Lets the all-reduce of a step, begun if need be, take in something, and does what it says.
    private mutating func reduce<E: Error>(
        step: Int, now: Duration, _ take: (inout AllReduce) throws(E) -> [AllReduce.Action]
    ) throws(E) -> [WorkerAction] {
        guard let prepared, let rank, let place = place(ofRank: rank), step < prepared.schedule.steps else {
            return stray()
        }
        // Taken out while it is changed, so that it is changed in place.
        var reduction =
            allReduces.removeValue(forKey: step)
            ?? AllReduce(
                kind, place: place, ranges: members.map(\.microbatches), tree: prepared.tree,
                buckets: prepared.buckets,
                scale: prepared.schedule.scale(ofStep: step))
        let result = Result<[AllReduce.Action], E> { () throws(E) in try take(&reduction) }
        allReduces[step] = reduction
        return try result.get().map { action in
            switch action {
            case .send(let body, let payload, let other):
                return .send(
                    envelope(body, payload: payload, step: step),
                    to: other < members.count ? .rank(members[other].rank) : .coordinator)
            case .complete(let gradient, let losses, let digests):
                timing.communicate = (now - (timing.communicationBegan ?? now)).seconds
                timing.communicationBegan = nil
                self.losses = losses
                samples = account(of: digests)
                bytesSent = reduction.bytesSent
                allReduces[step] = nil
                reducedSteps = step + 1
                inHand = .apply
                var compares = false
                if case .working(on: .step(_, let asked)) = phase { compares = asked }
                return .compute(.apply(gradient, samples: StepAccount(samples), digests: compares))
            }
        } + chainNext(after: step)
    }

    /// Where the next order is a step, the compute thread is told of it together with the update before it: it need not wait for this
    /// thread to hear that it is done and to say go on.
    private mutating func chainNext(after step: Int) -> [WorkerAction] {
        guard case .apply = inHand, chained == nil, case .working(on: .step(step, _)) = phase, let prepared, let rank,
            let place = place(ofRank: rank), case .step(step + 1, let compares)? = orders.first,
            step + 1 < prepared.schedule.steps, let samples = deliveries.take(parts(ofStep: step + 1))
        else { return [] }
        chained = (.step(step + 1, compares: compares), generation)
        orders.removeFirst()
        return [.compute(.sums(step: step + 1, microbatches: members[place].microbatches, samples: samples))]
    }

    /// Who computed the step of these digests, one a member.
    private func account(of digests: [UInt64]) -> SampleAccount {
        SampleAccount(
            generation: generation,
            shares: zip(members, digests).compactMap { member, digest in
                member.microbatches.isEmpty
                    ? nil
                    : SampleShare(
                        rank: member.rank, host: member.host, pid: member.pid, microbatches: member.microbatches,
                        digest: digest)
            })
    }

    /// The order in hand is carried out.
    mutating func done(now: Duration) -> [WorkerAction] {
        phase = .idle
        return next(now: now)
    }
}
