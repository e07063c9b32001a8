internal import LockstepLocking

/// Who was not let in, for the owner of a transport to tell. However often somebody tries, it stays few lines: of each address
/// and reason the first, the tenth, the hundredth, … is told.
final class RefusalLog: Sendable {
    /// How many addresses are told apart. Default 256, so that one who has many addresses fills neither the memory nor the log;
    /// those beyond count together.
    private static let mostAddresses = 256

    private struct State {
        var counts: [String: Int] = [:]
        var untold: [TransportError] = []
    }

    private let state = Locked(State())
    private let waker: EventWaker

    /// A log whose `waker` is told when there is something in it.
    init(_ waker: EventWaker) { self.waker = waker }

    /// Notes that somebody at `address` was not let in, because of `text`; `kind` is the reason's short name.
    func add(_ kind: String, _ text: String, from address: String) {
        let isTold = state.withLock { state in
            var key = "\(kind) \(address)"
            if state.counts[key] == nil, state.counts.count >= Self.mostAddresses { key = "others" }
            let count = (state.counts[key] ?? 0) + 1
            state.counts[key] = count
            var power = 1
            while power < count { power *= 10 }
            guard power == count else { return false }
            let times = count == 1 ? "" : " (\(count) times so far)"
            let who = key == "others" ? "\(address), one of many addresses," : address
            state.untold.append(
                TransportError(.refused, "refused a connection from \(who): \(text)\(times)"))
            return true
        }
        if isTold { waker.signal() }
    }

    /// The next one to tell, if any.
    func next() -> TransportError? {
        state.withLock { $0.untold.isEmpty ? nil : $0.untold.removeFirst() }
    }
}
