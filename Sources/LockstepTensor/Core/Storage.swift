import CLockstepKernels

/// A block of memory that holds the elements of one or more tensors.
///
/// Tensors share storage and copy it when they write to it while another holds it too, so a storage that is reachable from
/// two places never changes. That is what makes it safe to hand to another thread or to a socket without a copy.
package final class Storage<Scalar: TensorScalar>: @unchecked Sendable {
    // Sendable because writers go through `isKnownUniquelyReferenced`: whoever writes is the only holder.

    /// How many elements the block has room for.
    package let count: Int
    /// The first element, 64-byte aligned so that vector loads never straddle a cache line.
    package let pointer: UnsafeMutablePointer<Scalar>

    /// Memory for `count` elements, with whatever was there before.
    package init(uninitialized count: Int) {
        self.count = count
        pointer = BlockPool.take(bytes: count * MemoryLayout<Scalar>.stride)
            .bindMemory(to: Scalar.self, capacity: count)
    }

    deinit { BlockPool.giveBack(UnsafeMutableRawPointer(pointer), bytes: count * MemoryLayout<Scalar>.stride) }
}

extension UnsafeMutablePointer where Pointee: TensorScalar {
    /// Copies `count` elements, which do not overlap with these. In code for any element type the standard library's `update` goes
    /// through them one by one.
    package func copy(from source: UnsafePointer<Pointee>, count: Int) {
        UnsafeMutableRawPointer(self).copyMemory(from: source, byteCount: count * MemoryLayout<Pointee>.stride)
    }

    /// Sets `count` elements to `value`.
    package func fill(_ value: Pointee, count: Int) {
        withUnsafePointer(to: value) { lk_fill(MemoryLayout<Pointee>.stride, count, $0, self) }
    }
}
