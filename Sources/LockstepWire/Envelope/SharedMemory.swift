/// Memory of the sender's that whoever receives its messages may map, to find their payloads there.
package struct MemoryOffer: Sendable, Equatable {
    /// The memory file's descriptor in the sending process.
    package let descriptor: Int
    /// How large the memory is.
    package let byteCount: Int
    /// A random number that the memory begins with, so that no other is taken for it.
    package let token: UInt64

    package init(descriptor: Int, byteCount: Int, token: UInt64) {
        self.descriptor = descriptor
        self.byteCount = byteCount
        self.token = token
    }
}

/// A message, and what was said with it of memory that both sides share.
package struct ReceivedEnvelope: Sendable, Equatable {
    /// The message; its payload is missing where it lies in `payloadRange`.
    package var envelope: Envelope
    /// Memory for the payloads of later messages.
    package let offer: MemoryOffer?
    /// Where in memory that was offered before the payload lies.
    package let payloadRange: Range<Int>?
}
