import LockstepCluster
import LockstepFormats
import LockstepTensor
import LockstepTraining
import LockstepWire

/// Bits that flip in the images of states while workers write them out; what the workers hold stays as it is.
struct ImageDamage {
    /// When a bit flips.
    enum Kind: CaseIterable {
        /// Once the image is complete: its SHA-256 is another's.
        case inImage
        /// Before its SHA-256 is made, which fits: only the digest that all agreed on tells.
        case inCopy
    }

    var kind = Kind.inImage
    /// How many images a bit is still to flip in, and whether only in those that go to other workers, or that one worker sends.
    var left = 0
    var isOfTransfers = false
    var sender: Int?
    /// Whose images one has flipped in.
    private(set) var victims: [Int] = []

    /// What a computation gives, spoilt if it is an image and damage is due.
    mutating func applied(
        to result: ComputeResult, of number: Int, isTransfer: Bool, _ random: inout SplitMix
    ) -> ComputeResult {
        guard case .state(let digest, let image?) = result, left > 0, isTransfer || !isOfTransfers,
            number == sender ?? number
        else { return result }
        left -= 1
        victims.append(number)
        let damaged =
            switch kind {
            case .inImage: ImageDamage.flipBit(in: image.array(), &random)
            case .inCopy: ImageDamage.flipBit(beforeHashing: image.array(), &random)
            }
        return .state(digest: digest, image: Payload(damaged))
    }

    /// The bytes with one bit flipped, anywhere.
    static func flipBit(in bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = bytes
        bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        return bytes
    }

    /// A checkpoint in which a bit of one number is flipped, with a SHA-256 that fits.
    static func flipBit(beforeHashing bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        guard let file = try? Safetensors(parsing: bytes),
            let index = file.tensors.indices.randomElement(using: &random)
        else { return bytes }
        var tensors = file.tensors
        tensors[index].tensor = flipBit(in: tensors[index].tensor, &random)
        return (try? Checkpoint(tensors, metadata: file.metadata))?.file.encoded() ?? bytes
    }

    private static func flipBit(in tensor: AnyTensor, _ random: inout SplitMix) -> AnyTensor {
        switch tensor {
        case .float32(let values):
            var bits = values.scalars.map(\.bitPattern)
            bits[Int.random(in: bits.indices, using: &random)] ^= 1 << UInt32.random(in: 0..<32, using: &random)
            return .float32(Tensor(bits.map { Float(bitPattern: $0) }, shape: values.shape))
        case .int64(let values):
            var numbers = values.scalars
            numbers[Int.random(in: numbers.indices, using: &random)] ^= 1 << Int64.random(in: 0..<64, using: &random)
            return .int64(Tensor(numbers, shape: values.shape))
        default: fatalError("a model of these tests has no \(tensor.dtype)")
        }
    }
}
