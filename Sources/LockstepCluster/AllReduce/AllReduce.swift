package import LockstepTensor
package import LockstepTraining
package import LockstepWire

/// The all-reduce of one step, as one worker sees it: from its own subtree sums to the mean gradient of the global batch.
///
/// The flat gradient is cut into buckets, each reduced by itself: of each its elements are cut into one chunk a worker. In the
/// first round (reduce-scatter) each worker sends its subtree sums of a chunk to the chunk's owner, who finishes the tree and
/// divides by the number of samples; in the second (all-gather) the owner sends the result to all. Two rounds for any number of
/// workers N; each worker sends and receives (N−1)/N of the gradient's bytes a round where its microbatches make one subtree. With
/// the sums of the last bucket travel the losses of their microbatches, so that the report of any one worker tells those of all.
///
/// Workers are counted by their place in the generation, from 0, which need not be their rank.
///
/// A value without sockets or clocks: messages go in, messages to send come out. Partial sums may arrive before this worker
/// has computed its own.
package struct AllReduce {
    /// What is to be done next.
    package enum Action {
        case send(Body, Payload, to: Int)
        /// The mean gradient, shape [count], and the loss's sum over each microbatch.
        case complete(Tensor<Float>, losses: [Double])
    }

    /// One bucket on its way.
    private struct Bucket {
        /// For each worker, the part of the gradient that it owns.
        let chunks: [Range<Int>]
        /// The known sums over my chunk, by node: the nodes do not overlap.
        var sums: [Range<Int>: ChunkSum.Part] = [:]
        var missingPartials: Set<Int>
        var missingChunks: Set<Int>
        var contributed = false

        var isComplete: Bool { contributed && missingPartials.isEmpty && missingChunks.isEmpty }
    }

    private let place: Int
    private let tree: MicrobatchTree
    /// For each worker, the microbatches that it computes.
    private let ranges: [Range<Int>]
    /// For each worker, the nodes of the tree that it sums.
    private let nodes: [[Range<Int>]]
    private let scale: Float
    private var losses: [Double]
    private var buckets: [Bucket]
    private var incomplete: Int
    private var result: Tensor<Float>

    /// Bytes that were handed out to be sent.
    package private(set) var bytesSent = 0

    /// - Parameters:
    ///   - place: This worker's.
    ///   - ranges: The microbatches of each worker.
    ///   - buckets: The elements of each bucket: together those of the gradient.
    ///   - scale: What the sum is multiplied with to become the mean.
    package init(place: Int, ranges: [Range<Int>], tree: MicrobatchTree, buckets: [Range<Int>], scale: Float) {
        self.place = place
        self.ranges = ranges
        losses = Array(repeating: 0, count: tree.count)
        self.tree = tree
        self.scale = scale
        let nodes = ranges.map { tree.subtrees(in: $0) }
        self.nodes = nodes
        let missing = Set(nodes.indices.filter { !nodes[$0].isEmpty })
        self.buckets = buckets.map { bucket in
            let chunks = ranges.indices.map { bucket.part($0, of: ranges.count) }
            return Bucket(
                chunks: chunks, missingPartials: missing,
                missingChunks: Set(ranges.indices.filter { !chunks[$0].isEmpty }))
        }
        incomplete = buckets.count
        // Every element is written before it is read: by chunks.
        result = Tensor(shape: [buckets.reduce(0) { $0 + $1.count }]) { _ in }
    }

    /// The workers that something is still awaited from, for messages to people.
    package var awaited: [Int] {
        buckets.reduce(into: Set<Int>()) { $0.formUnion($1.missingPartials.union($1.missingChunks)) }
            .subtracting([place]).sorted()
    }

    /// This worker's own sums over a bucket are computed, one for each of its nodes, from left to right. With those of the last
    /// bucket come the losses of its microbatches.
    package mutating func contribute(_ own: Trainer.BucketSums, losses mine: [Double] = []) -> [Action] {
        let bucket = own.bucket
        buckets[bucket].contributed = true
        if isLast(bucket) { losses.replaceSubrange(ranges[place], with: mine) }
        let chunks = buckets[bucket].chunks
        // Counted within the bucket, as the sums are.
        let start = chunks.first?.lowerBound ?? 0
        func part(_ chunk: Range<Int>) -> Range<Int> { chunk.lowerBound - start..<chunk.upperBound - start }
        var actions: [Action] = []
        if !own.subtrees.isEmpty {
            for other in others() {
                let payload = AllReduce.payload(own.subtrees.map { $0.sum[part(chunks[other])] })
                let partial = Partial(bucket: bucket, subtrees: own.subtrees.map(\.node), losses: mine)
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
        let chunk = buckets[bucket].chunks[place]
        let lossCount = isLast(bucket) ? ranges[other].count : 0
        guard partial.subtrees == nodes[other], partial.losses.count == lossCount,
            let payload, payload.floatCount == chunk.count * nodes[other].count
        else {
            throw ClusterError(
                .unexpectedMessage,
                """
                it holds sums over \(partial.subtrees) with \(payload?.count ?? 0) bytes and \(partial.losses.count) losses; \
                expected \(nodes[other]) with \(4 * chunk.count * nodes[other].count) bytes and \(lossCount) losses
                """)
        }
        if isLast(bucket) { losses.replaceSubrange(ranges[other], with: partial.losses) }
        for (index, node) in nodes[other].enumerated() {
            let start = index * chunk.count
            buckets[bucket].sums[node] = ChunkSum.Part(payload, start..<start + chunk.count)
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
        let chunk = buckets[bucket].chunks[other]
        guard let payload, payload.floatCount == chunk.count else {
            throw ClusterError(
                .unexpectedMessage,
                "it holds a chunk of \(payload?.count ?? 0) bytes; expected \(4 * chunk.count)")
        }
        result.withUnsafeMutableElements {
            payload.copyFloats(0..<chunk.count, into: UnsafeMutableBufferPointer(rebasing: $0[chunk]))
        }
        buckets[bucket].missingChunks.remove(other)
        return complete(bucket)
    }

    /// Once all sums over my chunk are there: finishes the tree and sends the chunk to all.
    private mutating func finishChunk(of bucket: Int) -> [Action] {
        guard buckets[bucket].contributed, buckets[bucket].missingPartials.isEmpty else { return [] }
        let chunk = buckets[bucket].chunks[place]
        guard buckets[bucket].missingChunks.contains(place) else { return complete(bucket) }
        // Nodes that a worker sums as a whole are known; the others are put together from their halves.
        let sum = ChunkSum(buckets[bucket].sums)
        buckets[bucket].sums = [:]
        // One to be sent and one to be kept, as what is sent must not change while it is on its way.
        let (root, scale) = (tree.root, scale)
        let mine = Tensor<Float>(shape: [chunk.count]) { mine in
            result.withUnsafeMutableElements { target in
                sum.write(root, scale: scale, to: mine, and: UnsafeMutableBufferPointer(rebasing: target[chunk]))
            }
        }
        buckets[bucket].missingChunks.remove(place)
        let payload = AllReduce.payload([mine])
        let sends = others().map { send(.reduced(Reduced(bucket: bucket)), payload, to: $0) }
        return sends + complete(bucket)
    }

    /// A bucket may be complete by what has just happened to it; and with it all.
    private mutating func complete(_ bucket: Int) -> [Action] {
        guard buckets[bucket].isComplete else { return [] }
        incomplete -= 1
        guard incomplete == 0 else { return [] }
        defer { result = Tensor([], shape: [0]) }
        return [.complete(result, losses: losses)]
    }

    private func isLast(_ bucket: Int) -> Bool { bucket == buckets.count - 1 }

    /// The other workers, the next one first, so that not all send to the same one at the same time.
    private func others() -> [Int] { (1..<max(ranges.count, 1)).map { (place + $0) % ranges.count } }

    private mutating func send(_ body: Body, _ payload: Payload, to other: Int) -> Action {
        bytesSent += payload.count
        return .send(body, payload, to: other)
    }

    /// One tensor's elements where they lie, or those of several one after the other.
    private static func payload(_ parts: [Tensor<Float>]) -> Payload {
        if parts.count == 1 {
            let part = parts[0].contiguous()
            // The storage is copied on write while the payload holds it, so the bytes stay as they are.
            return part.withUnsafeElements { Payload(owner: part.storage, bytes: UnsafeRawBufferPointer($0)) }
        }
        let size = MemoryLayout<Float>.size
        return Payload(count: parts.reduce(0) { $0 + $1.count } * size) { target in
            var start = 0
            for part in parts {
                part.withUnsafeBytesOfElements { bytes in
                    UnsafeMutableRawBufferPointer(rebasing: target[start..<start + bytes.count]).copyMemory(from: bytes)
                    start += bytes.count
                }
            }
        }
    }
}

extension Tensor {
    fileprivate func withUnsafeBytesOfElements<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        withUnsafeElements { body(UnsafeRawBufferPointer($0)) }
    }
}
