package import Glibc

/// A value that one thread at a time can use.
///
/// What `Synchronization.Mutex` is, over the system's mutex: that is one which the thread sanitizer knows. Where it watches
/// (`make sanitize`), what one thread did under the lock has happened before what the next does; of the other lock it cannot know,
/// and would tell of a race at each use.
package final class Locked<Value>: @unchecked Sendable {
    // Sendable because the value is used under the lock alone.
    @usableFromInline let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    @usableFromInline var value: Value

    /// A lock that nobody holds, around `value`.
    package init(_ value: Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Calls `body` with the value while no other thread can.
    @inlinable package func withLock<R, Failure: Error>(_ body: (inout Value) throws(Failure) -> R) throws(Failure) -> R
    {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
