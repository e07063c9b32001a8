internal import ArgumentParser
internal import LockstepCluster

/// How often workers are compared, and what becomes of the run where one differs.
struct ComparingOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            Steps between two comparisons of all workers' states, besides those at checkpoints; the bits are the same. One of \
            100 costs less than 1% of the time.
            """, valueName: "steps"))
    var compareEvery = 100
    @Option(
        help: """
            What is gone on from where one worker's numbers are not the others': the state of the majority, or the last checkpoint, \
            for the bits of an undisturbed run. Without a majority it is the checkpoint.
            """, transform: { try ComparingOptions.response($0) })
    var onDivergence = DivergenceResponse.majority

    private static func response(_ name: String) throws -> DivergenceResponse {
        guard let response = DivergenceResponse(rawValue: name) else {
            throw ValidationError("--on-divergence is \(name); expected majority or checkpoint")
        }
        return response
    }

    func validate() throws {
        guard (1...1_000_000_000).contains(compareEvery) else {
            throw ValidationError("--compare-every is \(compareEvery); expected 1 to 1000000000 steps")
        }
    }

    /// The membership with these options.
    func applied(to membership: Membership) -> Membership {
        var membership = membership
        membership.comparesEvery = compareEvery
        membership.onDivergence = onDivergence
        return membership
    }
}
