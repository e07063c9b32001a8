internal import CZeroMQ
internal import Glibc
internal import Synchronization

/// A waker over an eventfd, which a poll can wait for together with sockets.
final class EventWaker: Waker, Sendable {
    /// Readable while a wake or a signal has not been consumed.
    let descriptor: Int32
    private let isRequested = Atomic(false)

    init() throws(TransportError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else {
            throw TransportError(.system, "a transport cannot be made: eventfd: \(Errno.text(errno))")
        }
    }

    deinit { Glibc.close(descriptor) }

    func wake() {
        isRequested.store(true, ordering: .releasing)
        signal()
    }

    /// Ends a wait without asking the receive around it to return.
    func signal() {
        // Fails only when the counter is full, and then the descriptor is readable already.
        _ = eventfd_write(descriptor, 1)
    }

    /// Whether `wake` was called since the last time.
    func takeRequest() -> Bool { isRequested.exchange(false, ordering: .acquiring) }

    /// Makes the descriptor unreadable until the next wake or signal; look for their reason after it, not before.
    func consume() {
        var count: eventfd_t = 0
        _ = eventfd_read(descriptor, &count)
    }

    /// Waits for a wake or a signal and consumes it; false when `deadline` has passed.
    func wait(until deadline: ContinuousClock.Instant) throws(TransportError) -> Bool {
        while true {
            var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&item, 1, Deadline.milliseconds(until: deadline))
            if ready < 0, errno != EINTR {
                throw TransportError(.system, "waiting for messages: poll: \(Errno.text(errno))")
            }
            if ready > 0 {
                consume()
                return true
            }
            if ContinuousClock.now >= deadline { return false }
        }
    }
}
