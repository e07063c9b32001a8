internal import LockstepTraining
internal import LockstepWire

/// Workers hold the same bits, or one of them has gone astray: its memory or processor errs. It is named and put out, and may
/// come back with the state of the others. Where nobody can tell who is right, all go back to what they last agreed on.
extension CoordinatorMachine {
    /// Compares the digests in the reports of a step, where they carry any.
    mutating func compareStates(
        _ reports: [Int: StepReport], after completed: Int, now: Duration
    ) -> [CoordinatorAction] {
        let digests = reports.filter { members.contains($0.key) && !$0.value.digest.isEmpty }.mapValues(\.digest)
        return digests.count == members.count ? compareDigests(digests, after: completed, now: now) : []
    }

    /// Puts out the members whose digest is not the majority's. Without a majority, or where the user wants it so, all go back to
    /// the last checkpoint.
    mutating func compareDigests(
        _ digests: [Int: String], after completed: Int, now: Duration
    ) -> [CoordinatorAction] {
        let groups = Dictionary(grouping: digests.keys.sorted(), by: { digests[$0] ?? "" })
        guard groups.count > 1 else { return [] }
        guard let majority = groups.first(where: { 2 * $0.value.count > digests.count })?.key else {
            return goBackTogether(
                groups.values.sorted { ($0.first ?? 0) < ($1.first ?? 0) }, after: completed, now: now)
        }
        var actions: [CoordinatorAction] = []
        if membership.onDivergence == .checkpoint {
            if distrustAll() {
                actions.append(
                    .note(
                        "all workers go back to the state after \(goesBackTo ?? 0) steps, the last they agreed on"
                    ))
            } else {
                actions.append(
                    .warning(
                        "there is no checkpoint yet to go back to: the bits will not be those of an undisturbed run"))
            }
        }
        for rank in members where digests[rank] != majority {
            actions += putOutStray(rank, digest: digests[rank] ?? "", majority, after: completed, now: now)
        }
        return actions
    }

    /// Puts out one whose numbers are not the others'. Who is found a second time is not let in again: it would not be the last.
    mutating func putOutStray(
        _ rank: Int, digest: String, _ majority: String, after completed: Int, now: Duration
    ) -> [CoordinatorAction] {
        let reason = "has other numbers than the others after \(completed) steps (\(digest), expected \(majority))"
        let advice = "its memory or processor is at fault"
        let isFirst = strays.insert(workers[rank]?.hello.process ?? "").inserted
        return isFirst
            ? putOut(rank, because: reason, advice: advice, code: .diverged, now: now)
            : putOutForGood(rank, because: reason, advice: advice, code: .diverged, now: now)
    }

    /// Nobody can say whose numbers are right: none are trusted, and all go back to the last checkpoint. A second time before there
    /// is another the run ends, as it would come no further.
    private mutating func goBackTogether(
        _ groups: [[Int]], after completed: Int, now: Duration
    ) -> [CoordinatorAction] {
        let states = groups.map { $0.map { name($0) }.joined(separator: ", ") }
        let what = """
            after \(completed) steps \(states.joined(separator: " has other numbers than ")), and there is no majority to tell \
            which is right: the memory or processor of one is at fault
            """
        guard goneBackTo == nil || goneBackTo != goesBackTo else {
            return fail(.diverged, "\(what). It is the second time since the last checkpoint. Resume without it")
        }
        guard distrustAll() else { return fail(.diverged, "\(what). Resume without it") }
        goneBackTo = goesBackTo
        return [
            .warning("\(what). All go back to the state after \(goesBackTo ?? 0) steps, the last they agreed on")
        ]
            + regroup(now: now)
    }

    /// After how many steps the state is that all would go back to, where there is one: the last that they agreed on, which may be on its
    /// way to the disk yet.
    var goesBackTo: Int? {
        progress.beingRecorded?.completedSteps ?? checkpoint.flatMap { $0.digest == nil ? nil : $0.step }
    }

    /// From now on no state counts that anybody holds, or is about to tell of, but the last checkpoint. False where there is none.
    private mutating func distrustAll() -> Bool {
        guard goesBackTo != nil else { return false }
        distrusted = admitted
        progress.reports = [:]
        progress.states.removeAll { !$0.isBeingRecorded }
        return true
    }

    /// Whether the state that a rank holds, and what it tells of its steps, is from before all went back.
    func isDistrusted(_ rank: Int) -> Bool { workers[rank].map { distrusted.contains($0.hello.process) } ?? true }

    /// The members hold what they were given, and are trusted again.
    mutating func trustMembers() { for rank in members { distrusted.remove(workers[rank]?.hello.process ?? "") } }
}

extension Hello {
    /// Which process it is of.
    var process: String { "\(host) \(pid) \(endpoint)" }
}
