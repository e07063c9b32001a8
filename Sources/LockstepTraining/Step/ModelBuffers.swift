internal import LockstepFormats
internal import LockstepNN
public import LockstepTensor

/// What a model keeps beside its parameters, such as the running statistics of batch normalisation, in training.
///
/// A microbatch changes buffers as it goes through the model, and several workers have different microbatches. So each microbatch
/// starts from the buffers as they were at the start of the step, and what it changes is added up like its gradient:
///
///     buffer ← buffer + (1/B) · Σᵢ nᵢ · (buffer after microbatch i − buffer)
///
/// with nᵢ samples in microbatch i and B in the batch. For running statistics that is the mean over the samples of what each
/// microbatch would have made of them alone. With one microbatch it is what the model did, up to the rounding of the
/// difference: PyTorch's in one process. A buffer that no microbatch changes keeps its bits.
///
/// Float32 buffers are added up like this, and the counters that batch normalisation keeps as `num_batches_tracked`, whose mean change is
/// rounded to a whole number. Other buffers may be read by the model but not changed.
public final class ModelBuffers {
    /// The last part of the name that PyTorch gives to a count of batches.
    private static let counterName = "num_batches_tracked"

    private let named: [(name: String, buffer: AnyBuffer)]
    private let jobName: String
    /// The names of the buffers, in the model's order.
    public var names: [String] { named.map(\.name) }
    /// How many numbers say what a microbatch has changed: the elements of all buffers that may be changed.
    public let count: Int

    /// No buffers: those of a model that keeps nothing beside its parameters.
    public init() { (named, jobName, count) = ([], "", 0) }

    /// The buffers of the model of a job.
    init(of model: Module, job name: String) {
        named = model.namedBuffers()
        jobName = name
        count = named.reduce(0) { $0 + (ModelBuffers.mayChange($1) ? $1.buffer.tensor.count : 0) }
    }

    /// The elements of each buffer as they are now, in the order of ``names``. Nothing is copied before they change.
    public var values: [AnyTensor] {
        get { named.map(\.buffer.tensor) }
        set {
            for ((_, buffer), tensor) in zip(named, newValue) { buffer.load(tensor) }
        }
    }

    /// Bytes of all buffers.
    var bytes: Int { values.reduce(0) { $0 + $1.withUnsafeBytes { $0.count } } }

    /// What a microbatch of so many samples has made of the buffers, which were `start` before: the change times the samples,
    /// shape [count].
    ///
    /// Throws where it has changed something that cannot be added up.
    func changes(since start: [AnyTensor], samples: Int) throws -> Tensor<Float> {
        var parts: [Tensor<Float>] = []
        for (entry, old) in zip(named, start) {
            let new = entry.buffer.tensor
            guard new.shape == old.shape else {
                throw TrainingError(
                    .mismatch,
                    """
                    the model of job '\(jobName)' has changed the shape of its buffer '\(entry.name)' from \(old.shape) to \
                    \(new.shape) while it was trained; a buffer of a job keeps its shape
                    """)
            }
            switch (old, new) {
            case (.float32(let old), .float32(let new)):
                parts.append(ModelBuffers.difference(new, old, times: Float(samples)))
            case (.int64(let old), .int64(let new)) where ModelBuffers.mayChange(entry):
                let changes = zip(new.scalars, old.scalars).map { Float($0 &- $1) * Float(samples) }
                parts.append(Tensor(changes))
            default:
                guard ModelBuffers.isSame(old, new) else {
                    throw TrainingError(
                        .mismatch,
                        """
                        the model of job '\(jobName)' has changed its buffer '\(entry.name)' of type \(old.dtype.rawValue) while \
                        it was trained. Workers have different microbatches, and only Float32 buffers and \
                        '\(ModelBuffers.counterName)' of batch normalisation are added up over them; keep it as Float32, or outside \
                        of the model
                        """)
                }
            }
        }
        return parts.isEmpty ? .zeros([0]) : concatenated(parts)
    }

    /// Adds to the buffers the mean change of a step, shape [count].
    func add(_ meanChanges: Tensor<Float>) {
        var start = 0
        for entry in named where ModelBuffers.mayChange(entry) {
            let end = start + entry.buffer.tensor.count
            let changes = meanChanges[start..<end]
            start = end
            switch entry.buffer.tensor {
            case .float32(var values):
                let isChanged = changes.withUnsafeElements { $0.contains { $0 != 0 } }
                guard isChanged else { continue }
                values.withUnsafeMutableElements { values in
                    changes.withUnsafeElements { changes in
                        // What is not changed keeps its bits, the sign of a zero too.
                        for index in values.indices where changes[index] != 0 { values[index] += changes[index] }
                    }
                }
                entry.buffer.load(.float32(values))
            case .int64(let values):
                // The mean of whole numbers that are equal may be a little beside them. One that no Int64 holds came from a worker
                // that errs, whose numbers the comparison of states shows.
                let counts = zip(values.scalars, changes.scalars).map {
                    $0 &+ (Int64(exactly: $1.rounded()) ?? 0)
                }
                entry.buffer.load(.int64(Tensor(counts, shape: values.shape)))
            default: break
            }
        }
    }

    private static func mayChange(_ entry: (name: String, buffer: AnyBuffer)) -> Bool {
        switch entry.buffer.tensor {
        case .float32: true
        case .int64: entry.name.split(separator: ".").last == counterName[...]
        default: false
        }
    }

    /// (new − old) · factor, and exactly 0 where nothing has changed: also of an infinity, as masks have them.
    private static func difference(_ new: Tensor<Float>, _ old: Tensor<Float>, times factor: Float) -> Tensor<Float> {
        let count = new.count
        return new.withUnsafeElements { new in
            old.withUnsafeElements { old in
                Tensor(shape: [count]) { target in
                    for index in 0..<count {
                        let isSame = new[index].bitPattern == old[index].bitPattern
                        target[index] = isSame ? 0 : (new[index] - old[index]) * factor
                    }
                }
            }
        }
    }

    private static func isSame(_ first: AnyTensor, _ second: AnyTensor) -> Bool {
        first.dtype == second.dtype
            && first.withUnsafeBytes { first in second.withUnsafeBytes { first.elementsEqual($0) } }
    }
}

extension AnyTensor {
    /// The number of elements.
    fileprivate var count: Int { shape.reduce(1, *) }
}
