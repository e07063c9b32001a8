internal import LockstepTensor
internal import LockstepTraining
internal import LockstepWire

/// The sum of one chunk over all microbatches, from sums over nodes of the tree that lie wherever they came to lie: in a tensor, or
/// in a message as it was received. None is copied before it is added.
struct ChunkSum {
    /// The sum over one node: elements that somebody keeps alive.
    struct Part {
        fileprivate let payload: Payload
        fileprivate let wire: WireType

        /// The elements of a tensor.
        init(_ tensor: Tensor<Float>) {
            let tensor = tensor.contiguous()
            payload = Payload(
                owner: tensor.storage, bytes: UnsafeRawBufferPointer(start: tensor.pointer, count: 4 * tensor.count))
            wire = .float32
        }

        /// The elements of a message, in the type that they travel in; they may start at any address.
        init(_ payload: Payload, of wire: WireType) {
            self.payload = payload
            self.wire = wire
        }

        /// The bytes of some elements.
        fileprivate func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
            let width = wire.elementBytes
            return UnsafeRawBufferPointer(rebasing: payload.bytes[range.lowerBound * width..<range.upperBound * width])
        }
    }

    /// Elements that are summed at a time: few enough for what is added twice to stay in the processor's nearest memory.
    private static let block = 2048

    /// The known sums by node.
    private let known: [Range<Int>: Part]
    /// What every sum of two nodes is rounded to.
    private let wire: WireType

    init(_ known: [Range<Int>: Part], _ wire: WireType) {
        self.known = known
        self.wire = wire
    }

    /// Writes the sum over `node` to `target`, in the type that it travels in, and its product with `scale` to `kept`: to one of them, or
    /// to both.
    func write(
        _ node: Range<Int>, to target: UnsafeMutableRawBufferPointer?, and kept: UnsafeMutableBufferPointer<Float>?,
        times scale: Float
    ) {
        let width = wire.elementBytes
        let count = target.map { $0.count / width } ?? kept?.count ?? 0
        let depth = Int.bitWidth - node.count.leadingZeroBitCount
        withExtendedLifetime(known) {
            withUnsafeTemporaryAllocation(of: Float.self, capacity: (depth + 2) * ChunkSum.block) { scratch in
                let rest = UnsafeMutableBufferPointer(rebasing: scratch[ChunkSum.block...])
                for start in stride(from: 0, to: count, by: ChunkSum.block) {
                    let range = start..<min(start + ChunkSum.block, count)
                    let part = target.map {
                        UnsafeMutableRawBufferPointer(rebasing: $0[start * width..<range.upperBound * width])
                    }
                    // What travels as Float32 is summed where it goes.
                    let place = wire == .float32 ? part?.assumingMemoryBound(to: Float.self) : nil
                    let sum = place ?? UnsafeMutableBufferPointer(rebasing: scratch[0..<range.count])
                    let kept = kept.map { UnsafeMutableBufferPointer(rebasing: $0[range]) }
                    evaluate(node, range, into: sum, scratch: rest, scaled: kept, by: scale)
                    if wire != .float32, let part { wire.pack(UnsafeBufferPointer(sum), into: part) }
                }
            }
        }
    }

    /// Writes the sum over `node` of the elements of `range` to `out`, left before right, and its product with `scale` to `scaled`, where
    /// there is room for that.
    private func evaluate(
        _ node: Range<Int>, _ range: Range<Int>, into out: UnsafeMutableBufferPointer<Float>,
        scratch: UnsafeMutableBufferPointer<Float>, scaled: UnsafeMutableBufferPointer<Float>? = nil,
        by scale: Float = 1
    ) {
        if let part = known[node] {
            part.wire.unpack(part.bytes(range), into: out)
            if let scaled { WireType.float32.unpack(UnsafeRawBufferPointer(out), into: scaled, times: scale) }
            return
        }
        guard node.count > 1 else { fatalError("microbatch \(node.lowerBound) has no sum") }
        let middle = MicrobatchTree.split(node)
        let right = UnsafeMutableBufferPointer(rebasing: scratch[0..<range.count])
        let rest = UnsafeMutableBufferPointer(rebasing: scratch[ChunkSum.block...])
        let first = addend(node.lowerBound..<middle, range, or: out, scratch: scratch)
        let second = addend(middle..<node.upperBound, range, or: right, scratch: rest)
        wire.sum(first, second, into: out, scaled: scaled, by: scale)
    }

    /// Where the sum over `node` lies as Float32: where it was received or, where that is no Float32, in `room`, to which it is written.
    private func addend(
        _ node: Range<Int>, _ range: Range<Int>, or room: UnsafeMutableBufferPointer<Float>,
        scratch: UnsafeMutableBufferPointer<Float>
    ) -> UnsafeRawBufferPointer {
        if let part = known[node], part.wire == .float32 { return part.bytes(range) }
        evaluate(node, range, into: room, scratch: scratch)
        return UnsafeRawBufferPointer(room)
    }
}
