internal import ArgumentParser
internal import LockstepTransport

/// How processes of one host hand large payloads to each other.
struct SharingOptions: ParsableArguments {
    @Flag(
        help: """
            Send all through sockets: by default workers that reach each other over ipc hand gradients and states over in memory that \
            they share.
            """)
    var noSharedMemory = false

    /// The transport's limits with these options.
    var limits: TransportLimits { noSharedMemory ? TransportLimits(sharedMemoryBytes: 0) : TransportLimits() }

    /// The same for a process that this one starts.
    var arguments: [String] { noSharedMemory ? ["--no-shared-memory"] : [] }
}
