/// How long what a worker sends is on its way, from one step to the next.
///
/// The time of each connection is this worker's own: it counts from when something was handed to the network until the other host
/// has it, and nobody is waited for in it. A connection has two ends, though, and either end's network may be what is slow. So what
/// counts is the connection in the middle, from the fastest to the slowest: of a worker behind a slow link most are slow, of
/// the others only those to it.
package struct SendingTimes {
    /// For how long something has been on its way to each, in all.
    package var counts: [WorkerAction.Destination: Double] = [:]
    /// The same at the last step.
    private var earlier: [WorkerAction.Destination: Double] = [:]

    /// Nothing is known.
    package init() {}

    /// Seconds since the last step to the one in the middle of `partners`; 0 where that is not known.
    package mutating func sinceLastStep(to partners: [WorkerAction.Destination]) -> Double {
        let seconds = partners.compactMap { partner -> Double? in
            guard let now = counts[partner], let before = earlier[partner] else { return nil }
            // A connection that was made anew counts from 0.
            return now < before ? now : now - before
        }
        earlier = counts
        // Of two the faster: one end of the slower may be the other's.
        return seconds.isEmpty ? 0 : seconds.sorted()[(seconds.count - 1) / 2]
    }

    /// Something else than a step's sums was sent, as a state is: what comes next is counted from the end of the next step.
    package mutating func restart() { earlier = [:] }
}
