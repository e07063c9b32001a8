/// What a message says: one case for every body of `proto/lockstep.proto`.
public enum Body: Sendable, Equatable {
    // Joining.
    /// Worker to coordinator: I want to join.
    case hello(Hello)
    /// Coordinator to worker: you are in.
    case welcome(Welcome)
    /// Coordinator to worker: you cannot join, and why.
    case refusal(Refusal)
    /// Worker to coordinator: model and data are loaded, and this is what they are.
    case ready(Ready)
    /// Coordinator to workers: who takes part in this generation.
    case members(Members)
    /// Worker to worker: the first message on a new link.
    case peerHello
    /// Worker to coordinator: the links to all peers of the generation are up.
    case connected(Connected)
    /// Coordinator to worker: you are no longer in the run, and why.
    case putOut(PutOut)
    /// Worker to coordinator: my link to a peer broke.
    case linkLost(LinkLost)

    // Training.
    /// Coordinator to worker: do the envelope's step.
    case stepOrder(StepOrder)
    /// Worker to worker (reduce-scatter): sums of subtrees for the receiver's chunk, in the payload.
    case partial(Partial)
    /// Worker to worker (all-gather): the sender's chunk, summed over all microbatches, in the payload.
    case reduced(Reduced)
    /// Worker to coordinator: the step is done.
    case stepReport(StepReport)

    // Evaluation and checkpoints.
    /// Coordinator to worker: evaluate on the test set.
    case evaluateOrder(EvaluateOrder)
    /// Worker to coordinator: sums over evaluation blocks.
    case evaluationReport(EvaluationReport)
    /// Coordinator to worker: say what state you hold, and send it to peers, or to the coordinator for a checkpoint.
    case stateOrder(StateOrder)
    /// Worker to coordinator: the digest of the state that it holds.
    case stateDigest(StateDigest)
    /// A piece of a state, in the payload.
    case state(State)
    /// The answer to a piece of a state.
    case stateReceived(StateReceived)
    /// Worker to coordinator: send me samples.
    case samplesRequest(SamplesRequest)
    /// Coordinator to worker: samples, in the payload.
    case samples(Samples)

    // Ending and health.
    /// Coordinator to worker: all is done, end well.
    case finish
    /// Coordinator to worker: end now, and why.
    case stop(Stop)
    /// Worker to coordinator: I cannot go on.
    case failure(Failure)
    /// Worker to coordinator: I was asked to go.
    case leave(Leave)
    /// Either way: I am alive, and this is what I do.
    case heartbeat(Heartbeat)
}

extension Body {
    /// The message's name in `proto/lockstep.proto`, for logs and errors: "StepOrder".
    public var name: String {
        switch self {
        case .hello: "Hello"
        case .welcome: "Welcome"
        case .refusal: "Refusal"
        case .ready: "Ready"
        case .members: "Members"
        case .peerHello: "PeerHello"
        case .connected: "Connected"
        case .putOut: "PutOut"
        case .linkLost: "LinkLost"
        case .stepOrder: "StepOrder"
        case .partial: "Partial"
        case .reduced: "Reduced"
        case .stepReport: "StepReport"
        case .evaluateOrder: "EvaluateOrder"
        case .evaluationReport: "EvaluationReport"
        case .stateOrder: "StateOrder"
        case .stateDigest: "StateDigest"
        case .state: "State"
        case .stateReceived: "StateReceived"
        case .samplesRequest: "SamplesRequest"
        case .samples: "Samples"
        case .finish: "Finish"
        case .stop: "Stop"
        case .failure: "Failure"
        case .leave: "Leave"
        case .heartbeat: "Heartbeat"
        }
    }
}
