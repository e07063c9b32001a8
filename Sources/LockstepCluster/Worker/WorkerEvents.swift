package import LockstepTensor
package import LockstepTraining
package import LockstepTransport
package import LockstepWire
internal import Logging

/// What can happen to a worker.
package enum WorkerEvent {
    /// A well-formed message came.
    case message(Envelope, from: Origin)
    /// The compute thread is done with what it was given.
    case computed(ComputeResult)
    /// Something that this worker needs could not be done.
    case failed(String)
    /// The connection to the coordinator is gone.
    case lostCoordinator
    /// The coordinator does not let this worker in, or is not whom it expects; the text says what may be wrong.
    case refusedByCoordinator(String)
    /// Something that is no message of this protocol came from somebody known to people as `name`.
    case rejected(WireError, name: String)
    /// Something that is no message of this protocol came from the coordinator.
    case rejectedByCoordinator(WireError)
    /// The connection to a peer is gone.
    case lostPeer(Int)
    /// For how long, in seconds and in all, something has been on its way to each of those that this worker sends to; of connections
    /// that nobody measures there is nothing.
    case sending([WorkerAction.Destination: Double])
    /// The user asked this worker to end.
    case interrupted
    /// This process cannot be in the run as it is, for this reason.
    case leaving(String)
    /// Some time has passed.
    case tick

    /// The connection that a message came on.
    package enum Origin {
        /// The one to the coordinator.
        case coordinator
        /// One that somebody made to this worker.
        case peer(Peer)
    }
}

/// What a worker is to do.
package enum WorkerAction {
    /// Send a message.
    case send(Envelope, to: Destination)
    /// Connect to the coordinator once more: the connection was lost.
    case reconnect
    /// Let in the holders of these keys, and nobody else.
    case admit(Set<PublicKey>)
    /// Connect to a peer, anew where there was a connection before; where there are keys, it holds this one.
    case connect(rank: Int, endpoint: String, key: PublicKey?)
    /// End the connection to a peer.
    case disconnect(rank: Int)
    /// Give the compute thread something to do. It never has more than one thing, besides
    /// states to take and the sums that follow an update.
    case compute(ComputeRequest)
    /// Tell the user something.
    case note(String)
    /// It is over: well, or with an error.
    case end(ClusterError?)

    package enum Destination: Hashable {
        case coordinator
        case rank(Int)
    }
}

extension WorkerAction: CustomStringConvertible {
    var logLevel: Logger.Level { if case .note = self { .info } else { .trace } }

    /// The action for a log: no gradients, only how many bytes they have.
    package var description: String {
        switch self {
        case .send(let envelope, let destination): "send \(envelope.logText) to \(destination)"
        case .reconnect: "connect to the coordinator again"
        case .admit(let keys): "let in \(keys.count) keys"
        case .connect(let rank, let endpoint, _): "connect to rank \(rank) at \(endpoint)"
        case .compute(.prepare): "build the replica"
        case .compute(.sums(let step, let microbatches, _)): "compute microbatches \(microbatches) of step \(step)"
        case .compute(.apply): "update the parameters"
        case .compute(.evaluate(let blocks, _, _)): "test blocks \(blocks)"
        case .disconnect(let rank): "end the connection to rank \(rank)"
        case .compute(.state(let isDigestOnly)): isDigestOnly ? "make a digest of the state" : "copy the state"
        case .compute(.restore(let image)): "take up a state of \(image)"
        case .note(let text): text
        case .end(let error): "end: \(error?.description ?? "all is done")"
        }
    }
}

extension Envelope {
    /// The message for a log.
    var logText: String { "\(body.name) of step \(step)\(payload.map { " with \($0)" } ?? "")" }
}

/// What the compute thread can be given to do.
package enum ComputeRequest: Sendable {
    /// Build the replica: on data of this host or, where the coordinator sends the samples, on what it says of them.
    case prepare(settings: RunSettings, data: String = "")
    /// Compute the gradients of some microbatches of a step, on these samples where they are sent.
    case sums(step: Int, microbatches: Range<Int>, samples: [Payload] = [])
    /// Update the parameters, unless somebody took other samples than the step's, and make a digest of the state where that is asked for.
    case apply(Tensor<Float>, samples: StepAccount, digests: Bool)
    /// Test on some blocks of the test samples, on these where they are sent, and make a digest of the parameters where that is asked for.
    case evaluate(blocks: Range<Int>, samples: [Payload] = [], digests: Bool = true)
    /// Make a digest of all state as it is now and, unless that is enough, an image.
    case state(isDigestOnly: Bool)
    /// Take up the state of an image.
    case restore(Payload)
}

/// What the compute thread gives back.
package enum ComputeResult: Sendable {
    case prepared(Prepared)
    /// The sums over one bucket are known, while the next ones are computed.
    case bucket(Trainer.BucketSums)
    /// Those over the last bucket are, too, and with them the losses of the microbatches and the digest of their samples.
    case sums(last: Trainer.BucketSums, losses: [Double], samples: SampleDigest, seconds: Double)
    case applied(seconds: Double, overflowed: Bool, digest: String)
    case evaluated([Evaluation], digest: String)
    /// The digest of a state and, where it was asked for, its image; states come in the order in which they were asked for, but other
    /// results may come in between.
    case state(digest: String, image: Payload?)
    case restored(completedSteps: Int, digest: String)
    /// The state that was to be taken up is not what was sent; nothing has changed.
    case damaged(String)
    /// It could not be done.
    case failed(String)

    /// What there is to know of a replica once it is built.
    package struct Prepared: Sendable {
        var schedule: Schedule
        var tree: MicrobatchTree
        var buckets: GradientBuckets
        var evaluationBlocks: Int
        /// Whether the coordinator sends the samples.
        var isSent = false
        package var ready: Ready
    }
}

/// How long the parts of a step took.
struct StepTiming {
    /// Seconds in forward, backward and update.
    var compute = 0.0
    /// When the all-reduce began, while it goes on.
    var communicationBegan: Duration?
    /// Seconds in the all-reduce.
    var communicate = 0.0

    var isCommunicating: Bool { communicationBegan != nil }
}
