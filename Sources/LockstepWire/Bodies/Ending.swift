/// Coordinator to worker: end now.
public struct Stop: Sendable, Equatable {
    /// A sentence for the worker's user.
    public var reason: String

    /// A message with these values.
    public init(reason: String) {
        self.reason = reason
    }
}

/// Worker to coordinator: I cannot go on.
public struct Failure: Sendable, Equatable {
    /// What the worker was doing.
    public var phase: String
    /// A sentence for the coordinator's user.
    public var reason: String

    /// A message with these values.
    public init(phase: String, reason: String) {
        self.phase = phase
        self.reason = reason
    }
}

/// Worker to coordinator: I was asked to go.
public struct Leave: Sendable, Equatable {
    /// Who or what asked, as a sentence.
    public var reason: String

    /// A message with these values.
    public init(reason: String) {
        self.reason = reason
    }
}

/// Either way: I am alive.
public struct Heartbeat: Sendable, Equatable {
    /// What the sender is doing.
    public var phase: String
    /// The ranks that the sender waits for with nothing else to do: to link up in the envelope's generation, or for their sums.
    public var unheard: [Int]

    /// A message with these values.
    public init(phase: String, unheard: [Int] = []) {
        self.phase = phase
        self.unheard = unheard
    }
}
