internal import LockstepWire

/// Slow workers: who is told of, and what is done about it.
extension CoordinatorMachine {
    /// Says who is notably slower than the others, and deals anew where that is asked for and helps.
    mutating func judgePace(_ reports: [Int: StepReport]) -> [CoordinatorAction] {
        let counts = Dictionary(uniqueKeysWithValues: zip(members, ranges.map(\.count)))
        guard pace.add(reports, microbatches: counts) else { return [] }
        if membership.balances {
            /// How long the slowest takes.
            func time(_ ranges: [Range<Int>]) -> Double {
                zip(members, ranges).map { Double($1.count) * (pace.secondsPerMicrobatch[$0] ?? 0) }.max() ?? 0
            }
            // A new generation costs a step or two, so it must be worth it.
            if time(deal()) < 0.9 * time(ranges) { progress.isDraining = true }
        }
        return pace.slow().map { slow in .warning("\(name(slow.rank)) \(text(of: slow))") }
    }

    /// What is said of a slow worker.
    private func text(of slow: WorkerPace.Slow) -> String {
        func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
        switch slow.doing {
        case .computing:
            let remedy = membership.balances ? "" : "; --balance deals it fewer"
            return """
                is slow in computing: it takes \(rounded(slow.seconds / slow.others)) times as long to compute a microbatch as the \
                others (\(Int(min(slow.seconds * 1e6, 1e15))) µs, before the all-reduce)\(remedy)
                """
        case .sending:
            return """
                is slow in sending: what it sends is on its way for \(rounded(slow.seconds * 1000)) ms a step, that of the others \
                for \(rounded(slow.others * 1000)) ms, waiting not counted; look at the network of its host
                """
        }
    }
}
