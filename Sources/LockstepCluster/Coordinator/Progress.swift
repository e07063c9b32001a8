internal import LockstepTraining
internal import LockstepWire

/// Who sends a state. He may be gone by the time that he is to be named.
struct StateSource {
    /// His rank; nil where it is the coordinator.
    var rank: Int?
    var process: String
    /// His name for people.
    var name: String

    static let coordinator = StateSource(rank: nil, process: "", name: "the coordinator")
}

/// How far a run has come, and what has come in of what is under way.
struct Progress {
    /// Steps whose losses the record has, or is about to have.
    var completedSteps = 0
    /// What is on disk.
    var recorded: RecordedPosition
    /// After how many steps the model was last tested.
    var testedSteps = 0
    /// Whether steps have been ordered.
    var hasTrained = false
    /// Steps that have been ordered.
    var orderedSteps = 0
    /// The reports of steps under way, by step and rank.
    var reports: [Int: [Int: StepReport]] = [:]
    /// The test under way: after how many steps, and the reports so far by rank. The step after it is ordered once it is complete,
    /// so that no worker can change the weights that others have yet to test.
    var test: (completedSteps: Int, reports: [Int: EvaluationReport])?
    /// States that were asked for, oldest first. One that has come in waits for what the record has before it, and is then recorded.
    var states: [AwaitedState] = []
    /// Whose image for a checkpoint, and whose for a worker that lacked the state, arrived damaged: a process for each in a row.
    var damagedCheckpoints: [String] = []
    var damagedTransfers: [String] = []
    /// Whether a checkpoint that was due could not be made, so that the next step makes one.
    var owesCheckpoint = false
    /// Whether the user asked for the run to stop.
    var stopRequested = false
    /// Whether no more steps are ordered until those under way are done, for a new generation to begin.
    var isDraining = false
    /// Whether the record has fallen behind; no steps are ordered until it has caught up.
    var recordIsBehind = false
    /// When the last step or test was complete, or training began or went on; and how long the longest of each has taken.
    var lastDone = Duration.zero
    var longestStep: Duration?
    var longestTest: Duration?
    /// When a member that others wait for to link up was last seen to have something in hand.
    var lastBusy = Duration.zero
    /// Who has sent a state that was not taken up in time: another is asked, if there is one.
    var slowSenders: [String] = []

    /// A state on its way into a checkpoint.
    struct AwaitedState {
        var completedSteps: Int
        var then: CoordinatorAction.AfterCheckpoint
        /// Who was asked.
        var source: StateSource
        /// How many images in a row had arrived damaged when it was asked for.
        var damagedBefore: Int
        var receiver: StateReceiver
        var image: Payload?
        /// The digests of what the members hold, by rank, and the one that all of them have agreed on.
        var digests: [Int: String] = [:]
        var digest: String?
        /// Whether it is being compared with that and recorded. Only then may it be gone back to.
        var isBeingRecorded = false
        /// How much of it, image and digests, had come when somebody last looked, when that changed, and when it was last told of.
        var come = 0
        var since: Duration?
        var told = Duration.zero

        /// Whether no member is needed for it any more.
        var isWhole: Bool { image != nil && digest != nil }
    }

    /// The newest state that is being recorded.
    var beingRecorded: AwaitedState? { states.last(where: \.isBeingRecorded) }

    /// Whether the state has been asked for that the run ends with.
    var isEnding: Bool { states.contains { $0.then.endsRun } }

    /// How long the longest step or, where there are any, test has taken; nil where the first of either may be what takes long.
    func longest(withTests: Bool) -> Duration? {
        guard let longestStep, let longestTest = withTests ? longestTest : .zero else { return nil }
        return max(longestStep, longestTest)
    }

    /// A step is complete.
    mutating func stepIsDone(at now: Duration) {
        completedSteps += 1
        longestStep = max(longestStep ?? .zero, now - lastDone)
        lastDone = now
    }

    /// A test is complete.
    mutating func testIsDone(at now: Duration) {
        longestTest = max(longestTest ?? .zero, now - lastDone)
        lastDone = now
    }

    init(recorded: RecordedPosition) {
        completedSteps = recorded.steps
        self.recorded = recorded
        testedSteps = recorded.testedSteps
    }

    /// Whether no step may be ordered now. A test must be on disk first: were the coordinator lost, nobody could make it again
    /// once the workers have changed the weights.
    var isHeld: Bool {
        stopRequested || recordIsBehind || isDraining || test != nil || recorded.testedSteps < testedSteps
    }

    /// Whether a rank has reported the steps up to `completed`. A worker reports in the order in which it is given orders.
    func hasReported(_ rank: Int, upTo completed: Int) -> Bool {
        completed <= completedSteps || reports[completed - 1]?[rank] != nil
    }

    /// Whether somebody has reported each step up to `completed` that is not recorded. A worker may hold a state whose steps nobody
    /// knows the losses of any more: an earlier coordinator had recorded them, this one began with others who were behind, and cut
    /// the record. Such a state cannot be gone on from; its steps are done again.
    func isKnown(upTo completed: Int) -> Bool {
        completed <= completedSteps || (completedSteps..<completed).allSatisfy { reports[$0]?.isEmpty == false }
    }

    /// The members change: what they were doing is done again. Reports of steps stay, because a step that any worker has
    /// done counts; and that a checkpoint was asked for.
    mutating func dropUnfinished() {
        test = nil
        isDraining = false
    }
}
