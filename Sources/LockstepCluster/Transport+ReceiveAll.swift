internal import LockstepTransport

extension Transport {
    /// All that has come in, after waiting for something for at most `timeout`.
    ///
    /// A loop that was held up, by a disk or by the system, hears everybody out before it asks who has been silent for too long.
    func receiveAll(timeout: Duration) throws -> [Incoming] {
        var all: [Incoming] = []
        // Bounded, so that one who sends without end does not keep the loop from its other work. Peers take turns.
        while all.count < 1000, let incoming = try receive(timeout: all.isEmpty ? timeout : .zero) {
            all.append(incoming)
        }
        return all
    }
}
