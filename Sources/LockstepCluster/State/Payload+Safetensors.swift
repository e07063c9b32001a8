internal import LockstepFormats
internal import LockstepWire

extension Payload {
    /// The bytes of a file, made where they stay.
    init(_ file: Safetensors) { self = file.encoded { Payload(count: $0, fill: $1) } }
}
