/// Worker to coordinator: the links to all peers of the generation are up, nothing of an earlier one is in hand any more, and
/// what this worker holds is the state after the envelope's step.
public struct Connected: Sendable, Equatable {
    /// Whether that state may be trained on: not that of a worker that was put out, nor where the state that was sent arrived damaged.
    public var holdsState: Bool
    /// The digest of the state that this worker was sent and has taken up; empty where it was sent none, or has been given an order since,
    /// which shows that it was compared. Where it could not be taken up, ``unreadable``.
    public var digest: String

    /// What stands for the digest of a state that arrived so damaged that it has none.
    public static let unreadable = "none that can be read"

    /// A message with these values.
    public init(holdsState: Bool, digest: String = "") {
        self.holdsState = holdsState
        self.digest = digest
    }
}

/// Coordinator to worker: you are no longer in the run. Who can still hear it may join again.
public struct PutOut: Sendable, Equatable {
    /// A sentence for the worker's user.
    public var reason: String

    /// A message with these values.
    public init(reason: String) {
        self.reason = reason
    }
}

/// Worker to coordinator: the link to a peer broke although both live.
public struct LinkLost: Sendable, Equatable {
    /// The peer's rank.
    public var rank: Int

    /// A message with these values.
    public init(rank: Int) {
        self.rank = rank
    }
}

/// Coordinator to worker: say what state you hold, and send it.
public struct StateOrder: Sendable, Equatable {
    /// The peers to send it to; none for the coordinator, who writes it as a checkpoint.
    public var ranks: [Int]
    /// Whether it is not to be sent, because another sends it.
    public var isDigestOnly: Bool

    /// A message with these values.
    public init(ranks: [Int], isDigestOnly: Bool = false) {
        self.ranks = ranks
        self.isDigestOnly = isDigestOnly
    }
}

/// Worker to coordinator: the digest of the state that it holds after the envelope's step.
public struct StateDigest: Sendable, Equatable {
    /// Made of what it holds, and not of the image that it sends.
    public var digest: String

    /// A message with these values.
    public init(digest: String) {
        self.digest = digest
    }
}

/// A piece of the state after the envelope's step, a safetensors image.
public struct State: Sendable, Equatable {
    /// Where in the image the payload begins, in bytes.
    public var offset: Int
    /// Bytes of the whole image.
    public var total: Int

    /// A message with these values.
    public init(offset: Int, total: Int) {
        self.offset = offset
        self.total = total
    }
}

/// The answer to a piece of a state.
public struct StateReceived: Sendable, Equatable {
    /// Up to where the image has come, in bytes.
    public var end: Int

    /// A message with these values.
    public init(end: Int) {
        self.end = end
    }
}
