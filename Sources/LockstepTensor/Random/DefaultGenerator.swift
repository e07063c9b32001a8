#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Seeds the calling thread's default generator, from which layers draw their first weights; `torch.manual_seed`.
///
/// Each thread has a default generator of its own, so that two models made on two threads at once do not take numbers from
/// each other: seed on the thread that makes the model. A thread that never seeded has a seed that nobody can foretell.
///
///     manualSeed(43052)
///     let layer = Linear(1, 1)  // bias −0.8470, weight −0.3467, as in PyTorch
public func manualSeed(_ seed: UInt64) {
    withDefaultGenerator { $0 = Generator(seed: seed) }
}

/// Calls `body` with the calling thread's default generator, which goes on from where `body` leaves it.
///
/// To save it, copy it or its `state`; to restore it, assign.
public func withDefaultGenerator<R>(_ body: (inout Generator) throws -> R) rethrows -> R {
    try body(&DefaultGenerator.current.generator)
}

/// One thread's default generator.
private final class DefaultGenerator {
    var generator = Generator(seed: UInt64.random(in: .min ... .max))

    /// The key under which each thread keeps its own; the system releases it when the thread ends.
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        #if canImport(Glibc)
            let status = pthread_key_create(&key) { Unmanaged<DefaultGenerator>.fromOpaque($0!).release() }
        #else
            let status = pthread_key_create(&key) { Unmanaged<DefaultGenerator>.fromOpaque($0).release() }
        #endif
        guard status == 0 else {
            fatalError("no key for thread-local storage left: pthread_key_create returned \(status)")
        }
        return key
    }()

    static var current: DefaultGenerator {
        if let known = pthread_getspecific(key) {
            return Unmanaged<DefaultGenerator>.fromOpaque(known).takeUnretainedValue()
        }
        let new = DefaultGenerator()
        // The thread holds it from here on; the key's destructor gives it back.
        let status = pthread_setspecific(key, Unmanaged.passRetained(new).toOpaque())
        guard status == 0 else {
            fatalError("no room for the thread's generator: pthread_setspecific returned \(status)")
        }
        return new
    }
}
