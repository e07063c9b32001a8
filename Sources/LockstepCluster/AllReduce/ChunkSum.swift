internal import LockstepTensor
internal import LockstepTraining
internal import LockstepWire

/// The sum of one chunk over all microbatches, from sums over nodes of the tree that lie wherever they came to lie: in a tensor, or
/// in a message as it was received. None is copied before it is added.
struct ChunkSum {
    /// Float32 that somebody keeps alive: of a message they may start at any address.
    struct Part {
        private let owner: any AnyObject & Sendable
        fileprivate let bytes: UnsafeRawPointer

        /// The elements of a tensor.
        init(_ tensor: Tensor<Float>) {
            let tensor = tensor.contiguous()
            owner = tensor.storage
            bytes = UnsafeRawPointer(tensor.pointer)
        }

        /// Elements of a payload, which has them.
        init(_ payload: Payload, _ range: Range<Int>) {
            let size = MemoryLayout<Float>.size
            let slice = payload.slice(range.lowerBound * size..<range.upperBound * size)
            owner = slice.owner
            // Where it is empty there may be no address, and none is read.
            bytes = slice.bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
        }
    }

    /// Elements that are summed at a time: few enough for what is added twice to stay in the processor's nearest memory.
    private static let block = 2048

    /// The known sums by node.
    private let known: [Range<Int>: Part]

    init(_ known: [Range<Int>: Part]) { self.known = known }

    /// Writes the sum over `node` times `scale` to `target`, and the same to `copy`; both have room for the chunk.
    func write(
        _ node: Range<Int>, scale: Float, to target: UnsafeMutableBufferPointer<Float>,
        and copy: UnsafeMutableBufferPointer<Float>
    ) {
        withExtendedLifetime(known) {
            guard let sum = target.baseAddress, let copy = copy.baseAddress else { return }
            let depth = Int.bitWidth - node.count.leadingZeroBitCount
            withUnsafeTemporaryAllocation(of: Float.self, capacity: (depth + 1) * ChunkSum.block) { scratch in
                for start in stride(from: 0, to: target.count, by: ChunkSum.block) {
                    let range = start..<min(start + ChunkSum.block, target.count)
                    // `scratch` has a base as it has room for something.
                    evaluate(node, range, into: sum + start, scratch: scratch.baseAddress!)
                    for index in range { sum[index] *= scale }
                    (copy + start).update(from: sum + start, count: range.count)
                }
            }
        }
    }

    /// Writes the sum over `node` of the elements of `range` to `out`, left before right.
    private func evaluate(
        _ node: Range<Int>, _ range: Range<Int>, into out: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>
    ) {
        if let part = known[node] {
            return UnsafeMutableRawPointer(out).copyMemory(from: part.at(range), byteCount: range.count * 4)
        }
        guard node.count > 1 else { fatalError("microbatch \(node.lowerBound) has no sum") }
        let middle = MicrobatchTree.split(node)
        let (left, right) = (node.lowerBound..<middle, middle..<node.upperBound)
        var first = UnsafeRawPointer(out)
        if let part = known[left] { first = part.at(range) } else { evaluate(left, range, into: out, scratch: scratch) }
        var second = UnsafeRawPointer(scratch)
        if let part = known[right] {
            second = part.at(range)
        } else {
            evaluate(right, range, into: scratch, scratch: scratch + ChunkSum.block)
        }
        for index in 0..<range.count {
            out[index] =
                first.loadUnaligned(fromByteOffset: 4 * index, as: Float.self)
                + second.loadUnaligned(fromByteOffset: 4 * index, as: Float.self)
        }
    }
}

extension ChunkSum.Part {
    /// Where the elements of `range` begin.
    fileprivate func at(_ range: Range<Int>) -> UnsafeRawPointer { bytes + 4 * range.lowerBound }
}
