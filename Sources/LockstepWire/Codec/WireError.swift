/// Why bytes are not a message of this protocol, or a message cannot be put into bytes.
public enum WireError: Error, Sendable, Equatable {
    /// The sender speaks another version of the protocol.
    case version(found: UInt64, expected: UInt32)
    /// The message has another number of frames than one or two.
    case frames(found: Int)
    /// Frame 0 is larger than the limit.
    case headerTooLarge(found: Int, limit: Int)
    /// Frame 0 does not end with the tag and length of the bytes in frame 1.
    case payloadLength(frame: Int)
    /// The only frame holds a payload, which belongs in a frame of its own.
    case payloadInHeader(bytes: Int)
    /// The payload lies in memory that this side does not share.
    case memoryNotShared
    /// The payload does not lie within the memory that this side shares.
    case memoryRange(found: Range<Int>, limit: Int)
    /// Frame 0 is not a protobuf message of the expected form.
    case malformed(bytes: Int)
    /// There is a field that this version does not have, such as another version's body.
    case unknownField(number: Int)
    /// There is no body.
    case missingBody
    /// The run's name is not 16 bytes.
    case runLength(found: Int)
    /// A text is not UTF-8, or holds U+0000, which cannot be sent.
    case text(field: String)
    /// A number is outside the range that the field allows.
    case number(field: String, found: String, expected: String)
}

extension WireError: CustomStringConvertible {
    /// A sentence with what was wrong, what was expected and what was found.
    public var description: String {
        switch self {
        case .version(let found, let expected):
            "a message has protocol version \(found), this software speaks version \(expected);"
                + " run the same Lockstep release on every host"
        case .frames(let found):
            "a message has \(found) frames, expected 1 or 2; the sender is not Lockstep"
        case .headerTooLarge(let found, let limit):
            "a message's first frame has \(found) bytes, the limit is \(limit)"
        case .payloadLength(let frame):
            "a message's first frame does not announce the \(frame) bytes of its second frame"
        case .payloadInHeader(let bytes):
            "a message has a payload of \(bytes) bytes in its first frame, expected in a frame of its own"
        case .memoryNotShared:
            "a message's payload lies in memory that this side does not share"
        case .memoryRange(let found, let limit):
            "a message's payload lies at \(found.lowerBound) to \(found.upperBound) of shared memory, which has blocks up to \(limit)"
        case .malformed(let bytes):
            "a first frame of \(bytes) bytes is not a Lockstep envelope; the sender is not Lockstep, or bytes were lost"
        case .unknownField(let number):
            "an envelope has field \(number), which protocol version \(Envelope.protocolVersion) does not have"
        case .missingBody:
            "an envelope has no body"
        case .runLength(let found):
            "an envelope's run has \(found) bytes, expected \(RunID.byteCount)"
        case .text(let field):
            "the text \(field) is not UTF-8 without U+0000"
        case .number(let field, let found, let expected):
            "the number \(field) is \(found), expected \(expected)"
        }
    }
}
