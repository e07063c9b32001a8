/// A state on its way from one worker to others through the coordinator.
///
/// The sender hears of what the slowest receiver has, and so sends only a few pieces ahead of it: no more wait here than that.
package struct StateRelay {
    /// Who sends it.
    package let source: Int
    /// The state is that after so many steps.
    package let step: Int
    /// For each receiver, up to where it has it.
    private var received: [Int: Int]

    /// A relay of the state after `step` steps.
    package init(from source: Int, to receivers: [Int], step: Int) {
        self.source = source
        self.step = step
        received = Dictionary(uniqueKeysWithValues: receivers.map { ($0, 0) })
    }

    /// Who receives it, in order.
    package var receivers: [Int] { received.keys.sorted() }

    /// A receiver has all up to `end`; returns up to where all have it, where that is more than before.
    package mutating func received(by receiver: Int, end: Int) -> Int? {
        guard let earlier = received[receiver], end > earlier, let before = received.values.min() else { return nil }
        received[receiver] = end
        return received.values.min().flatMap { $0 > before ? $0 : nil }
    }
}
