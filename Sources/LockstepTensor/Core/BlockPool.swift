import LockstepLocking

/// Memory for tensors: freed blocks are kept by size and handed out again.
///
/// A training step makes and frees tensors of the same sizes as the step before it, so in steady state nothing is asked of the
/// system. Blocks are 64-byte aligned and rounded up to four sizes per doubling. Safe to use from any thread.
public enum BlockPool {
    /// What the pool has done and holds.
    public struct Statistics: Sendable, Equatable {
        /// Blocks that had to be asked of the system.
        public var systemAllocations = 0
        /// Blocks that were handed out again.
        public var reuses = 0
        /// Bytes handed out and not yet given back.
        public var bytesInUse = 0
        /// Bytes kept for reuse.
        public var bytesKept = 0
    }

    /// The most bytes that are kept for reuse, 1 GiB by default; blocks freed beyond it go back to the system.
    public static var limit: Int {
        get { pool.withLock { $0.limit } }
        set { pool.withLock { $0.limit = newValue } }
    }

    /// What the pool has done and holds now.
    public static var statistics: Statistics { pool.withLock { $0.statistics } }

    /// Gives all kept blocks back to the system.
    public static func trim() { pool.withLock { $0.trim() } }

    private static let pool = Locked(FreeLists())

    /// A 64-byte aligned block of at least `bytes` bytes.
    static func take(bytes: Int) -> UnsafeMutableRawPointer {
        let (index, size) = sizeClass(bytes)
        return pool.withLock { $0.take(index, size) }
            ?? UnsafeMutableRawPointer.allocate(byteCount: size, alignment: alignment)
    }

    /// Gives back a block that `take` returned for the same number of bytes.
    static func giveBack(_ block: UnsafeMutableRawPointer, bytes: Int) {
        let (index, size) = sizeClass(bytes)
        if !pool.withLock({ $0.keep(block, index, size) }) { block.deallocate() }
    }

    private static let alignment = 64

    /// The index and the size of the smallest class with room for `bytes`.
    ///
    /// In units of 64 bytes the sizes are 1, 2, …, 8, then four per doubling: 10, 12, 14, 16, 20, ….
    private static func sizeClass(_ bytes: Int) -> (index: Int, size: Int) {
        let last = Swift.max(bytes - 1, 0) / alignment
        let shift = Swift.max(Int.bitWidth - last.leadingZeroBitCount - 3, 0)
        let steps = last >> shift
        return (shift * 4 + steps, ((steps + 1) << shift) * alignment)
    }

    /// Lists of free blocks by size class; a free block's first word points at the next one.
    private struct FreeLists {
        var limit = 1 << 30
        var statistics = Statistics()
        private var heads = [UnsafeMutableRawPointer?](repeating: nil, count: 4 * Int.bitWidth + 8)

        mutating func take(_ index: Int, _ size: Int) -> UnsafeMutableRawPointer? {
            statistics.bytesInUse += size
            guard let block = heads[index] else {
                statistics.systemAllocations += 1
                return nil
            }
            heads[index] = block.load(as: UnsafeMutableRawPointer?.self)
            statistics.reuses += 1
            statistics.bytesKept -= size
            return block
        }

        mutating func keep(_ block: UnsafeMutableRawPointer, _ index: Int, _ size: Int) -> Bool {
            statistics.bytesInUse -= size
            guard statistics.bytesKept + size <= limit else { return false }
            block.storeBytes(of: heads[index], as: UnsafeMutableRawPointer?.self)
            heads[index] = block
            statistics.bytesKept += size
            return true
        }

        mutating func trim() {
            for index in heads.indices {
                while let block = heads[index] {
                    heads[index] = block.load(as: UnsafeMutableRawPointer?.self)
                    block.deallocate()
                }
            }
            statistics.bytesKept = 0
        }
    }
}
