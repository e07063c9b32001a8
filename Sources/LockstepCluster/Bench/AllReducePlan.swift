public import LockstepTraining

/// What is measured by ``AllReduceBench``: the first of its peers tells the others.
public struct AllReducePlan: Codable, Sendable, Equatable {
    /// How many peers take part.
    public var peers: Int
    /// The bytes of the gradients that are summed, one after the other; each a whole number of Float32.
    public var sizes: [Int]
    /// Bytes of a bucket of the gradient, as in training.
    public var bucketBytes: Int
    /// The type in which the gradient travels, as in training.
    public var wire: WireType
    /// Sums of each size that are not counted.
    public var warmUp: Int
    /// Sums of each size that are counted; nil for as many as move 64 MiB, from 5 to 200.
    public var repetitions: Int?
    /// Whether the same is measured over bare sockets, too.
    public var comparesSockets: Bool

    /// The sizes that are measured by default, from a small model's gradient to a large one's: 4 KiB to 64 MiB.
    public static let defaultSizes = [4 << 10, 64 << 10, 1 << 20, 16 << 20, 64 << 20]

    /// A plan that has been checked.
    ///
    /// Throws a ``TrainingError`` that names the first value that cannot be used.
    public init(
        peers: Int, sizes: [Int] = AllReducePlan.defaultSizes, bucketBytes: Int = GradientBuckets.defaultBytes,
        wire: WireType = .float32, warmUp: Int = 3, repetitions: Int? = nil, comparesSockets: Bool = true
    ) throws {
        self.peers = peers
        self.sizes = sizes
        self.bucketBytes = bucketBytes
        self.wire = wire
        self.warmUp = warmUp
        self.repetitions = repetitions
        self.comparesSockets = comparesSockets
        try check()
    }

    /// Throws where a value cannot be used: also one that came from another process.
    func check() throws {
        func require(_ holds: Bool, _ option: String, _ found: some CustomStringConvertible, _ expected: String) throws
        {
            if !holds { throw TrainingError(.invalidSetting, "\(option) is \(found); expected \(expected)") }
        }
        try require((2...1024).contains(peers), "--workers", peers, "2 to 1024")
        try require(!sizes.isEmpty, "--bytes", "empty", "at least one number")
        for size in sizes {
            try require(
                size > 0 && size % 4 == 0 && size <= 1 << 34, "--bytes", size,
                "multiples of 4, the size of a Float32, of at most \(1 << 34)")
            _ = try GradientBuckets(count: size / 4, bytes: bucketBytes)
        }
        try require(warmUp >= 0 && warmUp <= 1_000_000, "--warm-up", warmUp, "0 to 1000000")
        try require((1...1_000_000).contains(repetitions ?? 1), "--repetitions", repetitions ?? 1, "1 to 1000000")
    }

    /// How often a sum of so many bytes is timed.
    func repetitions(ofBytes size: Int) -> Int { repetitions ?? max(5, min(200, (64 << 20) / size)) }
}

/// What one size came to.
public struct AllReduceTiming: Sendable, Equatable {
    /// What was measured: `lockstep`, the whole path, or `sockets`, the same exchange without anything around it.
    public var subject: String
    /// How many peers took part.
    public var peers: Int
    /// The gradient's bytes in memory.
    public var bytes: Int
    /// Those of them that travel: half with `bf16` or `fp16`.
    public var bytesOnWire: Int
    /// The seconds of each sum, in order.
    public var seconds: [Double]

    /// The middle one, or the mean of the middle two.
    public var median: Double {
        let sorted = seconds.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    /// What each link carries in each direction: 2(N−1)/N times the bytes that travel, in bytes a second. This is what the
    /// hardware limits, whatever N is.
    public var busBandwidth: Double { 2 * Double(peers - 1) / Double(peers) * Double(bytesOnWire) / median }
}
