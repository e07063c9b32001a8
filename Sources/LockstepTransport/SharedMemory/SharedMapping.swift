internal import CLockstepSystem
internal import Glibc

/// Memory that two processes of one host have in common.
///
/// It begins with a page that has the token at 0 and at 8 whether the other side has mapped it (1 or 0, 32 bits). Behind the page lie blocks: 64
/// bytes, of which the first four say whether the block may not be written to yet (1 or 0), and the bytes of one payload. The sender
/// writes all of it but that the receiver sets the two numbers: the first to 1, once, the others to 0.
final class SharedMapping: @unchecked Sendable {
    // Sendable because the addresses do not change, and what they lead to is written by one side at a time, as the numbers say.

    let base: UnsafeMutableRawPointer
    let byteCount: Int

    /// Where the first block may begin.
    static let firstBlock = 4096
    /// What lies before the bytes of a block, which begin at multiples of it: whole lines of the cache.
    static let blockHeader = 64

    /// Maps all of a file; nil where there is no room for it.
    init?(descriptor: Int32, byteCount: Int) {
        guard byteCount >= SharedMapping.firstBlock,
            let base = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), base != MAP_FAILED
        else { return nil }
        self.base = base
        self.byteCount = byteCount
    }

    deinit { munmap(base, byteCount) }

    var token: UInt64 {
        get { base.load(as: UInt64.self) }
        set { base.storeBytes(of: newValue, as: UInt64.self) }
    }

    /// Whether the other side has mapped it, too.
    var isAccepted: Bool { lockstep_load_shared(base + 8) == 1 }

    func accept() { lockstep_store_shared(base + 8, 1) }

    /// Whether the payload at `offset` may be read: it has been written, and nobody has let go of it.
    func isInUse(at offset: Int) -> Bool { lockstep_load_shared(base + offset - SharedMapping.blockHeader) == 1 }

    func setInUse(_ isInUse: Bool, at offset: Int) {
        lockstep_store_shared(base + offset - SharedMapping.blockHeader, isInUse ? 1 : 0)
    }
}
