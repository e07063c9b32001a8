internal import LockstepFormats
package import LockstepTensor

/// Samples on their way from the coordinator to a worker: one or more portions, each behind its length in 8 bytes, little-endian.
///
/// A portion is a safetensors image of the tensors of one batch, with the indices of its samples beside them.
package enum SampleImages {
    /// The name of the tensor of indices.
    private static let indicesName = "lockstep.indices"

    /// One portion: the samples that a model is given at once.
    package struct Portion: Sendable {
        package var indices: [Int]
        package var tensors: [String: AnyTensor]
    }

    package static func encode(_ portions: [(indices: [Int], tensors: [(name: String, tensor: AnyTensor)])]) -> [UInt8]
    {
        var bytes: [UInt8] = []
        for portion in portions {
            let indices = AnyTensor.int64(Tensor(portion.indices.map(Int64.init), shape: [portion.indices.count]))
            let image = Safetensors(portion.tensors + [(indicesName, indices)]).encoded()
            withUnsafeBytes(of: UInt64(image.count).littleEndian) { bytes += $0 }
            bytes += image
        }
        return bytes
    }

    /// Throws where the bytes are no samples. No more is allocated than there are bytes.
    package static func decode(_ bytes: [UInt8]) throws -> [Portion] {
        let place = "the samples that the coordinator sent"
        var portions: [Portion] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            var length: UInt64 = 0
            for (place, byte) in rest.prefix(8).enumerated() { length |= UInt64(byte) << (8 * UInt64(place)) }
            guard rest.count >= 8, length <= UInt64(rest.count - 8) else {
                throw TrainingError(.mismatch, "\(place) are cut short: \(rest.count) bytes are left for \(length)")
            }
            let image = rest.dropFirst(8).prefix(Int(length))
            rest = rest.dropFirst(8 + Int(length))
            var tensors: [String: AnyTensor] = [:]
            for (name, tensor) in try Safetensors(parsing: Array(image), name: place).tensors { tensors[name] = tensor }
            guard case .int64(let indices)? = tensors.removeValue(forKey: indicesName), indices.rank == 1 else {
                throw TrainingError(.mismatch, "\(place) do not say which they are")
            }
            portions.append(Portion(indices: indices.scalars.map(Int.init), tensors: tensors))
        }
        return portions
    }
}
