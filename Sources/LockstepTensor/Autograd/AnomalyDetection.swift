import CLockstepKernels

/// Runs `body` so that a backward in it which makes a NaN stops at once, with the name of the operation that made it.
///
/// Every gradient is looked at between operations, which costs time: for finding a fault, not for training. The message is
/// PyTorch's, `Function 'SqrtBackward0' returned nan values in its 0th output.`, where the output is the gradient of the
/// operation's input of that number. Holds for the calling thread alone and may be nested.
///
/// Source: `torch.autograd.detect_anomaly`.
public func detectAnomaly<R>(_ body: () throws -> R) rethrows -> R {
    let before = lk_detects_anomalies()
    lk_set_detects_anomalies(true)
    defer { lk_set_detects_anomalies(before) }
    return try body()
}

extension Node {
    /// Runs `body`, which sends on this node's gradient; where anomalies are looked for, stops if that makes a NaN.
    final func checked(_ body: () -> Void) {
        guard lk_detects_anomalies(), !isLeaf else { return body() }
        for (place, collector) in collecting(body) {
            if collector.holdsNaN { fatalError("Function '\(name)' returned nan values in its \(place)th output.") }
            destination(place).map { collector.deliver(to: $0) }
        }
    }
}
