/// Coordinator to worker: do the envelope's step.
public struct StepOrder: Sendable, Equatable {
    /// The epoch, counted from 0.
    public var epoch: Int
    /// The global batch within the epoch, counted from 0.
    public var batch: Int
    /// Whether the report is to carry a digest of the state after the step.
    public var compares: Bool
    /// How many steps are safely recorded: the worker need not keep their losses.
    public var recordedSteps: Int

    /// A message with these values.
    public init(epoch: Int, batch: Int, compares: Bool = false, recordedSteps: Int = 0) {
        self.epoch = epoch
        self.batch = batch
        self.compares = compares
        self.recordedSteps = recordedSteps
    }
}

/// Worker to worker (reduce-scatter), in a star worker to coordinator: sums of whole subtrees of the microbatch tree.
///
/// The payload holds, for each subtree in order, its sums of the receiver's chunk of the bucket, in the type that the run's settings name.
public struct Partial: Sendable, Equatable {
    /// The bucket, counted from 0.
    public var bucket: Int
    /// The microbatches that each sum is over.
    public var subtrees: [Range<Int>]
    /// The loss's sum over each microbatch of the sender's range; empty but in the last bucket's message, since the first ones are
    /// sent before backward is over.
    public var losses: [Double]

    /// A message with these values.
    public init(bucket: Int, subtrees: [Range<Int>], losses: [Double] = []) {
        self.bucket = bucket
        self.subtrees = subtrees
        self.losses = losses
    }
}

/// Worker to worker (all-gather), in a star coordinator to worker: the payload is the sender's chunk of the bucket, in a star all of it,
/// summed over all microbatches.
public struct Reduced: Sendable, Equatable {
    /// The bucket, counted from 0.
    public var bucket: Int
    /// The loss's sum over each microbatch of the global batch: in a star, in the last bucket's message; else empty.
    public var losses: [Double]

    /// A message with these values.
    public init(bucket: Int, losses: [Double] = []) {
        self.bucket = bucket
        self.losses = losses
    }
}

/// Worker to coordinator: the envelope's step is done.
public struct StepReport: Sendable, Equatable {
    /// The sum of the samples' losses, one element per microbatch of the global batch.
    public var losses: [Double]
    /// Seconds spent on forward, backward and the optimizer.
    public var computeSeconds: Double
    /// Seconds spent on waiting for other workers.
    public var communicateSeconds: Double
    /// Payload bytes sent to other workers.
    public var bytesSent: Int
    /// Of parameters and optimizer state after the step, where the order asked for it; else empty.
    public var digest: String
    /// Whether the mean gradient is more than the type that sums travel in can hold.
    public var overflowed: Bool

    /// A message with these values.
    public init(
        losses: [Double], computeSeconds: Double, communicateSeconds: Double, bytesSent: Int, digest: String = "",
        overflowed: Bool = false
    ) {
        self.overflowed = overflowed
        self.digest = digest
        self.losses = losses
        self.computeSeconds = computeSeconds
        self.communicateSeconds = communicateSeconds
        self.bytesSent = bytesSent
    }
}
