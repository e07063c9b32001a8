internal import LockstepData
internal import LockstepTensor
internal import LockstepLocking

/// The samples that a worker without a copy of the data has been sent, and has not used yet.
public final class DeliveredSamples: Sendable {
    /// What the data are.
    public let description: SampleDescription
    private let portions = Locked<[SampleImages.Portion]>([])

    /// Room for the samples of data that are described so.
    package init(_ description: SampleDescription) { self.description = description }

    /// Takes up samples in the place of all that were there before. Throws where they cannot be used.
    package func replace(with images: [[UInt8]]) throws {
        let all = try images.flatMap { try SampleImages.decode($0) }
        for portion in all { try check(portion) }
        portions.withLock { $0 = all }
    }

    /// Forgets all samples.
    package func clear() { portions.withLock { $0 = [] } }

    /// Throws where a portion is not what the description says.
    private func check(_ portion: SampleImages.Portion) throws {
        let count = portion.indices.count
        guard portion.tensors.count == description.tensors.count else {
            throw TrainingError(.mismatch, "the coordinator sent \(portion.tensors.count) tensors a batch")
        }
        for part in description.tensors {
            guard let tensor = portion.tensors[part.name], tensor.dtype.rawValue == part.dtype,
                tensor.shape.first == count, description.facts == nil || tensor.shape.dropFirst() == part.shape[...]
            else {
                let found = portion.tensors[part.name].map { "\($0.dtype.rawValue) \($0.shape)" } ?? "nothing"
                throw TrainingError(
                    .mismatch,
                    """
                    the coordinator sent \(count) samples whose '\(part.name)' is \(found); expected \(part.dtype) \([count] + part.shape)
                    """)
            }
            // An index beyond a table would stop the process.
            if let bound = description.facts?.bound, case .int64(let values) = tensor,
                let value = values.scalars.first(where: { !(0..<Int64(bound)).contains($0) })
            {
                throw TrainingError(
                    .mismatch, "the coordinator sent '\(part.name)' of \(value); expected 0 to \(bound - 1)")
            }
        }
    }

    /// Both splits, of batches of a type that can be sent.
    func split<Batch>(of type: Batch.Type, job: String) throws -> (
        training: any Dataset<Batch>, test: (any Dataset<Batch>)?
    ) {
        guard let sendable = Batch.self as? any SampleBatch.Type else {
            throw TrainingError(
                .mismatch, "job '\(job)' has batches of type \(Batch.self), which do not conform to SampleBatch")
        }
        let make: @Sendable ([String: AnyTensor]) -> Batch? = { sendable.init(tensors: $0) as? Batch }
        let training = DeliveredDataset<Batch>(
            samples: self, count: description.training, fingerprint: description.fingerprints[0], make: make)
        guard description.fingerprints.count > 1 else { return (training, nil) }
        return (
            training,
            DeliveredDataset<Batch>(
                samples: self, count: description.test, fingerprint: description.fingerprints[1], make: make)
        )
    }

    /// The tensors of the samples at `indices`, which must be what is due next.
    fileprivate func tensors(at indices: [Int]) throws -> [String: AnyTensor] {
        if let found = portions.withLock({ $0.first { $0.indices == indices } }) { return found.tensors }
        // What a model is shown to see what it makes of two samples; no order has one twice.
        if indices == [0, 0] { return blank }
        func text(_ indices: [Int]) -> String {
            indices.prefix(4).map(String.init).joined(separator: ", ") + (indices.count > 4 ? ", …" : "")
        }
        let held = portions.withLock { $0.map(\.indices) }
        throw TrainingError(
            .mismatch,
            """
            the coordinator has not sent the samples that are due, \(text(indices)), but \
            \(held.isEmpty ? "none" : held.map(text).joined(separator: "; "))
            """)
    }

    /// Two samples of zeros.
    private var blank: [String: AnyTensor] {
        var tensors: [String: AnyTensor] = [:]
        for part in description.tensors {
            let shape = [2] + part.shape
            tensors[part.name] =
                switch DType(rawValue: part.dtype) {
                case .float32, nil: .float32(.zeros(shape))
                case .float64: .float64(.zeros(shape))
                case .int64: .int64(.zeros(shape))
                case .int32: .int32(.zeros(shape))
                case .uint8: .uint8(.zeros(shape))
                case .bool: .bool(Tensor(Array(repeating: false, count: shape.reduce(1, *)), shape: shape))
                }
        }
        return tensors
    }
}

/// A data set whose samples come with messages.
private struct DeliveredDataset<Batch>: Dataset {
    let samples: DeliveredSamples
    let count: Int
    let fingerprint: String
    let make: @Sendable ([String: AnyTensor]) -> Batch?

    func batch(at indices: some Collection<Int>) throws -> Batch {
        guard let batch = make(try samples.tensors(at: Array(indices))) else {
            throw TrainingError(.mismatch, "the coordinator sent samples that make no \(Batch.self)")
        }
        return batch
    }
}
