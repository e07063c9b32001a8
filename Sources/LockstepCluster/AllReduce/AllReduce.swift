package import LockstepTensor
package import LockstepTraining
package import LockstepWire

/// The all-reduce of one step, as one worker sees it: from its own subtree sums to the mean gradient of the global batch.
///
/// The flat gradient is cut into one chunk a worker. In the first round (reduce-scatter) each worker sends its subtree sums
/// of a chunk to the chunk's owner, who finishes the tree and divides by the number of samples; in the second (all-gather)
/// the owner sends the result to all. Two rounds for any number of workers N; each worker sends and receives
/// (N−1)/N of the gradient's bytes a round where its microbatches make one subtree. With the sums travel the losses of their
/// microbatches, so that the report of any one worker tells those of all.
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

    private let place: Int
    private let tree: MicrobatchTree
    /// For each worker, the microbatches that it computes.
    private let ranges: [Range<Int>]
    /// For each worker, the nodes of the tree that it sums.
    private let nodes: [[Range<Int>]]
    /// For each worker, the part of the gradient that it owns.
    private let chunks: [Range<Int>]
    private let scale: Float
    private var losses: [Double]

    /// The known sums over my chunk, by the node's first microbatch: the nodes do not overlap.
    private var sums: [Int: Tensor<Float>] = [:]
    private var result: Tensor<Float>
    private var missingPartials: Set<Int>
    private var missingChunks: Set<Int>
    private var contributed = false
    private var isComplete = false

    /// Bytes that were handed out to be sent.
    package private(set) var bytesSent = 0

    /// - Parameters:
    ///   - place: This worker's.
    ///   - ranges: The microbatches of each worker.
    ///   - count: Elements of the gradient.
    ///   - scale: What the sum is multiplied with to become the mean.
    package init(place: Int, ranges: [Range<Int>], tree: MicrobatchTree, count: Int, scale: Float) {
        self.place = place
        self.ranges = ranges
        losses = Array(repeating: 0, count: tree.count)
        self.tree = tree
        self.scale = scale
        let nodes = ranges.map { tree.subtrees(in: $0) }
        let chunks = ranges.indices.map { (0..<count).part($0, of: ranges.count) }
        self.nodes = nodes
        self.chunks = chunks
        result = Tensor(shape: [count]) { _ in }  // every element is written before it is read: by chunks
        missingChunks = Set(ranges.indices.filter { !chunks[$0].isEmpty })
        missingPartials = Set(nodes.indices.filter { !nodes[$0].isEmpty })
    }

    /// The workers that something is still awaited from, for messages to people.
    package var awaited: [Int] { missingPartials.union(missingChunks).subtracting([place]).sorted() }

    /// This worker's own sums are computed, one for each of its nodes, from left to right, with the losses of its microbatches.
    package mutating func contribute(_ own: [(node: Range<Int>, sum: Tensor<Float>)], losses mine: [Double]) -> [Action]
    {
        contributed = true
        losses.replaceSubrange(ranges[place], with: mine)
        var actions: [Action] = []
        // The next worker first, so that not all send to the same one at the same time.
        for other in chunks.indices.map({ (place + 1 + $0) % chunks.count }) where other != place && !own.isEmpty {
            let payload = AllReduce.payload(own.map { $0.sum[chunks[other]] })
            let partial = Partial(bucket: 0, subtrees: own.map(\.node), losses: mine)
            actions.append(send(.partial(partial), payload, to: other))
        }
        for (node, sum) in own { sums[node.lowerBound] = sum[chunks[place]] }
        missingPartials.remove(place)
        return actions + finishChunk()
    }

    /// Another worker's sums over this worker's chunk.
    package mutating func receive(_ partial: Partial, _ payload: Payload?, from other: Int) throws(ClusterError)
        -> [Action]
    {
        let chunk = chunks[place]
        guard missingPartials.contains(other), other != place else {
            throw ClusterError(.unexpectedMessage, "it holds sums that are not awaited")
        }
        guard partial.bucket == 0, partial.subtrees == nodes[other], partial.losses.count == ranges[other].count,
            let payload, payload.floatCount == chunk.count * nodes[other].count
        else {
            throw ClusterError(
                .unexpectedMessage,
                """
                it holds sums over \(partial.subtrees) with \(payload?.count ?? 0) bytes and \(partial.losses.count) losses; \
                expected \(nodes[other]) with \(4 * chunk.count * nodes[other].count) bytes and \(ranges[other].count) losses
                """)
        }
        losses.replaceSubrange(ranges[other], with: partial.losses)
        for (index, node) in nodes[other].enumerated() {
            let start = index * chunk.count
            sums[node.lowerBound] = Tensor(shape: [chunk.count]) {
                payload.copyFloats(start..<start + chunk.count, into: $0)
            }
        }
        missingPartials.remove(other)
        return finishChunk()
    }

    /// Another worker's chunk of the mean gradient.
    package mutating func receive(_ reduced: Reduced, _ payload: Payload?, from other: Int) throws(ClusterError)
        -> [Action]
    {
        guard missingChunks.contains(other), other != place else {
            throw ClusterError(.unexpectedMessage, "it holds a chunk that is not awaited")
        }
        let chunk = chunks[other]
        guard reduced.bucket == 0, let payload, payload.floatCount == chunk.count else {
            throw ClusterError(
                .unexpectedMessage,
                "it holds a chunk of \(payload?.count ?? 0) bytes; expected \(4 * chunk.count)")
        }
        result.withUnsafeMutableElements {
            payload.copyFloats(0..<chunk.count, into: UnsafeMutableBufferPointer(rebasing: $0[chunk]))
        }
        missingChunks.remove(other)
        return complete()
    }

    /// Once all sums over my chunk are there: finishes the tree and sends the chunk to all.
    private mutating func finishChunk() -> [Action] {
        guard contributed, missingPartials.isEmpty else { return [] }
        let chunk = chunks[place]
        guard missingChunks.contains(place) else { return complete() }
        var known = sums
        sums = [:]
        // Nodes that a worker sums as a whole are known; the others are put together from their halves.
        let whole = Set(nodes.joined())
        var mine = MicrobatchTree.sum(
            tree.root, known: { whole.contains($0) ? known.removeValue(forKey: $0.lowerBound) : nil },
            combine: { $0 += $1 })
        mine *= scale
        result.withUnsafeMutableElements { target in
            mine.withUnsafeElements { _ = UnsafeMutableBufferPointer(rebasing: target[chunk]).update(from: $0) }
        }
        missingChunks.remove(place)
        let payload = AllReduce.payload([mine])
        let sends = chunks.indices.map { (place + 1 + $0) % chunks.count }.filter { $0 != place }.map { other in
            send(.reduced(Reduced(bucket: 0)), payload, to: other)
        }
        return sends + complete()
    }

    private mutating func complete() -> [Action] {
        guard contributed, missingChunks.isEmpty, missingPartials.isEmpty, !isComplete else { return [] }
        isComplete = true
        defer { result = Tensor([], shape: [0]) }
        return [.complete(result, losses: losses)]
    }

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
