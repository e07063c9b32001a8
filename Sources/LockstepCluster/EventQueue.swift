internal import LockstepLocking
internal import LockstepTransport

/// Events for a loop from other threads: what is put in wakes the loop that waits on its transport.
final class EventQueue<Event: Sendable>: Sendable {
    private let events = Locked<[Event]>([])
    private let waker: any Waker

    init(waker: any Waker) { self.waker = waker }

    /// Adds an event, from any thread.
    func put(_ event: Event) {
        events.withLock { $0.append(event) }
        waker.wake()
    }

    /// Takes out all events, oldest first.
    func take() -> [Event] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }
}
