import LockstepLocking

/// What a process has written so far, line by line, for those who wait for a line of it.
///
/// Nobody waits for ever: the process is ended at its deadline, its streams end with it, and every wait ends with them.
final class Transcript: Sendable {
    private struct Waiter {
        let matches: @Sendable (String) -> Bool
        let resume: CheckedContinuation<String?, Never>
    }

    private struct State {
        var lines: [Stream: [String]] = [:]
        var unfinished: [Stream: [UInt8]] = [:]
        var open: Set<Stream> = [.output, .errors]
        var waiters: [Waiter] = []
    }

    enum Stream: String { case output, errors }

    private let state = Locked(State())

    /// The lines of a stream so far; a last line without an end counts.
    func lines(of stream: Stream) -> [String] {
        state.withLock { state in
            let rest = state.unfinished[stream] ?? []
            return (state.lines[stream] ?? []) + (rest.isEmpty ? [] : [String(decoding: rest, as: UTF8.self)])
        }
    }

    /// Adds bytes to a stream.
    func append(_ bytes: [UInt8], to stream: Stream) {
        state.withLock { state in
            var parts = ((state.unfinished[stream] ?? []) + bytes).split(
                separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            state.unfinished[stream] = parts.popLast().map(Array.init)
            for part in parts {
                let line = String(decoding: part, as: UTF8.self)
                state.lines[stream, default: []].append(line)
                for waiter in state.waiters where waiter.matches(line) { waiter.resume.resume(returning: line) }
                state.waiters.removeAll { $0.matches(line) }
            }
        }
    }

    /// Ends a stream; when both have ended, so has all waiting.
    func end(_ stream: Stream) {
        state.withLock { state in
            state.open.remove(stream)
            guard state.open.isEmpty else { return }
            for waiter in state.waiters { waiter.resume.resume(returning: nil) }
            state.waiters = []
        }
    }

    /// The first line, of those there are and those to come, that `matches`; nil when the streams end without one.
    func line(where matches: @escaping @Sendable (String) -> Bool) async -> String? {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                let all = (state.lines[.output] ?? []) + (state.lines[.errors] ?? [])
                if let line = all.first(where: matches) { return continuation.resume(returning: line) }
                if state.open.isEmpty { return continuation.resume(returning: nil) }
                state.waiters.append(Waiter(matches: matches, resume: continuation))
            }
        }
    }
}
