import Glibc

/// Runs `body` in a new thread, with a stack no larger than the system's default, without waiting for it.
func runInThread(_ body: @escaping @Sendable () -> Void) {
    final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let work = Unmanaged.passRetained(Work(body)).toOpaque()
    let result = pthread_create(
        &thread, nil,
        { argument in
            // Not nil, and the only use of the retained object: both come from the call below.
            Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().body()
            return nil
        }, work)
    guard result == 0 else { fatalError("pthread_create: \(result)") }
    pthread_detach(thread)
}
