/// The order in which an epoch goes through the samples.
///
/// The order is drawn anew for each epoch, from (seed, epoch) alone: every process that knows the two has the same one, and
/// an epoch can be gone on with from any place. There is no state, so nothing to set before an epoch and nothing to forget.
public struct ShuffledSampler: Sendable, Hashable {
    /// How many samples there are.
    public let count: Int
    /// What the orders are drawn from.
    public let seed: UInt64

    /// An order of `count` samples for each epoch. Stops when `count` is negative.
    public init(count: Int, seed: UInt64) {
        guard count >= 0 else { fatalError("ShuffledSampler expects count >= 0, found \(count)") }
        self.count = count
        self.seed = seed
    }

    /// Each number of `0..<count` once, in the order of that epoch; each order has the same probability.
    ///
    /// Fisher and Yates's shuffle. Stops when `epoch` is negative.
    public func permutation(epoch: Int) -> [Int] {
        guard epoch >= 0 else { fatalError("permutation(epoch:) expects epoch >= 0, found \(epoch)") }
        var generator = KeyedGenerator(Self.purpose, seed, UInt64(epoch))
        var order = Array(0..<count)
        for last in order.indices.dropFirst().reversed() {
            order.swapAt(last, generator.next(below: last + 1))
        }
        return order
    }

    /// The first number of the key, so that nothing else that is keyed by (seed, epoch) draws the same numbers.
    private static let purpose: UInt64 = 0x7368_7566_666C_6521  // "shuffle!"
}
