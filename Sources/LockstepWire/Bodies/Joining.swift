/// Worker to coordinator: I want to join.
public struct Hello: Sendable, Equatable {
    /// The name of the worker's host.
    public var host: String
    /// The worker's process id.
    public var pid: Int
    /// Where other workers reach this one, as `tcp://host:port`, `ipc://path` or `in-process://name`.
    public var endpoint: String
    /// The processor as the mathematics library names it; equal bits need equal names.
    public var processor: String
    /// The software's version.
    public var software: String

    /// A message with these values.
    public init(host: String, pid: Int, endpoint: String, processor: String, software: String) {
        self.host = host
        self.pid = pid
        self.endpoint = endpoint
        self.processor = processor
        self.software = software
    }
}

/// Coordinator to worker: you are in.
public struct Welcome: Sendable, Equatable {
    /// The worker's rank, which it keeps for as long as it is in the run.
    public var rank: Int
    /// How many workers the run begins with.
    public var workers: Int
    /// The job's settings as JSON.
    public var settings: String
    /// How many steps the coordinator knows the losses of.
    public var recordedSteps: Int
    /// What the data are, as JSON, where the coordinator sends workers their samples; empty where they read them.
    public var data: String

    /// A message with these values.
    public init(rank: Int, workers: Int, settings: String, recordedSteps: Int, data: String = "") {
        self.data = data
        self.rank = rank
        self.workers = workers
        self.settings = settings
        self.recordedSteps = recordedSteps
    }
}

/// Coordinator to worker: you cannot join, and why.
public struct Refusal: Sendable, Equatable {
    /// A sentence for the worker's user.
    public var reason: String

    /// A message with these values.
    public init(reason: String) {
        self.reason = reason
    }
}

/// Worker to coordinator: model and data are loaded, and this is what they are.
public struct Ready: Sendable, Equatable {
    /// Names, shapes and types of the model's parameters.
    public var signature: String
    /// The data set's fingerprint.
    public var fingerprint: String
    /// The digest of the parameters' values.
    public var parameters: String
    /// The processor as the mathematics library names it.
    public var processor: String
    /// How many samples there are to train on.
    public var trainingSamples: Int
    /// How many samples there are to test on, 0 for none.
    public var testSamples: Int
    /// Elements in all parameters together.
    public var parameterCount: Int
    /// Bytes of the parameters and of what the optimizer keeps of them.
    public var stateBytes: Int
    /// Whether the worker holds the state after the envelope's step, and it may be trained on. Not where it was sent it and nobody has
    /// compared it yet.
    public var holdsState: Bool
    /// Elements of what is summed in a step: those of the gradient, and behind it those of the running statistics.
    public var sumCount: Int

    /// A message with these values; as many elements are summed as there are parameters, unless told otherwise.
    public init(
        signature: String, fingerprint: String, parameters: String, processor: String, trainingSamples: Int,
        testSamples: Int, parameterCount: Int, stateBytes: Int, holdsState: Bool = true, sumCount: Int? = nil
    ) {
        self.sumCount = sumCount ?? parameterCount
        self.holdsState = holdsState
        self.signature = signature
        self.fingerprint = fingerprint
        self.parameters = parameters
        self.processor = processor
        self.trainingSamples = trainingSamples
        self.testSamples = testSamples
        self.parameterCount = parameterCount
        self.stateBytes = stateBytes
    }
}

/// Coordinator to workers: who takes part in this generation.
public struct Members: Sendable, Equatable {
    /// Every worker, by rank.
    public var members: [Member]
    /// Whether sums are made at the coordinator. Then members have no links to each other.
    public var isStar: Bool

    /// A message with these values.
    public init(members: [Member], isStar: Bool = false) {
        self.members = members
        self.isStar = isStar
    }
}

/// One worker of a generation.
public struct Member: Sendable, Equatable {
    /// The worker's rank.
    public var rank: Int
    /// The name of its host.
    public var host: String
    /// Its process id.
    public var pid: Int
    /// Where other workers reach it.
    public var endpoint: String
    /// The microbatches of each global batch that it computes; may be empty.
    public var microbatches: Range<Int>
    /// What it proves to hold where there are keys, in Z85; empty where there are none. The coordinator has it from the
    /// connection, not from what the worker says.
    public var publicKey: String

    /// A message with these values.
    public init(
        rank: Int, host: String, pid: Int, endpoint: String, microbatches: Range<Int>, publicKey: String = ""
    ) {
        self.rank = rank
        self.host = host
        self.pid = pid
        self.endpoint = endpoint
        self.microbatches = microbatches
        self.publicKey = publicKey
    }
}
