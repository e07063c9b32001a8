package import LockstepTransport

extension Transport {
    /// All that has come in, after waiting for something for at most `timeout`.
    ///
    /// A loop that was held up, by a disk or by the system, hears everybody out before it asks who has been silent for too long.
    ///
    /// Bounded, so that one who sends without end neither keeps the loop from its other work nor fills the memory: by 1000 messages, and by
    /// `bytes` of payloads, which the last one may exceed. Peers take turns, and a gigabyte has a piece of each of 256.
    package func receiveAll(timeout: Duration, bytes: Int = 1 << 30) throws -> [Incoming] {
        var all: [Incoming] = []
        var received = 0
        while all.count < 1000, received < bytes, let incoming = try receive(timeout: all.isEmpty ? timeout : .zero) {
            all.append(incoming)
            received += incoming.payloadBytes
        }
        return all
    }
}
