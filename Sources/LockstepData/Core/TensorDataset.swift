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
            throw Rows.mismatch(inputs.shape, targets.shape, "[n]")
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
        try Rows.check(indices, count: count)
        return LabeledBatch(inputs: Rows.gather(indices, of: inputs), targets: Rows.gather(indices, of: targets))
    }
}

/// Samples that are the rows of a tensor, each with the numbers that a model is to give for it.
public struct RegressionDataset: Dataset {
    private let inputs: Tensor<Float>
    private let targets: Tensor<Float>
    /// SHA-256 over shapes and elements.
    public let fingerprint: String

    /// Samples out of `inputs` of shape [n, …] and `targets` of shape [n, k].
    ///
    /// Throws a ``DataError`` where the two have different numbers of samples.
    public init(inputs: Tensor<Float>, targets: Tensor<Float>) throws {
        guard inputs.rank >= 1, targets.rank == 2, targets.shape[0] == inputs.shape[0] else {
            throw Rows.mismatch(inputs.shape, targets.shape, "[n, k]")
        }
        self.inputs = inputs.contiguous()
        self.targets = targets.contiguous()
        var hash = SHA256()
        hash.update("numbers \(inputs.shape) \(targets.shape)")
        inputs.withUnsafeElements { hash.update(UnsafeRawBufferPointer($0)) }
        targets.withUnsafeElements { hash.update(UnsafeRawBufferPointer($0)) }
        fingerprint = hash.hexDigest()
    }

    public var count: Int { targets.shape[0] }

    public func batch(at indices: some Collection<Int>) throws -> RegressionBatch {
        try Rows.check(indices, count: count)
        return RegressionBatch(inputs: Rows.gather(indices, of: inputs), targets: Rows.gather(indices, of: targets))
    }
}

/// Rows of tensors, as a batch takes them.
enum Rows {
    /// The rows at `indices`, which have been checked, of a contiguous tensor of shape [n, …].
    static func gather<Scalar>(_ indices: some Collection<Int>, of tensor: Tensor<Scalar>) -> Tensor<Scalar> {
        // As bytes: where this is not compiled for the element type a copy of elements would go one by one.
        let bytes = tensor.shape.dropFirst().reduce(1, *) * MemoryLayout<Scalar>.stride
        return Tensor<Scalar>(shape: [indices.count] + tensor.shape.dropFirst()) { target in
            tensor.withUnsafeElements { source in
                guard let from = UnsafeRawPointer(source.baseAddress),
                    let to = UnsafeMutableRawPointer(target.baseAddress)
                else { return }
                for (row, index) in indices.enumerated() {
                    (to + row * bytes).copyMemory(from: from + index * bytes, byteCount: bytes)
                }
            }
        }
    }

    static func check(_ indices: some Collection<Int>, count: Int) throws {
        if let index = indices.first(where: { !(0..<count).contains($0) }) {
            throw DataError(
                source: "data set of tensors", place: "sample \(index)", problem: "there are only \(count) samples",
                remedy: "Ask for samples 0 to \(count - 1)")
        }
    }

    static func mismatch(_ inputs: [Int], _ targets: [Int], _ expected: String) -> DataError {
        DataError(
            source: "data set of tensors",
            problem: "inputs have shape \(inputs) and targets \(targets), expected [n, …] and \(expected)",
            remedy: "Give one target for each row of the inputs")
    }
}
