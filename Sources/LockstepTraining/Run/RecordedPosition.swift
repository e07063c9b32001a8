/// How far the record of a run goes.
public struct RecordedPosition: Sendable, Equatable {
    /// Steps whose metrics are in the record.
    public var steps: Int
    /// After how many steps the last test in the record was made; 0 where there is none.
    public var testedSteps: Int

    /// A position; that of a new run by default.
    public init(steps: Int = 0, testedSteps: Int = 0) {
        self.steps = steps
        self.testedSteps = testedSteps
    }
}
