internal import LockstepData
public import LockstepTensor

extension Trainer {
    /// What a worker's microbatches add to a step.
    public struct Sums: Sendable {
        /// The sum over each subtree in the worker's range, from left to right, of the gradients and the changes of buffers;
        /// shape [sumCount] each.
        public var subtrees: [(node: Range<Int>, sum: Tensor<Float>)]
        /// The loss's sum over each microbatch of the range.
        public var losses: [Double]
    }

    /// What a worker's microbatches add to one bucket of a step's gradient.
    public struct BucketSums: Sendable {
        /// The bucket's number in ``Trainer/buckets``.
        public var bucket: Int
        /// The sum over each subtree in the worker's range, from left to right; shape [elements of the bucket] each.
        public var subtrees: [(node: Range<Int>, sum: Tensor<Float>)]

        /// The sums over a bucket.
        public init(bucket: Int, subtrees: [(node: Range<Int>, sum: Tensor<Float>)]) {
            self.bucket = bucket
            self.subtrees = subtrees
        }
    }

    /// Computes the gradients of `microbatches` of step `step` and sums them over the tree's nodes that lie in the range.
    public func sums(of microbatches: Range<Int>, step: Int) throws -> Sums {
        try checkSingleSamples()
        takenSamples = SampleDigest()
        var losses: [Double] = []
        let subtrees = try tree.subtrees(in: microbatches).map { ($0, try sum($0, step: step, losses: &losses)) }
        return Sums(subtrees: subtrees, losses: losses)
    }

    /// The same sums, bucket after bucket, each given to `complete` as soon as it is known: during the last microbatch's backward.
    /// Returns the loss's sum over each microbatch.
    ///
    /// `complete` is called once for each bucket, in their order, on this thread. The bits are those of ``sums(of:step:)``.
    public func sums(
        of microbatches: Range<Int>, step: Int, complete: @escaping (BucketSums) -> Void
    ) throws -> [Double] {
        try checkSingleSamples()
        takenSamples = SampleDigest()
        let nodes = tree.subtrees(in: microbatches)
        var losses: [Double] = []
        let earlier = try nodes.dropLast().map { ($0, try sum($0, step: step, losses: &losses)) }
        // The left halves on the way down to the last microbatch: what its gradient is added to on the way up.
        var lefts: [Tensor<Float>] = []
        var node = nodes.last ?? 0..<0
        while node.count > 1 {
            let middle = MicrobatchTree.split(node)
            lefts.append(try sum(node.lowerBound..<middle, step: step, losses: &losses))
            node = middle..<node.upperBound
        }
        let ranges = buckets.ranges
        let parameters = replica.parameters
        var progress = BucketProgress(
            buckets: ranges, places: parameters.entries.map { $0.offset..<$0.offset + $0.count })
        // Nothing will be heard of those that are not trained.
        for (entry, parameter) in parameters.parameters.enumerated() where !parameter.requiresGrad {
            progress.complete(entry)
        }
        func give(_ bucket: Int, _ gradient: Tensor<Float>?) {
            let range = ranges[bucket]
            let wire = buckets.wire(ofBucket: bucket)
            var subtrees = earlier.map { (node: $0, sum: $1[range]) }
            if let last = nodes.last, var sum = gradient {
                wire.round(&sum)
                for left in lefts.reversed() {
                    var node = left[range]
                    wire.add(sum, to: &node)
                    sum = node
                }
                subtrees.append((last, sum))
            }
            complete(BucketSums(bucket: bucket, subtrees: subtrees))
        }
        let gradient = try node.first.map { microbatch in
            try self.gradient(ofMicrobatch: microbatch, step: step, losses: &losses) { entry in
                progress.complete(entry)
                while let bucket = progress.next() {
                    give(bucket, parameters.lendGradients(ranges[bucket]))
                }
            }
        }
        while let bucket = progress.next(isOver: true) { give(bucket, gradient.map { $0[ranges[bucket]] }) }
        return losses
    }

    /// Said before the first step, and not at the end of the first epoch, which may be hours later.
    private func checkSingleSamples() throws {
        if hasCheckedSingleSamples { return }
        if schedule.hasSingleSamples(microbatches: tree.count) { try replica.checkSingleSamples() }
        hasCheckedSingleSamples = true
    }

    /// The sum of the gradients over a node of the tree, of which every node is rounded as it is where it travels.
    private func sum(_ node: Range<Int>, step: Int, losses: inout [Double]) throws -> Tensor<Float> {
        try MicrobatchTree.sum(
            node,
            known: { node -> Tensor<Float>? in
                guard node.count == 1 else { return nil }
                var leaf = try gradient(ofMicrobatch: node.lowerBound, step: step, losses: &losses)
                wire.round(&leaf, first: parameterCount)
                return leaf
            }, combine: { wire.add($1, to: &$0, first: parameterCount) })
    }

    private func gradient(
        ofMicrobatch microbatch: Int, step: Int, losses: inout [Double], isComplete: ((_ entry: Int) -> Void)? = nil
    ) throws -> Tensor<Float> {
        let places = schedule.places(ofMicrobatch: microbatch, step: step)
        let samples = plan.order(ofEpoch: schedule.epoch(of: step))[places]
        manualSeed(drawSeed(ofMicrobatch: microbatch, step: step))
        let (loss, gradient) = try replica.gradient(of: samples, isComplete: isComplete)
        takenSamples.add(samples)
        losses.append(loss)
        return gradient
    }

    /// What a microbatch's draws, such as dropout's, come from: its place in the run, never the worker that computes it.
    private func drawSeed(ofMicrobatch microbatch: Int, step: Int) -> UInt64 {
        var key = KeyedGenerator(settings.seed, UInt64(step), UInt64(microbatch))
        return key.next()
    }
}
