/// A message as it is sent: frame 0, and frame 1 if there is a payload.
public struct EncodedEnvelope: Sendable {
    /// The packed envelope up to the payload's tag and length.
    public let header: [UInt8]
    /// The payload's bytes, not copied.
    public let payload: Payload?

    /// Both frames joined: one protobuf message, for tools and tests; copies the payload.
    public func joined() -> [UInt8] { header + (payload?.array() ?? []) }
}

extension Envelope {
    /// The largest first frame that is sent or accepted, 1 MiB: only settings and lists of members grow with the job.
    public static let maximumHeaderBytes = 1 << 20

    /// The message's frames.
    ///
    /// Throws `WireError` if a text holds U+0000, a number does not fit its field, or frame 0 would be larger than 1 MiB.
    public func encoded() throws(WireError) -> EncodedEnvelope {
        throw .missingBody
    }

    /// The message in these frames.
    ///
    /// Throws `WireError` for anything that `encoded()` could not have made, with two exceptions that let a later release
    /// add to this version: unknown fields within a body are passed over, and fields may come in any order.
    public init(decoding header: UnsafeRawBufferPointer, payload: Payload?) throws(WireError) {
        throw .missingBody
    }
}
