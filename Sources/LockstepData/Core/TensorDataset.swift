internal import LockstepFormats
public import LockstepTensor

/// Samples that are the rows of a tensor, each with its class: PyTorch's `TensorDataset`.
public struct TensorDataset: Dataset {
    private let inputs: Tensor<Float>
    private let targets: Tensor<Int64>
    /// SHA-256 over shapes and elements.
    public let fingerprint: String

    /// Samples out of `inputs` of shape [n, …] and `targets` of shape [n].
    ///
    /// Throws a ``DataError`` where the two have different numbers of samples.
    public init(inputs: Tensor<Float>, targets: Tensor<Int64>) throws {
        guard inputs.rank >= 1, targets.shape == [inputs.shape[0]] else {
            throw DataError(
                source: "data set of tensors",
                problem: "inputs have shape \(inputs.shape) and targets \(targets.shape), expected [n, …] and [n]",
                remedy: "Give one target for each row of the inputs")
        }
        self.inputs = inputs.contiguous()
        self.targets = targets.contiguous()
        var hash = SHA256()
        hash.update("\(inputs.shape)")
        inputs.withUnsafeElements { hash.update(UnsafeRawBufferPointer($0)) }
        targets.withUnsafeElements { hash.update(UnsafeRawBufferPointer($0)) }
        fingerprint = hash.hexDigest()
    }

    public var count: Int { targets.count }

    public func batch(at indices: some Collection<Int>) throws -> LabeledBatch {
        if let index = indices.first(where: { !(0..<count).contains($0) }) {
            throw DataError(
                source: "data set of tensors", place: "sample \(index)", problem: "there are only \(count) samples",
                remedy: "Ask for samples 0 to \(count - 1)")
        }
        let size = count == 0 ? 0 : inputs.count / count
        let rows = Tensor<Float>(shape: [indices.count] + inputs.shape.dropFirst()) { target in
            inputs.withUnsafeElements { source in
                for (row, index) in indices.enumerated() {
                    let from = UnsafeBufferPointer(rebasing: source[index * size..<(index + 1) * size])
                    _ = UnsafeMutableBufferPointer(rebasing: target[row * size..<(row + 1) * size]).update(from: from)
                }
            }
        }
        let labels = targets.withUnsafeElements { source in indices.map { source[$0] } }
        return LabeledBatch(inputs: rows, targets: Tensor(labels, shape: [labels.count]))
    }
}
