/// Who may be in a run, what becomes of it when somebody goes, and how long somebody is waited for.
public struct Membership: Sendable {
    /// How many workers the run begins with.
    public var workers: Int
    /// How many there may be once it has begun: more than it began with may join at any step. By default as many.
    public var maximumWorkers: Int
    /// Whether workers are started elsewhere, so that others may come where some have gone.
    public var isOpen: Bool
    /// How many times in all ``LocalWorkers`` start a worker in the place of one that has ended, later each time.
    public var restarts: Int
    /// Whether the microbatches are dealt by how fast each worker computes. The bits are the same.
    public var balances: Bool
    /// Where gradients are summed. The bits are the same.
    public var allReduce: AllReduceChoice
    /// How long after a checkpoint another is made, besides those that the settings ask for.
    public var checkpointInterval: Duration?
    /// How long somebody is waited for.
    public var patience: Patience

    /// A run that begins with so many workers, and has the same ones until it ends.
    public init(
        workers: Int, maximumWorkers: Int? = nil, isOpen: Bool = false, restarts: Int = 0, balances: Bool = false,
        allReduce: AllReduceChoice = .auto, checkpointInterval: Duration? = nil, patience: Patience = Patience()
    ) {
        self.allReduce = allReduce
        self.workers = workers
        self.maximumWorkers = max(workers, maximumWorkers ?? workers)
        self.isOpen = isOpen
        self.restarts = restarts
        self.balances = balances
        self.checkpointInterval = checkpointInterval
        self.patience = patience
    }
}

/// Where the gradients of a run are summed: `docs/algorithms.md` has what each costs.
public enum AllReduceChoice: String, Sendable, CaseIterable {
    /// Among the workers, until some cannot reach each other or a link between two keeps breaking; from then on at the coordinator.
    case auto
    /// Among the workers, each of which must reach each other.
    case direct
    /// At the coordinator, which is all that workers need to reach.
    case star
}
