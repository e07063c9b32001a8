/// How the flat gradient is cut into buckets, each of which is summed over the workers by an all-reduce of its own.
///
/// The buckets are counted from the end of the gradient, since backward comes to the last parameters first: bucket 0 can be sent
/// while the gradients of all others are still being computed. They depend on nothing but the gradient's size and that of a
/// bucket, so all workers cut alike in every step. Bucket 0 has a quarter of the others' size, so that sending begins early
/// (as of PyTorch's `DistributedDataParallel`, whose first bucket is small, too); the one at the gradient's start has what is left.
///
/// Each element is added in the same order wherever it is cut, so the bits of the sum do not depend on the buckets.
public struct GradientBuckets: Sendable, Equatable {
    /// The elements of each bucket, in the order in which they are sent. Together they are all elements; where a gradient has none
    /// there is one bucket without any.
    public let ranges: [Range<Int>]
    /// The type that the gradient's buckets travel in.
    private let wire: WireType
    /// Elements of the gradient, without the tail.
    private let count: Int

    /// Bytes of a bucket unless told otherwise: see the figures in `docs/performance.md`.
    public static let defaultBytes = 1 << 22

    /// The most buckets that a gradient is cut into: with two messages a bucket and peer, few enough for the queues of the transport.
    public static let most = 1024

    /// The buckets of a gradient of `count` elements, of `bytes` bytes in memory each: of one element at least. Behind the gradient
    /// may lie a `tail` of what is known only after backward; it is the last bucket.
    ///
    /// Throws a ``TrainingError`` where that would make more than ``most`` buckets.
    public init(
        count: Int, tail: Int = 0, bytes: Int = GradientBuckets.defaultBytes, wire: WireType = .float32
    ) throws {
        self.wire = wire
        self.count = count
        let width = MemoryLayout<Float>.size
        let size = max(bytes / width, 1)
        var ranges: [Range<Int>] = []
        var end = count
        while end > 0 {
            guard ranges.count < GradientBuckets.most else {
                throw TrainingError(
                    .invalidSetting,
                    """
                    --bucket-bytes is \(bytes), which cuts the gradient of \(count * width) bytes into more than \
                    \(GradientBuckets.most) buckets; expected at least \((count / (GradientBuckets.most - 1) + 1) * width)
                    """)
            }
            let start = max(0, end - (ranges.isEmpty ? max(size / 4, 1) : size))
            ranges.append(start..<end)
            end = start
        }
        if tail > 0 { ranges.append(count..<count + tail) }
        self.ranges = ranges.isEmpty ? [0..<0] : ranges
    }

    /// The type that a bucket travels in. The tail is always Float32: running statistics are not gradients, and few.
    public func wire(ofBucket bucket: Int) -> WireType { ranges[bucket].lowerBound < count ? wire : .float32 }
}

/// Which buckets are complete while backward goes on: those all of whose parameters are.
struct BucketProgress {
    private let places: [Range<Int>]
    private let buckets: [Range<Int>]
    private var isComplete: [Bool]
    /// How many parameters of each bucket are not.
    private var missing: [Int]
    /// How many buckets have been taken.
    private(set) var taken = 0

    /// `places` are the elements of each parameter.
    init(buckets: [Range<Int>], places: [Range<Int>]) {
        (self.buckets, self.places) = (buckets, places)
        isComplete = Array(repeating: false, count: places.count)
        // What lies behind all parameters is known only when backward is over.
        let end = places.last?.upperBound ?? 0
        missing = buckets.map { bucket in
            places.reduce(bucket.upperBound > end ? 1 : 0) { $0 + ($1.overlaps(bucket) ? 1 : 0) }
        }
    }

    /// The gradient of a parameter is complete.
    mutating func complete(_ parameter: Int) {
        if isComplete[parameter] { return }
        isComplete[parameter] = true
        for bucket in buckets.indices where buckets[bucket].overlaps(places[parameter]) { missing[bucket] -= 1 }
    }

    /// The next bucket in order, once it is complete; or in any case, where backward is over.
    mutating func next(isOver: Bool = false) -> Int? {
        guard taken < buckets.count, isOver || missing[taken] == 0 else { return nil }
        defer { taken += 1 }
        return taken
    }
}
