public import LockstepTensor

/// The orders that PyTorch's `RandomSampler` gives for the same seed, epoch after epoch.
///
///     manualSeed(43052)
///     var sampler = RandomSampler(count: 60_000)
///     for epoch in 0..<10 {
///         for index in sampler.order() { … }
///     }
///
/// Each order depends on those drawn before it. For training that is resumed or spread over workers, ``ShuffledSampler`` draws
/// from (seed, epoch) alone.
///
/// Source: `torch.utils.data.RandomSampler`.
public struct RandomSampler: Sendable {
    /// How many samples there are.
    public let count: Int
    /// How many an order has.
    public let sampleCount: Int
    /// Whether a sample may come more than once.
    public let replacement: Bool
    /// What the orders are drawn from; where it is nil each order has a seed that the thread's default generator gives.
    public private(set) var generator: Generator?

    /// A sampler of `count` samples; an order has all of them unless `sampleCount` says otherwise.
    ///
    /// Stops when `count` or `sampleCount` is below 1.
    public init(count: Int, replacement: Bool = false, sampleCount: Int? = nil, generator: Generator? = nil) {
        let sampleCount = sampleCount ?? count
        guard count >= 1, sampleCount >= 1 else {
            fatalError("num_samples should be a positive integer value, but got num_samples=\(min(count, sampleCount))")
        }
        self.count = count
        self.sampleCount = sampleCount
        self.replacement = replacement
        self.generator = generator
    }

    /// The next order.
    ///
    /// With `forLoader` the order is that of a `DataLoader` with `shuffle=True`, which draws a seed for its own workers first.
    public mutating func order(forLoader: Bool = false) -> [Int] {
        if var own = generator {
            if forLoader { _ = own.nonNegativeInteger() }
            defer { generator = own }
            return draw(using: &own)
        }
        var fresh = withDefaultGenerator { generator in
            if forLoader { _ = generator.nonNegativeInteger() }
            return Generator(seed: UInt64(generator.nonNegativeInteger()))
        }
        return draw(using: &fresh)
    }

    private func draw(using generator: inout Generator) -> [Int] {
        if replacement {
            return (0..<sampleCount).map { _ in Int(generator.integer(in: 0..<Int64(count))) }
        }
        var order: [Int] = []
        for _ in 0..<sampleCount / count { order += generator.permutation(count) }
        // PyTorch draws a last permutation even where none of it is used, which the next order depends on.
        order += generator.permutation(count).prefix(sampleCount % count)
        return order
    }
}
