/// How far the record of a run goes.
public struct RecordedPosition: Sendable, Equatable {
    /// Steps whose metrics are in the record.
    public var steps = 0
    /// After how many steps the last test in the record was made; 0 where there is none.
    public var testedSteps = 0

    /// The position of a new run.
    public init() {}
}
