/// How an epoch of samples is cut into batches, and each batch into microbatches.
///
/// Pure arithmetic on positions `0..<count` in the order of an epoch. It depends on the job alone, not on how many workers
/// there are, and each position is in exactly one microbatch of one batch: the last batch is smaller where `count` is no
/// multiple of `batchSize`, and nothing is dropped or padded.
public struct BatchPlan: Sendable, Hashable {
    /// Samples in an epoch.
    public let count: Int
    /// Samples in every batch but the last.
    public let batchSize: Int
    /// Microbatches in every batch.
    public let microbatches: Int

    /// A plan for `count` samples.
    ///
    /// Stops when `count` is negative, or `batchSize` or `microbatches` below 1.
    public init(count: Int, batchSize: Int, microbatches: Int = 1) {
        guard count >= 0, batchSize >= 1, microbatches >= 1 else {
            fatalError(
                "BatchPlan expects count >= 0, batchSize >= 1 and microbatches >= 1, "
                    + "found \(count), \(batchSize) and \(microbatches)")
        }
        self.count = count
        self.batchSize = batchSize
        self.microbatches = microbatches
    }

    /// Batches in an epoch: ⌈count / batchSize⌉.
    public var batches: Int { count / batchSize + (count % batchSize == 0 ? 0 : 1) }

    /// The positions of batch `batch`: `[batch·B, min((batch + 1)·B, count))`.
    ///
    /// Stops when there is no such batch.
    public func range(ofBatch batch: Int) -> Range<Int> {
        guard 0..<batches ~= batch else { fatalError("batch \(batch) is out of range: there are \(batches)") }
        let start = batch * batchSize
        return start..<start + min(batchSize, count - start)
    }

    /// The positions of microbatch `microbatch` of M in a batch of n samples: `[n·i / M, n·(i + 1) / M)` from the batch's start.
    ///
    /// Sizes in one batch differ by 1 at most; where a batch has fewer samples than M, some microbatches are empty. Stops when
    /// there is no such batch or microbatch.
    public func range(ofMicrobatch microbatch: Int, inBatch batch: Int) -> Range<Int> {
        range(ofMicrobatches: microbatch..<microbatch + 1, inBatch: batch)
    }

    /// The positions of a contiguous range of microbatches, which are contiguous too: what one worker computes.
    ///
    /// Stops when there is no such batch or one of the microbatches does not exist.
    public func range(ofMicrobatches range: Range<Int>, inBatch batch: Int) -> Range<Int> {
        guard range.lowerBound >= 0, range.upperBound <= microbatches else {
            fatalError("microbatches \(range) are out of range: there are \(microbatches)")
        }
        let whole = self.range(ofBatch: batch)
        // n·i / M in two parts, so that the product stays below M².
        let (quotient, remainder) = whole.count.quotientAndRemainder(dividingBy: microbatches)
        func start(_ i: Int) -> Int { whole.lowerBound + quotient * i + remainder * i / microbatches }
        return start(range.lowerBound)..<start(range.upperBound)
    }
}
