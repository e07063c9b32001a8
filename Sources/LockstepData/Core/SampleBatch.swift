public import LockstepTensor

/// A batch that can be sent to another process: what ``LabeledBatch``, ``RegressionBatch`` and ``TokenBatch`` are.
///
/// A job with batches of a type of its own needs this only for `--data-from coordinator`, where workers have no copy of the data:
///
///     extension PairBatch: SampleBatch {
///         var tensors: [(name: String, tensor: AnyTensor)] { [("left", .float32(left)), ("right", .float32(right))] }
///         init?(tensors: [String: AnyTensor]) {
///             guard case .float32(let left)? = tensors["left"], case .float32(let right)? = tensors["right"] else { return nil }
///             self.init(left: left, right: right)
///         }
///     }
public protocol SampleBatch: Sendable {
    /// All that the batch holds, by names that differ; the samples lie along the first axis of each.
    var tensors: [(name: String, tensor: AnyTensor)] { get }

    /// The batch of these tensors; nil where they are not those of such a batch.
    init?(tensors: [String: AnyTensor])
}

extension LabeledBatch: SampleBatch {
    public var tensors: [(name: String, tensor: AnyTensor)] {
        [("inputs", .float32(inputs)), ("targets", .int64(targets))]
    }

    public init?(tensors: [String: AnyTensor]) {
        guard case .float32(let inputs)? = tensors["inputs"], case .int64(let targets)? = tensors["targets"],
            inputs.rank >= 1, targets.shape == [inputs.shape[0]]
        else { return nil }
        self.init(inputs: inputs, targets: targets)
    }
}

extension RegressionBatch: SampleBatch {
    public var tensors: [(name: String, tensor: AnyTensor)] {
        [("inputs", .float32(inputs)), ("targets", .float32(targets))]
    }

    public init?(tensors: [String: AnyTensor]) {
        guard case .float32(let inputs)? = tensors["inputs"], case .float32(let targets)? = tensors["targets"],
            inputs.rank >= 1, targets.rank == 2, targets.shape[0] == inputs.shape[0]
        else { return nil }
        self.init(inputs: inputs, targets: targets)
    }
}

extension TokenBatch: SampleBatch {
    public var tensors: [(name: String, tensor: AnyTensor)] {
        [("inputs", .int64(inputs)), ("targets", .int64(targets))]
    }

    public init?(tensors: [String: AnyTensor]) {
        guard case .int64(let inputs)? = tensors["inputs"], case .int64(let targets)? = tensors["targets"],
            inputs.rank == 2, targets.shape == inputs.shape
        else { return nil }
        self.init(inputs: inputs, targets: targets)
    }
}
