internal import LockstepTraining
internal import LockstepWire

extension StepAccount {
    /// The account that a message holds.
    init(_ account: SampleAccount) {
        self.init(
            generation: account.generation,
            shares: account.shares.map {
                Share(
                    rank: $0.rank, host: $0.host, process: $0.pid, microbatches: $0.microbatches,
                    digest: SampleDigest($0.digest))
            })
    }
}
