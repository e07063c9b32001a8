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
    /// Steps between two comparisons of all workers' states, besides those at checkpoints. By default 100: of a step's time a
    /// comparison takes less than all of it, so every hundredth costs less than 1%.
    public var comparesEvery: Int
    /// What is gone on from where one worker's numbers are not the others'.
    public var onDivergence: DivergenceResponse
    /// How long somebody is waited for.
    public var patience: Patience

    /// A run that begins with so many workers, and has the same ones until it ends.
    public init(
        workers: Int, maximumWorkers: Int? = nil, isOpen: Bool = false, restarts: Int = 0, balances: Bool = false,
        allReduce: AllReduceChoice = .auto, checkpointInterval: Duration? = nil, comparesEvery: Int = 100,
        onDivergence: DivergenceResponse = .majority, patience: Patience = Patience()
    ) {
        self.allReduce = allReduce
        self.workers = workers
        self.maximumWorkers = max(workers, maximumWorkers ?? workers)
        self.isOpen = isOpen
        self.restarts = restarts
        self.balances = balances
        self.checkpointInterval = checkpointInterval
        self.comparesEvery = comparesEvery
        self.onDivergence = onDivergence
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

/// What a run goes on from where one worker's numbers are not the others'. Where there is no majority it is always the checkpoint.
public enum DivergenceResponse: String, Sendable, CaseIterable {
    /// The state that most workers hold. No step is lost, but since the bit flipped its gradients were in everybody's sums: the run
    /// is a good one, with other bits than an undisturbed one's.
    case majority
    /// The last checkpoint, which all agreed on. The steps since are done again, and the bits are those of an undisturbed run.
    case checkpoint
}
