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
    /// The user asked this worker to end.
    case interrupted
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
    /// Connect to the coordinator once more: the connection was lost before this worker had joined.
    case reconnect
    /// Let in the holders of these keys, and nobody else.
    case admit(Set<PublicKey>)
    /// Connect to a peer, which holds this key where there are keys.
    case connect(rank: Int, endpoint: String, key: PublicKey?)
    /// Give the compute thread something to do. It never has more than one thing.
    case compute(ComputeRequest)
    /// Tell the user something.
    case note(String)
    /// It is over: well, or with an error.
    case end(ClusterError?)

    package enum Destination: Equatable {
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
        case .compute(.sums(let step, let microbatches)): "compute microbatches \(microbatches) of step \(step)"
        case .compute(.apply): "update the parameters"
        case .compute(.evaluate(let blocks)): "test blocks \(blocks)"
        case .compute(.state): "copy the state"
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
    /// Build the replica; `state` is a checkpoint to start from.
    case prepare(settings: RunSettings, state: Payload?)
    /// Compute the gradients of some microbatches of a step.
    case sums(step: Int, microbatches: Range<Int>)
    /// Update the parameters.
    case apply(Tensor<Float>)
    /// Test on some blocks of the test samples.
    case evaluate(blocks: Range<Int>)
    /// Copy all state.
    case state
}

/// What the compute thread gives back.
package enum ComputeResult: Sendable {
    case prepared(Prepared)
    case sums(Trainer.Sums, seconds: Double)
    case applied(seconds: Double)
    case evaluated([Evaluation], digest: String)
    case state(Payload)
    /// It could not be done.
    case failed(String)

    /// What there is to know of a replica once it is built.
    package struct Prepared: Sendable {
        var schedule: Schedule
        var tree: MicrobatchTree
        var parameterCount: Int
        var evaluationBlocks: Int
        var completedSteps: Int
        var ready: Ready
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
