public import LockstepTensor

/// Named tensors in the safetensors format, which PyTorch, Hugging Face and many others read and write.
///
/// ```swift
/// let file = Safetensors([("weight", .float32(weight))], metadata: ["format": "pt"])
/// try file.write(to: "final.safetensors")
/// let weight = try Safetensors(contentsOf: "final.safetensors").tensor(named: "weight")
/// ```
/// The format is 8 bytes of header length (little-endian), a header in JSON that gives each tensor's element type, shape and
/// place, and the elements with no gap between tensors. Tensors are written as F32, F64, I64, I32, U8 and BOOL. What else a file may
/// hold is converted when it is read, without a loss: F16, BF16 and the 8-bit floating-point types to Float, I8, I16 and U16 to
/// Int32, U32 and U64 to Int64 (a U64 beyond that is refused). Only complex numbers and types below 8 bits cannot be read.
/// ``SafetensorsFile`` reads a part of a file.
///
/// Source: https://github.com/huggingface/safetensors#format
public struct Safetensors: Sendable {
    /// Free text by name, which the format keeps beside the tensors; empty where there is none.
    public var metadata: [String: String]
    /// The tensors with their names, in the order of the header.
    public let tensors: [(name: String, tensor: AnyTensor)]
    private let places: [String: Int]

    /// The given tensors, to be written.
    ///
    /// Stops when a name is used twice, or is `__metadata__`, which the format keeps for itself.
    public init(_ tensors: [(name: String, tensor: AnyTensor)], metadata: [String: String] = [:]) {
        self.tensors = tensors
        self.metadata = metadata
        places = Dictionary(tensors.enumerated().map { ($1.name, $0) }) { first, second in
            fatalError("tensors \(first) and \(second) have the same name '\(tensors[first].name)'")
        }
        if places[SafetensorsHeader.metadataName] != nil {
            fatalError("a tensor cannot be named '\(SafetensorsHeader.metadataName)' in the safetensors format")
        }
    }

    /// The tensor of that name; nil where there is none.
    public func tensor(named name: String) -> AnyTensor? {
        places[name].map { tensors[$0].tensor }
    }
}
