/// Which samples a step was computed from, as those tell who computed it.
public struct StepAccount: Sendable, Equatable {
    /// The generation of the members that computed it; 0 in a single process.
    public var generation: Int
    /// What each of them computed, in the order of the microbatches; who had none is left out.
    public var shares: [Share]

    /// An account with these values.
    public init(generation: Int, shares: [Share]) {
        self.generation = generation
        self.shares = shares
    }

    /// Whether the shares are `count` microbatches, each once.
    package func covers(_ count: Int) -> Bool {
        var end = 0
        for share in shares {
            guard share.microbatches.lowerBound == end, !share.microbatches.isEmpty else { return false }
            end = share.microbatches.upperBound
        }
        return end == count
    }

    /// The part of a step that one worker computed.
    public struct Share: Sendable, Equatable {
        /// The worker's rank, 0 in a single process.
        public var rank: Int
        /// Its host.
        public var host: String
        /// Its process id.
        public var process: Int
        /// The microbatches of the step that it computed.
        public var microbatches: Range<Int>
        /// The digest of the sample indices that it took for them.
        public var digest: SampleDigest

        /// A share with these values.
        public init(rank: Int, host: String, process: Int, microbatches: Range<Int>, digest: SampleDigest) {
            self.rank = rank
            self.host = host
            self.process = process
            self.microbatches = microbatches
            self.digest = digest
        }

        /// Who it is, for people.
        var worker: String { "worker \(rank) (host \(host), process \(process))" }
    }
}
