/// Coordinator to worker: evaluate on the test set.
public struct EvaluateOrder: Sendable, Equatable {
    /// The epoch after which this is, counted from 0.
    public var epoch: Int

    /// A message with these values.
    public init(epoch: Int) {
        self.epoch = epoch
    }
}

/// Worker to coordinator: sums over evaluation blocks, one element a block in each array.
public struct EvaluationReport: Sendable, Equatable {
    /// The block that the first elements are of.
    public var firstBlock: Int
    /// Sums of the samples' losses.
    public var losses: [Double]
    /// How many samples the model gets right; empty where the job does not say what that means.
    public var correct: [Int]
    /// How many samples there are.
    public var counts: [Int]
    /// The digest of the parameters that were tested.
    public var digest: String

    /// A message with these values.
    public init(firstBlock: Int, losses: [Double], correct: [Int], counts: [Int], digest: String) {
        self.firstBlock = firstBlock
        self.losses = losses
        self.correct = correct
        self.counts = counts
        self.digest = digest
    }
}
