internal import Dispatch
internal import Glibc
internal import Synchronization

/// What Ctrl-C, and the signal that a service manager sends, do to a run.
enum Signals {
    /// From now on the first SIGINT, SIGTERM or SIGHUP calls `first`, and the next `second` and ends the process at once.
    ///
    /// Both are called on a thread of their own, not in a signal handler, so they may do anything.
    static func handle(first: @escaping @Sendable () -> Void, second: @escaping @Sendable () -> Void = {}) -> Handler {
        let count = Counter()
        let registration = DispatchGroup()
        let numbers = numbers
        let sources = numbers.map { number in
            // Dispatch sees a signal only where the default action, to end the process, is off.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if count.next() == 0 { return first() }
                second()
                CommandLineTool.leave(128 + number)
            }
            registration.enter()
            source.setRegistrationHandler { registration.leave() }
            source.resume()
            return source
        }
        // Dispatch registers a source on a thread of its own; a signal that came before would be lost.
        registration.wait()
        return Handler(sources: sources, numbers: numbers)
    }

    /// From now on none of these signals does anything: terminals, service managers and batch systems send them to all
    /// processes of a job, and those that work for another leave it to that to end the run well.
    static func leaveToParent() { for number in numbers { signal(number, SIG_IGN) } }

    /// What asks a process to end: SIGHUP, too, which a terminal sends as it closes, unless it was to be ignored from the
    /// start, as nohup has it.
    private static var numbers: [Int32] {
        var action = sigaction()
        sigaction(SIGHUP, nil, &action)
        // Handlers are functions, which cannot be compared, but the one that ignores is the number 1.
        let isIgnored = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
        return isIgnored ? [SIGINT, SIGTERM] : [SIGINT, SIGTERM, SIGHUP]
    }

    /// Keeps the signals handled for as long as it lives.
    struct Handler {
        fileprivate let sources: [any DispatchSourceSignal]
        fileprivate let numbers: [Int32]

        /// Gives the signals back their default actions: what is ignored would be for the program that this one becomes, too.
        func restore() { for number in numbers { signal(number, SIG_DFL) } }
    }
}

/// Counts from 0, on any thread.
private final class Counter: Sendable {
    private let value = Atomic(0)
    func next() -> Int { value.add(1, ordering: .relaxed).oldValue }
}
