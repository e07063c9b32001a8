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
    /// The digest of the sample indices that the sender took for its range; 0 but in the last bucket's message.
    public var samples: UInt64

    /// A message with these values.
    public init(bucket: Int, subtrees: [Range<Int>], losses: [Double] = [], samples: UInt64 = 0) {
        self.samples = samples
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
    /// The digest of the samples that each member took, in the members' order; there where `losses` are.
    public var samples: [UInt64]

    /// A message with these values.
    public init(bucket: Int, losses: [Double] = [], samples: [UInt64] = []) {
        self.bucket = bucket
        self.losses = losses
        self.samples = samples
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
    /// Which samples the step was computed from, and by whom.
    public var samples: SampleAccount
    /// Seconds for which what was sent was on its way to one of those that the worker sums with: to the one in the middle, from the
    /// fastest to the slowest. Waiting for others is not in it. 0 where it is not known.
    public var sendSeconds: Double

    /// A message with these values.
    public init(
        losses: [Double], computeSeconds: Double, communicateSeconds: Double, bytesSent: Int, digest: String = "",
        overflowed: Bool = false, samples: SampleAccount = SampleAccount(), sendSeconds: Double = 0
    ) {
        self.sendSeconds = sendSeconds
        self.overflowed = overflowed
        self.samples = samples
        self.digest = digest
        self.losses = losses
        self.computeSeconds = computeSeconds
        self.communicateSeconds = communicateSeconds
        self.bytesSent = bytesSent
    }
}

/// Which samples a step was computed from: the shares of all workers that had any.
public struct SampleAccount: Sendable, Equatable {
    /// The generation whose members computed it.
    public var generation: Int
    /// In the order of their microbatches.
    public var shares: [SampleShare]

    /// A message with these values.
    public init(generation: Int = 0, shares: [SampleShare] = []) {
        self.generation = generation
        self.shares = shares
    }
}

/// The part of a step that one worker computed.
public struct SampleShare: Sendable, Equatable {
    /// The worker's rank.
    public var rank: Int
    /// The name of its host.
    public var host: String
    /// Its process id.
    public var pid: Int
    /// The microbatches that it computed.
    public var microbatches: Range<Int>
    /// The digest of the sample indices that it took for them, in their order.
    public var digest: UInt64

    /// A message with these values.
    public init(rank: Int, host: String, pid: Int, microbatches: Range<Int>, digest: UInt64) {
        self.rank = rank
        self.host = host
        self.pid = pid
        self.microbatches = microbatches
        self.digest = digest
    }
}
