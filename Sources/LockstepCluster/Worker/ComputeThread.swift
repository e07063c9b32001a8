internal import Dispatch
internal import LockstepFormats
internal import LockstepLocking
internal import LockstepTensor
package import LockstepTraining
internal import LockstepTransport
internal import LockstepWire

/// The thread of a worker that computes, so that the one that owns the sockets is always free to answer.
///
/// It holds the replica, and does one thing after the other; what comes of each goes to `answer`, on this thread. Only a state is
/// written out on another, from a snapshot: the steps after it need not wait.
final class ComputeThread: Sendable {
    private let requests = Locked<[ComputeRequest]>([])
    private let available = DispatchSemaphore(value: 0)
    private let isClosed = Locked(false)

    /// Starts the thread. `makeJob` gives the job for the coordinator's settings.
    init(
        makeJob: @escaping @Sendable (RunSettings) throws -> any TrainableJob,
        answer: @escaping @Sendable (ComputeResult) -> Void
    ) {
        let writing = DispatchQueue(label: "lockstep.state")
        DetachedThread.start { [self] in
            var replica = ReplicaHolder(makeJob: makeJob)
            while true {
                available.wait()
                if isClosed.withLock({ $0 }) { return }
                guard let request = requests.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { continue }
                if case .state(let isDigestOnly) = request, let state = replica.state(isDigestOnly: isDigestOnly) {
                    writing.async { answer(state.result) }
                } else {
                    answer(replica.carryOut(request, report: answer))
                }
            }
        }
    }

    /// Adds something to do.
    func add(_ request: ComputeRequest) {
        requests.withLock { $0.append(request) }
        available.signal()
    }

    /// Lets the thread end after what it has in hand.
    func close() {
        isClosed.withLock { $0 = true }
        available.signal()
    }
}

/// The replica, and what is done with it.
package struct ReplicaHolder {
    let makeJob: @Sendable (RunSettings) throws -> any TrainableJob
    var trainer: Trainer?
    /// What has been sent of the samples, where this worker has no copy of the data.
    var samples: DeliveredSamples?
    let clock = ContinuousClock()

    package init(makeJob: @escaping @Sendable (RunSettings) throws -> any TrainableJob) { self.makeJob = makeJob }

    /// Does what is asked for; `report` receives, on this thread, what is known before the end.
    package mutating func carryOut(
        _ request: ComputeRequest, report: @escaping (ComputeResult) -> Void = { _ in }
    ) -> ComputeResult {
        do {
            if case .prepare(let settings, let data) = request { return .prepared(try prepare(settings, data)) }
            guard let trainer else { return .failed("it was asked to compute before it was told what") }
            let start = clock.now
            switch request {
            case .prepare: return .failed("it was asked to prepare twice")
            case .sums(let step, let microbatches, let sent):
                try samples?.replace(with: sent.map { $0.array() })
                defer { samples?.clear() }
                let lastBucket = trainer.buckets.ranges.count - 1
                var last = Trainer.BucketSums(bucket: lastBucket, subtrees: [])
                let losses = try trainer.sums(of: microbatches, step: step) { sums in
                    if sums.bucket == lastBucket { last = sums } else { report(.bucket(sums)) }
                }
                return .sums(
                    last: last, losses: losses, samples: trainer.takenSamples,
                    seconds: start.duration(to: clock.now).seconds)
            case .apply(let gradient, let samples, let digests):
                try trainer.check(samples)
                let overflowed = trainer.overflows(gradient)
                trainer.apply(gradient)
                return .applied(
                    seconds: start.duration(to: clock.now).seconds, overflowed: overflowed,
                    digest: digests ? trainer.stateDigest : "")
            case .evaluate(let blocks, let sent, let digests):
                try samples?.replace(with: sent.map { $0.array() })
                defer { samples?.clear() }
                return .evaluated(
                    try blocks.map { try trainer.evaluate(block: $0) }, digest: digests ? trainer.digest : "")
            case .state(let isDigestOnly): return TakenState(of: trainer, isDigestOnly: isDigestOnly).result
            case .restore(let image):
                let place = "the state that was sent"
                let (file, checkpoint): (Safetensors, Checkpoint?)
                do {
                    file = try Safetensors(parsing: image.array(), name: place)
                    checkpoint = try Checkpoint.isCheckpoint(file) ? Checkpoint(file, from: place) : nil
                    // It was compared before whether this worker has the run's model and data: what does not fit is not what was sent.
                    if let checkpoint { try trainer.restore(checkpoint) }
                } catch {
                    return .damaged("\(error)")
                }
                if checkpoint != nil {
                    return .restored(completedSteps: trainer.completedSteps, digest: trainer.stateDigest)
                }
                // Weights are what a run begins with: the optimizer and the steps begin anew, too.
                let fresh =
                    trainer.completedSteps == 0
                    ? trainer
                    : try Trainer(settings: trainer.settings, job: makeJob(trainer.settings), samples: samples)
                try fresh.load(weights: file, from: "the file of --init")
                self.trainer = fresh
                return .restored(completedSteps: 0, digest: fresh.stateDigest)
            }
        } catch {
            return .failed("\(error)")
        }
    }

    /// How many steps the replica has taken.
    package var completedSteps: Int { trainer?.completedSteps ?? 0 }

    /// The state as it is now, or its digest alone.
    func state(isDigestOnly: Bool) -> TakenState? {
        trainer.map { TakenState(of: $0, isDigestOnly: isDigestOnly) }
    }

    private mutating func prepare(_ settings: RunSettings, _ data: String) throws -> ComputeResult.Prepared {
        samples = data.isEmpty ? nil : DeliveredSamples(try SampleDescription(json: data))
        let trainer = try Trainer(settings: settings, job: makeJob(settings), samples: samples)
        self.trainer = trainer
        return ComputeResult.Prepared(
            schedule: trainer.schedule, tree: trainer.tree, buckets: trainer.buckets,
            evaluationBlocks: trainer.evaluationBlocks, isSent: samples != nil,
            ready: Ready(
                signature: trainer.signature, fingerprint: trainer.fingerprint, parameters: trainer.digest,
                processor: MachineRecord.here, trainingSamples: trainer.schedule.samples,
                testSamples: trainer.testCount,
                parameterCount: trainer.parameterCount, stateBytes: trainer.stateBytes, sumCount: trainer.sumCount))
    }
}

/// A state as it was when it was asked for.
struct TakenState: Sendable {
    /// Made at once, of what the next step goes on from: a copy of it that a flipped bit spoils has another.
    let digest: String
    /// Nil where the digest is enough: a snapshot that is held has the next step copy what it changes.
    private let snapshot: Trainer.Snapshot?

    init(of trainer: Trainer, isDigestOnly: Bool) {
        digest = trainer.stateDigest
        snapshot = isDigestOnly ? nil : trainer.snapshot()
    }

    /// The digest and, unless that is enough, the image of it, to be sent.
    var result: ComputeResult {
        guard let snapshot else { return .state(digest: digest, image: nil) }
        do {
            return .state(digest: digest, image: Payload(try snapshot.checkpoint().file))
        } catch {
            return .failed("\(error)")
        }
    }
}
