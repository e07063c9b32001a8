internal import Synchronization

/// A request, from any thread or a signal's handler, that a run stop at the end of the step in flight.
public final class StopRequest: Sendable {
    private let requested = Atomic(false)

    /// No request yet.
    public init() {}

    /// Asks the run to stop.
    public func request() { requested.store(true, ordering: .releasing) }
    /// Whether it was asked to.
    public var isRequested: Bool { requested.load(ordering: .acquiring) }
}
