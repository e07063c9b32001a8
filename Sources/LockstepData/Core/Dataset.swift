public import LockstepTensor

/// Samples that can be had by index, in batches: what a training job reads.
///
/// A data set gives the same samples to every process that opens it; `fingerprint` is how processes find out that they have
/// opened the same one. `batch(at:)` is called from several threads at once.
public protocol Dataset<Batch>: Sendable {
    /// What the model is given at once: ``LabeledBatch`` for images with labels.
    associatedtype Batch

    /// How many samples there are.
    var count: Int { get }

    /// A SHA-256, in hexadecimal, of all that a sample's values depend on; equal for equal data only.
    var fingerprint: String { get }

    /// The samples at `indices`, in that order.
    ///
    /// Throws when an index is not in `0..<count`, or when a sample cannot be read.
    func batch(at indices: some Collection<Int>) throws -> Batch
}

/// Inputs with the class that each belongs to.
public struct LabeledBatch: Sendable {
    /// The inputs, of shape `[n, …]`.
    public var inputs: Tensor<Float>
    /// The number of each input's class, of shape `[n]`.
    public var targets: Tensor<Int64>

    /// `inputs` of shape `[n, …]` with `targets` of shape `[n]`.
    public init(inputs: Tensor<Float>, targets: Tensor<Int64>) {
        self.inputs = inputs
        self.targets = targets
    }
}

/// Inputs with the numbers that a model is to give for them.
public struct RegressionBatch: Sendable {
    /// The inputs, of shape `[n, …]`.
    public var inputs: Tensor<Float>
    /// The numbers of each input, of shape `[n, k]`.
    public var targets: Tensor<Float>

    /// `inputs` of shape `[n, …]` with `targets` of shape `[n, k]`.
    public init(inputs: Tensor<Float>, targets: Tensor<Float>) {
        self.inputs = inputs
        self.targets = targets
    }
}

/// Stretches of a text, with the character that follows each.
public struct TokenBatch: Sendable {
    /// The numbers of the characters in the vocabulary, of shape `[n, t]`.
    public var inputs: Tensor<Int64>
    /// The number of the character behind each, of shape `[n, t]`: the inputs moved on by one.
    public var targets: Tensor<Int64>

    /// `inputs` and `targets` of shape `[n, t]`.
    public init(inputs: Tensor<Int64>, targets: Tensor<Int64>) {
        self.inputs = inputs
        self.targets = targets
    }
}

/// Which part of a data set: the one to learn from, or the one kept apart to see what was learned.
public enum DataSplit: String, Sendable, CaseIterable {
    /// What the model learns from.
    case train
    /// What the model is tested on.
    case test
}
