/// Worker to coordinator: send me samples of the envelope's step.
public struct SamplesRequest: Sendable, Equatable {
    /// Whether they are blocks of the test after so many steps; otherwise microbatches of the step.
    public var tests: Bool
    /// Which blocks or microbatches.
    public var parts: Range<Int>

    /// A message with these values.
    public init(tests: Bool, parts: Range<Int>) {
        self.tests = tests
        self.parts = parts
    }
}

/// Coordinator to worker: the samples of one microbatch of the envelope's step, or of one block of the test after it.
///
/// The payload is one or more portions, each 8 bytes of length (little-endian) and a safetensors image.
public struct Samples: Sendable, Equatable {
    /// Whether they are a block of the test after so many steps; otherwise a microbatch of the step.
    public var tests: Bool
    /// Which block or microbatch.
    public var number: Int

    /// A message with these values.
    public init(tests: Bool, number: Int) {
        self.tests = tests
        self.number = number
    }
}
