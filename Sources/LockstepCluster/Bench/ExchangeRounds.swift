internal import LockstepTensor
internal import LockstepTraining
internal import LockstepWire

/// All-reduces of three workers one after the other on one thread, each message encoded and decoded: the same work each time, down to
/// the instruction, for whoever counts instead of timing.
public enum ExchangeRounds {
    /// Sums a gradient of `count` elements in buckets of `bucketBytes` so many times. Returns the first element of the last mean.
    public static func run(_ rounds: Int, count: Int, bucketBytes: Int) throws -> Float {
        let workers = 3
        let tree = MicrobatchTree(count: 4)
        let ranges = tree.deal(to: workers)
        let buckets = try GradientBuckets(count: count, bytes: bucketBytes)
        let run = RunID.random()
        var first: Float = 0
        for step in 0..<rounds {
            var reductions = ranges.indices.map {
                AllReduce(
                    .direct, place: $0, ranges: ranges, tree: tree, buckets: buckets, scale: 1 / Float(tree.count))
            }
            var inFlight: [(envelope: Envelope, from: Int, to: Int)] = []
            func perform(_ actions: [AllReduce.Action], of place: Int) {
                for action in actions {
                    switch action {
                    case .send(let body, let payload, let other):
                        let envelope = Envelope(
                            run: run, generation: 1, step: step, sender: .rank(place), body: body, payload: payload)
                        inFlight.append((envelope, place, other))
                    case .complete(let mean, _, _): first = mean[0].item()
                    }
                }
            }
            for place in ranges.indices {
                for (bucket, range) in buckets.ranges.enumerated() {
                    let sums = tree.subtrees(in: ranges[place]).map { ($0, Tensor<Float>.full([range.count], 1)) }
                    let losses = bucket == buckets.ranges.count - 1 ? ranges[place].map { _ in 1.0 } : []
                    perform(
                        reductions[place].contribute(.init(bucket: bucket, subtrees: sums), losses: losses), of: place)
                }
            }
            while !inFlight.isEmpty {
                let (envelope, from, to) = inFlight.removeFirst()
                let encoded = try envelope.encoded()
                let received = try encoded.header.withUnsafeBytes { header throws(WireError) in
                    try Envelope(decoding: header, payload: encoded.payload)
                }
                switch received.body {
                case .partial(let partial):
                    perform(try reductions[to].receive(partial, received.payload, from: from), of: to)
                case .reduced(let reduced):
                    perform(try reductions[to].receive(reduced, received.payload, from: from), of: to)
                default: break
                }
            }
        }
        return first
    }
}
