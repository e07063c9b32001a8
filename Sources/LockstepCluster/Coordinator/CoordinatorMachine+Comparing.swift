internal import LockstepTraining
internal import LockstepWire

/// Workers hold the same bits, or one of them has gone astray: its memory or processor errs. It is named and put out, and may
/// come back with the state of the others.
extension CoordinatorMachine {
    /// Compares the digests in the reports of a step, where they carry any.
    mutating func compareStates(
        _ reports: [Int: StepReport], after completed: Int, now: Duration
    ) -> [CoordinatorAction] {
        let digests = reports.filter { members.contains($0.key) && !$0.value.digest.isEmpty }.mapValues(\.digest)
        return digests.count == members.count ? compareDigests(digests, after: completed, now: now) : []
    }

    /// Puts out the members whose digest is not the majority's. Without a majority nobody can say who is right, and the run ends.
    mutating func compareDigests(
        _ digests: [Int: String], after completed: Int, now: Duration
    ) -> [CoordinatorAction] {
        let groups = Dictionary(grouping: digests.keys.sorted(), by: { digests[$0] ?? "" })
        guard groups.count > 1 else { return [] }
        let sizes = groups.mapValues(\.count)
        guard let majority = sizes.max(by: { $0.value < $1.value }), 2 * majority.value > digests.count else {
            let states = groups.values.map { $0.map { name($0) }.joined(separator: ", ") }.sorted()
            return fail(
                .diverged,
                """
                after \(completed) steps \(states.joined(separator: " has other numbers than ")), and there is no majority to tell \
                which is right: the memory or processor of one is at fault. Resume without it
                """)
        }
        var actions: [CoordinatorAction] = []
        for (digest, ranks) in groups.sorted(by: { $0.key < $1.key }) where digest != majority.key {
            for rank in ranks {
                // What it sent for a checkpoint is as wrong; another is asked.
                for index in progress.states.indices where progress.states[index].rank == rank {
                    progress.states[index].image = nil
                }
                actions += putOut(
                    rank,
                    because:
                        "has other numbers than the others after \(completed) steps (\(digest), expected \(majority.key))",
                    advice: "its memory or processor is at fault", code: .diverged, now: now)
            }
        }
        return actions
    }
}
