public import LockstepTensor

/// Named tensors in the safetensors format, which PyTorch, Hugging Face and many others read and write.
///
/// ```swift
/// let file = Safetensors([("weight", .float32(weight))], metadata: ["format": "pt"])
/// try file.write(to: "final.safetensors")
/// let weight = try Safetensors(contentsOf: "final.safetensors").tensor(named: "weight")
/// ```
/// The format is 8 bytes of header length (little-endian), a header in JSON that gives each tensor's element type, shape and
/// place, and the elements with no gap between tensors. The element types F32, F64, I64, I32, U8 and BOOL are supported.
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
