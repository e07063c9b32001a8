/// Coordinator to worker: do the envelope's step.
public struct StepOrder: Sendable, Equatable {
    /// The epoch, counted from 0.
    public var epoch: Int
    /// The global batch within the epoch, counted from 0.
    public var batch: Int

    /// A message with these values.
    public init(epoch: Int, batch: Int) {
        self.epoch = epoch
        self.batch = batch
    }
}

/// Worker to worker (reduce-scatter): sums of whole subtrees of the microbatch tree.
///
/// The payload holds, for each subtree in order, its Float32 sums of the receiver's chunk of the bucket.
public struct Partial: Sendable, Equatable {
    /// The bucket, counted from 0.
    public var bucket: Int
    /// The microbatches that each sum is over.
    public var subtrees: [Range<Int>]

    /// A message with these values.
    public init(bucket: Int, subtrees: [Range<Int>]) {
        self.bucket = bucket
        self.subtrees = subtrees
    }
}

/// Worker to worker (all-gather): the payload is the sender's chunk of the bucket, summed over all microbatches.
public struct Reduced: Sendable, Equatable {
    /// The bucket, counted from 0.
    public var bucket: Int

    /// A message with these values.
    public init(bucket: Int) {
        self.bucket = bucket
    }
}

/// Worker to coordinator: the envelope's step is done.
public struct StepReport: Sendable, Equatable {
    /// The sum of the samples' losses, one element per microbatch of the worker's range.
    public var losses: [Double]
    /// Seconds spent on forward, backward and the optimizer.
    public var computeSeconds: Double
    /// Seconds spent on waiting for other workers.
    public var communicateSeconds: Double
    /// Payload bytes sent to other workers.
    public var bytesSent: Int

    /// A message with these values.
    public init(losses: [Double], computeSeconds: Double, communicateSeconds: Double, bytesSent: Int) {
        self.losses = losses
        self.computeSeconds = computeSeconds
        self.communicateSeconds = communicateSeconds
        self.bytesSent = bytesSent
    }
}
