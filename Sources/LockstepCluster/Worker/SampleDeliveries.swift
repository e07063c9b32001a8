internal import LockstepTraining
internal import LockstepWire

/// The samples that the coordinator is asked for, where a worker has no copy of the data.
///
/// A step's are asked for when it is ordered, which is two steps ahead of the last that all have done, and a test's block after block,
/// two at a time: so no more than two steps' share and two blocks are held or on their way, and they come ahead of need.
struct SampleDeliveries {
    /// What one message of samples is about: a microbatch of a step, or a block of the test after so many steps.
    struct Part: Hashable {
        var tests: Bool
        var step: Int
        var number: Int
    }

    /// How many blocks of a test are asked for ahead of the one that is tested.
    static let blocksAhead = 2

    /// What was asked for and has not come.
    private(set) var awaited: Set<Part> = []
    /// What has come and was not used.
    private(set) var arrived: [Part: Payload] = [:]
    /// Whether the order in hand waits for samples.
    var holdUpAnOrder = false

    /// How many messages of samples are held or on their way.
    var count: Int { awaited.count + arrived.count }

    /// Some parts are asked for.
    mutating func await(_ parts: [Part]) { awaited.formUnion(parts) }

    /// Samples came; false where nobody has asked for them.
    mutating func receive(_ part: Part, _ payload: Payload) -> Bool {
        guard awaited.remove(part) != nil else { return false }
        arrived[part] = payload
        return true
    }

    /// Takes the samples of some parts out, once all have come.
    mutating func take(_ parts: [Part]) -> [Payload]? {
        guard parts.allSatisfy({ arrived[$0] != nil }) else { return nil }
        return parts.compactMap { arrived.removeValue(forKey: $0) }
    }
}

extension WorkerMachine {
    /// An order has come whose samples are needed later: asks for them.
    mutating func requestSamples(of order: Order, step: Int) -> [WorkerAction] {
        switch order {
        case .step: return requestSamples(of: parts(ofStep: step))
        case .evaluate: return requestSamples(of: Array(parts(ofTestAfter: step).prefix(SampleDeliveries.blocksAhead)))
        case .state, .finish: return []
        }
    }

    /// Asks for consecutive parts.
    func request(_ parts: [SampleDeliveries.Part]) -> [WorkerAction] {
        guard let first = parts.first, let last = parts.last else { return [] }
        let request = SamplesRequest(tests: first.tests, parts: first.number..<last.number + 1)
        return [send(.samplesRequest(request), step: first.step)]
    }

    mutating func requestSamples(of parts: [SampleDeliveries.Part]) -> [WorkerAction] {
        deliveries.await(parts)
        return request(parts)
    }

    /// The parts of a step that this worker is sent; none where it reads them itself.
    func parts(ofStep step: Int) -> [SampleDeliveries.Part] {
        guard let prepared, prepared.isSent, let rank, let place = place(ofRank: rank) else { return [] }
        // A last batch may have fewer samples than microbatches.
        return members[place].microbatches.filter { !prepared.schedule.places(ofMicrobatch: $0, step: step).isEmpty }
            .map { SampleDeliveries.Part(tests: false, step: step, number: $0) }
    }

    /// The parts of a test that this worker is sent; none where it reads them itself.
    func parts(ofTestAfter step: Int) -> [SampleDeliveries.Part] {
        guard let prepared, prepared.isSent, let rank, let place = place(ofRank: rank) else { return [] }
        return blocks(of: place).map { SampleDeliveries.Part(tests: true, step: step, number: $0) }
    }

    /// Samples came: goes on with the order that waits for them.
    mutating func receive(_ samples: Samples, of envelope: Envelope, now: Duration) -> [WorkerAction] {
        // Of an earlier generation: they are asked for again.
        if envelope.generation < generation { return [] }
        let part = SampleDeliveries.Part(tests: samples.tests, step: envelope.step, number: samples.number)
        guard envelope.generation == generation, let payload = envelope.payload, deliveries.receive(part, payload)
        else {
            let actions = stray()
            guard strayMessages.isPowerOfTen else { return actions }
            let what = samples.tests ? "test block" : "microbatch"
            return actions + [
                .note(
                    "dropped samples of \(what) \(samples.number) after \(envelope.step) steps, which were not asked for "
                        + "(\(strayMessages) dropped so far)")
            ]
        }
        guard deliveries.holdUpAnOrder, case .working(on: let order) = phase else { return [] }
        deliveries.holdUpAnOrder = false
        switch order {
        case .step(let step, _): return compute(step: step)
        case .evaluate: return testOn()
        case .state, .finish: return []
        }
    }

    /// Computes the gradients of a step, once its samples are there.
    mutating func compute(step: Int) -> [WorkerAction] {
        guard let rank, let place = place(ofRank: rank) else { return [] }
        guard let samples = deliveries.take(parts(ofStep: step)) else {
            deliveries.holdUpAnOrder = true
            return []
        }
        inHand = .sums(generation: generation)
        return [.compute(.sums(step: step, microbatches: members[place].microbatches, samples: samples))]
    }

    /// Tests on what is left of this worker's blocks: all at once or, where the samples are sent, on the next block once it is there.
    mutating func testOn() -> [WorkerAction] {
        guard let rank, let place = place(ofRank: rank) else { return [] }
        let mine = blocks(of: place)
        let parts = parts(ofTestAfter: completedSteps)
        guard !parts.isEmpty else {
            inHand = .evaluate(generation: generation)
            return [.compute(.evaluate(blocks: mine))]
        }
        guard let samples = deliveries.take([parts[tested.count]]) else {
            deliveries.holdUpAnOrder = true
            return []
        }
        inHand = .evaluate(generation: generation)
        let block = mine.lowerBound + tested.count
        let next = parts.dropFirst(tested.count + SampleDeliveries.blocksAhead).prefix(1)
        return requestSamples(of: Array(next)) + [
            .compute(.evaluate(blocks: block..<block + 1, samples: samples, digests: block + 1 == mine.upperBound))
        ]
    }
}

extension WorkerMachine {
    /// How many messages of samples this worker holds or waits for.
    package var deliveryCount: Int { deliveries.count }

    /// Whether samples of a step are there that comes after the one in hand.
    package var hasSamplesAhead: Bool { deliveries.arrived.keys.contains { !$0.tests && $0.step > completedSteps } }
}
