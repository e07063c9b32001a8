package import LockstepTensor
package import LockstepTraining
package import LockstepWire

/// The all-reduce of one step, as one of those who take part in it sees it: from a worker's own subtree sums to the mean gradient of
/// the global batch.
///
/// The flat gradient is cut into buckets, each reduced by itself. In the first round (reduce-scatter) each worker sends its subtree
/// sums of a chunk of the bucket to the chunk's owner, who finishes the tree and in the second (all-gather) sends the result to
/// all, who divide by the number of samples. Sums travel in the type that each node of the tree is rounded to, so nothing more is
/// lost on the way. Two rounds at most for any number of workers N. Who owns what is all that the two kinds differ in:
///
/// - *direct*: each worker owns a part of each bucket. It sends and receives (N−1)/N of the gradient's bytes a round, where its
///   microbatches make one subtree. Two such workers own all of each bucket, both of them: each sends the other its sums, finishes the
///   tree by itself, and needs no second round for the same number of bytes.
/// - *star*: a hub, which has no microbatches, owns every bucket as a whole. Each worker sends the gradient's bytes once and
///   receives them once; the hub receives and sends them N times.
///
/// With the sums of the last bucket travel the losses of their microbatches, in a star to the hub and from there those of all
/// to each worker, so that the report of any one worker tells those of all.
///
/// Workers are counted by their place in the generation, from 0, which need not be their rank; the hub's place comes after them.
///
/// A value without sockets or clocks: messages go in, messages to send come out. Partial sums may arrive before this worker
/// has computed its own.
package struct AllReduce {
    /// Who owns what.
    package enum Kind: String, Sendable {
        case direct
        case star
    }

    /// What is to be done next.
    package enum Action {
        case send(Body, Payload, to: Int)
        /// The mean gradient, shape [count], the loss's sum over each microbatch, and the digest of the samples that each worker took.
        case complete(Tensor<Float>, losses: [Double], samples: [UInt64])
    }

    /// One bucket on its way.
    private struct Bucket {
        /// The type that its sums are rounded to and travel in.
        let wire: WireType
        /// For each place, the part of the gradient that it owns.
        let chunks: [Range<Int>]
        /// The known sums over my chunk, by node: the nodes do not overlap.
        var sums: [Range<Int>: ChunkSum.Part] = [:]
        var missingPartials: Set<Int>
        var missingChunks: Set<Int>
        var contributed: Bool

        var isComplete: Bool { contributed && missingPartials.isEmpty && missingChunks.isEmpty }
    }

    private let place: Int
    /// The hub's place, where there is one.
    private let hub: Int?
    /// Whether nobody needs a second round, because each owns everything.
    private let isExchange: Bool
    private let tree: MicrobatchTree
    /// For each place, the microbatches that it computes.
    private let ranges: [Range<Int>]
    /// For each place, the nodes of the tree that it sums.
    private let nodes: [[Range<Int>]]
    private let scale: Float
    private var losses: [Double]
    /// For each worker, the digest of the samples that it took for its microbatches.
    private var samples: [UInt64]
    private var buckets: [Bucket]
    private var incomplete: Int
    private var result: Tensor<Float>

    /// Bytes that were handed out to be sent.
    package private(set) var bytesSent = 0

    /// - Parameters:
    ///   - kind: Who owns what.
    ///   - place: Whose view this is; in a star the hub's comes after those of the workers.
    ///   - ranges: The microbatches of each worker.
    ///   - buckets: How the gradient is cut.
    ///   - scale: What the sum is multiplied with to become the mean; the hub needs none.
    package init(
        _ kind: Kind, place: Int, ranges: [Range<Int>], tree: MicrobatchTree, buckets: GradientBuckets, scale: Float = 1
    ) {
        self.place = place
        hub = kind == .star ? ranges.count : nil
        let isHub = place == hub
        self.ranges = kind == .star ? ranges + [tree.count..<tree.count] : ranges
        losses = Array(repeating: 0, count: tree.count)
        samples = Array(repeating: 0, count: ranges.count)
        self.tree = tree
        self.scale = scale
        let nodes = self.ranges.map { tree.subtrees(in: $0) }
        self.nodes = nodes
        let isExchange = kind == .direct && nodes.count == 2 && nodes.allSatisfy { $0.count == 1 }
        self.isExchange = isExchange
        let isOwner = kind == .direct || isHub
        let missing = Set(nodes.indices.filter { !nodes[$0].isEmpty && (isOwner || $0 == place) })
        self.buckets = buckets.ranges.enumerated().map { number, bucket in
            let none = bucket.lowerBound..<bucket.lowerBound
            let chunks =
                switch kind {
                case .star: ranges.map { _ in none } + [bucket]
                case .direct where isExchange: [bucket, bucket]
                case .direct: ranges.indices.map { bucket.part($0, of: ranges.count) }
                }
            // The hub's comes even where it has no elements: it carries the losses.
            let missingChunks =
                kind == .star ? [ranges.count] : isExchange ? [place] : chunks.indices.filter { !chunks[$0].isEmpty }
            return Bucket(
                wire: buckets.wire(ofBucket: number), chunks: chunks, missingPartials: missing,
                missingChunks: Set(missingChunks), contributed: isHub)
        }
        incomplete = buckets.ranges.count
        // Every element is written before it is read: by chunks. The hub keeps nothing of what it sends.
        result = Tensor(shape: [isHub ? 0 : buckets.ranges.reduce(0) { $0 + $1.count }]) { _ in }
    }

    /// The places that something is still awaited from, for messages to people.
    package var awaited: [Int] {
        buckets.reduce(into: Set<Int>()) { $0.formUnion($1.missingPartials.union($1.missingChunks)) }
            .subtracting([place]).sorted()
    }

    /// This worker's own sums over a bucket are computed, one for each of its nodes, from left to right. With those of the last
    /// bucket come the losses of its microbatches and the digest of their samples.
    package mutating func contribute(
        _ own: Trainer.BucketSums, losses mine: [Double] = [], samples digest: UInt64 = 0
    ) -> [Action] {
        let bucket = own.bucket
        buckets[bucket].contributed = true
        if isLast(bucket) {
            losses.replaceSubrange(ranges[place], with: mine)
            samples[place] = digest
        }
        let (chunks, wire) = (buckets[bucket].chunks, buckets[bucket].wire)
        // Counted within the bucket, as the sums are.
        let start = chunks.first?.lowerBound ?? 0
        func part(_ chunk: Range<Int>) -> Range<Int> { chunk.lowerBound - start..<chunk.upperBound - start }
        var actions: [Action] = []
        if !own.subtrees.isEmpty {
            for other in partners() {
                let payload = AllReduce.payload(own.subtrees.map { $0.sum[part(chunks[other])] }, wire)
                let partial = Partial(bucket: bucket, subtrees: own.subtrees.map(\.node), losses: mine, samples: digest)
                actions.append(send(.partial(partial), payload, to: other))
            }
        }
        for (node, sum) in own.subtrees { buckets[bucket].sums[node] = ChunkSum.Part(sum[part(chunks[place])]) }
        buckets[bucket].missingPartials.remove(place)
        return actions + finishChunk(of: bucket)
    }

    /// Another worker's sums over this worker's chunk of a bucket.
    package mutating func receive(_ partial: Partial, _ payload: Payload?, from other: Int) throws(ClusterError)
        -> [Action]
    {
        let bucket = partial.bucket
        guard buckets.indices.contains(bucket), buckets[bucket].missingPartials.contains(other), other != place else {
            throw ClusterError(.unexpectedMessage, "it holds sums that are not awaited")
        }
        let (chunk, wire) = (buckets[bucket].chunks[place], buckets[bucket].wire)
        let bytes = chunk.count * wire.elementBytes
        let lossCount = isLast(bucket) ? ranges[other].count : 0
        guard partial.subtrees == nodes[other], partial.losses.count == lossCount,
            let payload, payload.count == bytes * nodes[other].count
        else {
            throw ClusterError(
                .unexpectedMessage,
                """
                it holds sums over \(partial.subtrees) with \(payload?.count ?? 0) bytes and \(partial.losses.count) losses; \
                expected \(nodes[other]) with \(bytes * nodes[other].count) bytes and \(lossCount) losses
                """)
        }
        if isLast(bucket) {
            losses.replaceSubrange(ranges[other], with: partial.losses)
            samples[other] = partial.samples
        }
        for (index, node) in nodes[other].enumerated() {
            buckets[bucket].sums[node] = ChunkSum.Part(
                payload.slice(index * bytes..<(index + 1) * bytes), of: wire)
        }
        buckets[bucket].missingPartials.remove(other)
        return finishChunk(of: bucket)
    }

    /// Another worker's chunk of the mean gradient.
    package mutating func receive(_ reduced: Reduced, _ payload: Payload?, from other: Int) throws(ClusterError)
        -> [Action]
    {
        let bucket = reduced.bucket
        guard buckets.indices.contains(bucket), buckets[bucket].missingChunks.contains(other), other != place else {
            throw ClusterError(.unexpectedMessage, "it holds a chunk that is not awaited")
        }
        let (chunk, wire) = (buckets[bucket].chunks[other], buckets[bucket].wire)
        // Only from the hub are they heard.
        let tellsAll = other == hub && isLast(bucket)
        let (lossCount, digestCount) = tellsAll ? (losses.count, samples.count) : (0, 0)
        guard reduced.losses.count == lossCount, reduced.samples.count == digestCount,
            let payload, payload.count == chunk.count * wire.elementBytes
        else {
            throw ClusterError(
                .unexpectedMessage,
                """
                it holds a chunk of \(payload?.count ?? 0) bytes, \(reduced.losses.count) losses and \(reduced.samples.count) \
                digests; expected \(chunk.count * wire.elementBytes) bytes, \(lossCount) losses and \(digestCount) digests
                """)
        }
        if tellsAll { (losses, samples) = (reduced.losses, reduced.samples) }
        result.withUnsafeMutableElements { elements in
            let target = UnsafeMutableBufferPointer(rebasing: elements[chunk])
            payload.withUnsafeBytes { wire.unpack($0, into: target, times: scale) }
        }
        buckets[bucket].missingChunks.remove(other)
        return complete(bucket)
    }

    /// Once all sums over my chunk are there: finishes the tree and sends the chunk to all.
    private mutating func finishChunk(of bucket: Int) -> [Action] {
        guard buckets[bucket].contributed, buckets[bucket].missingPartials.isEmpty else { return [] }
        let (chunk, wire) = (buckets[bucket].chunks[place], buckets[bucket].wire)
        guard buckets[bucket].missingChunks.contains(place) else { return complete(bucket) }
        // Nodes that a worker sums as a whole are known; the others are put together from their halves.
        let sum = ChunkSum(buckets[bucket].sums, wire)
        buckets[bucket].sums = [:]
        let (root, place, hub, scale) = (tree.root, place, hub, scale)
        if isExchange {
            result.withUnsafeMutableElements {
                sum.write(root, to: nil, and: UnsafeMutableBufferPointer(rebasing: $0[chunk]), times: scale)
            }
            buckets[bucket].missingChunks.remove(place)
            return complete(bucket)
        }
        // One to be sent and one to be kept, as what is sent must not change while it is on its way.
        let payload = AllReduce.room(count: chunk.count * wire.elementBytes) { target in
            if place == hub { return sum.write(root, to: target, and: nil, times: scale) }
            result.withUnsafeMutableElements { kept in
                sum.write(root, to: target, and: UnsafeMutableBufferPointer(rebasing: kept[chunk]), times: scale)
            }
        }
        buckets[bucket].missingChunks.remove(place)
        let tellsAll = place == hub && isLast(bucket)
        let reduced = Reduced(bucket: bucket, losses: tellsAll ? losses : [], samples: tellsAll ? samples : [])
        let sends = partners().map { send(.reduced(reduced), payload, to: $0) }
        return sends + complete(bucket)
    }

    /// A bucket may be complete by what has just happened to it; and with it all.
    private mutating func complete(_ bucket: Int) -> [Action] {
        guard buckets[bucket].isComplete else { return [] }
        incomplete -= 1
        guard incomplete == 0 else { return [] }
        defer { result = Tensor([], shape: [0]) }
        return [.complete(result, losses: losses, samples: samples)]
    }

    private func isLast(_ bucket: Int) -> Bool { bucket == buckets.count - 1 }

    /// Whom messages go to: the other workers, the next one first, so that not all send to the same one at the same time; or the hub;
    /// or, from it, all.
    private func partners() -> [Int] {
        if let hub, place != hub { return [hub] }
        return (1..<max(ranges.count, 1)).map { (place + $0) % ranges.count }
    }

    private mutating func send(_ body: Body, _ payload: Payload, to other: Int) -> Action {
        bytesSent += payload.count
        return .send(body, payload, to: other)
    }

    /// One tensor's elements where they lie, or those of several one after the other; in 16 bits in any case a copy.
    private static func payload(_ parts: [Tensor<Float>], _ wire: WireType) -> Payload {
        if wire == .float32, parts.count == 1 {
            let part = parts[0].contiguous()
            // The storage is copied on write while the payload holds it, so the bytes stay as they are.
            return part.withUnsafeElements { Payload(owner: part.storage, bytes: UnsafeRawBufferPointer($0)) }
        }
        return room(count: parts.reduce(0) { $0 + $1.count } * wire.elementBytes) { target in
            var start = 0
            for part in parts {
                let end = start + part.count * wire.elementBytes
                wire.pack(part, into: UnsafeMutableRawBufferPointer(rebasing: target[start..<end]))
                start = end
            }
        }
    }

    /// Bytes in memory that is used again and again, as that of tensors is; `fill` must write every one.
    private static func room(count: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) -> Payload {
        let room = Tensor<Float>(shape: [(count + 3) / 4]) {
            fill(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer($0)[..<count]))
        }
        return room.withUnsafeElements {
            Payload(owner: room.storage, bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer($0)[..<count]))
        }
    }
}
