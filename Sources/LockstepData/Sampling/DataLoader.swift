public import LockstepTensor

/// Goes through a data set in batches: PyTorch's `DataLoader`.
///
/// ```swift
/// let loader = DataLoader(try FashionMNIST.load(.train), batchSize: 64, shuffle: true)
/// for epoch in 0..<10 {
///     for (number, batch) in loader.enumerated() { … model(batch.inputs) … }
/// }
/// ```
/// Each loop is an epoch, with an order of its own where it shuffles; after `manualSeed` the orders are PyTorch's.
///
/// A data set whose `batch(at:)` throws in a loop stops the program with that error, as `for` cannot throw. One that reads files as
/// it goes is gone through by ``batchIndices()`` instead:
///
/// ```swift
/// for indices in loader.batchIndices() { let batch = try dataset.batch(at: indices) … }
/// ```
/// To train on several workers, or to go on from a checkpoint, use a `TrainingJob`.
///
/// Source: `torch.utils.data.DataLoader`.
public final class DataLoader<Samples: Dataset>: Sequence {
    /// What it goes through.
    public let dataset: Samples
    /// Whether a last batch that has fewer samples than the others is left out.
    public let dropLast: Bool
    private let plan: BatchPlan
    private var sampler: RandomSampler?
    private let drawsFromDefault: Bool

    /// A loader of `dataset`.
    ///
    /// - Parameters:
    ///   - batchSize: Samples a batch; 1 by default, as in PyTorch.
    ///   - shuffle: Whether each epoch has a new order; otherwise all have that of the data set.
    ///   - dropLast: Whether a last batch that has fewer samples than the others is left out.
    ///   - generator: What orders are drawn from; the thread's default generator where it is nil.
    ///
    /// Stops when `batchSize` is below 1, and where an empty data set is to be shuffled.
    public init(
        _ dataset: Samples, batchSize: Int = 1, shuffle: Bool = false, dropLast: Bool = false,
        generator: Generator? = nil
    ) {
        guard batchSize >= 1 else {
            fatalError("batch_size should be a positive integer value, but got batch_size=\(batchSize)")
        }
        self.dataset = dataset
        self.dropLast = dropLast
        drawsFromDefault = generator == nil
        plan = BatchPlan(count: dataset.count, batchSize: batchSize)
        sampler = shuffle ? RandomSampler(count: dataset.count, generator: generator) : nil
    }

    /// Batches an epoch.
    public var count: Int { dropLast ? plan.count / plan.batchSize : plan.batches }

    public var underestimatedCount: Int { count }

    /// The indices of each batch of the next epoch.
    public func batchIndices() -> [[Int]] {
        let order = order()
        return (0..<count).map { Array(order[plan.range(ofBatch: $0)]) }
    }

    /// The batches of the next epoch, each gathered when it is asked for.
    public func makeIterator() -> AnyIterator<Samples.Batch> {
        var batches = batchIndices().makeIterator()
        return AnyIterator { [dataset] in
            batches.next().map { indices in
                do {
                    return try dataset.batch(at: indices)
                } catch {
                    fatalError("the data set could not be read in a loop: \(error)")
                }
            }
        }
    }

    private func order() -> [Int] {
        if let order = sampler?.order(forLoader: true) { return order }
        // PyTorch draws a seed for its loader's processes in every epoch, also where nothing is shuffled; what is drawn later depends
        // on it.
        if drawsFromDefault { withDefaultGenerator { _ = $0.nonNegativeInteger() } }
        return Array(0..<plan.count)
    }
}
