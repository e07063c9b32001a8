internal import LockstepData
internal import LockstepTensor

/// The data of a run where its coordinator has them and its workers do not: what they are, and the samples as they are sent.
public struct SampleSource: Sendable {
    /// What workers are told of the data.
    public let description: SampleDescription
    private let read: @Sendable (_ indices: [Int], _ split: DataSplit) throws -> [(name: String, tensor: AnyTensor)]
    private let testBatch: Int

    /// The data of a job. Throws where its batches cannot be sent, or there is nothing to train on.
    init<Model, Output, Batch>(
        of job: TrainingJob<Model, Output, Batch>, training: any Dataset<Batch>, test: (any Dataset<Batch>)?,
        facts: DataFacts?
    ) throws {
        guard Batch.self is any SampleBatch.Type else {
            throw TrainingError(
                .mismatch,
                """
                job '\(job.name)' has batches of type \(Batch.self), which cannot be sent to workers (--data-from coordinator): give the \
                type a conformance to SampleBatch, or have workers read the data themselves (--data-from workers)
                """)
        }
        guard training.count > 0 else {
            throw TrainingError(.mismatch, "the training data hold no samples; at least one is needed")
        }
        read = { indices, split in
            guard let data = split == .train ? training : test else { return [] }
            // The type conforms, as was seen above.
            return (try data.batch(at: indices) as? any SampleBatch)?.tensors ?? []
        }
        testBatch = job.testBatch
        let tensors = try read([0], .train)
        guard tensors.allSatisfy({ $0.tensor.shape.first == 1 }) else {
            throw TrainingError(
                .mismatch,
                "a batch of one sample of job '\(job.name)' has tensors whose first axis is not that of the samples")
        }
        description = SampleDescription(
            training: training.count, test: test?.count ?? 0,
            fingerprints: [training.fingerprint] + (test.map { [$0.fingerprint] } ?? []),
            tensors: tensors.map {
                SampleDescription.Part(
                    name: $0.name, dtype: $0.tensor.dtype.rawValue, shape: Array($0.tensor.shape.dropFirst()))
            }, facts: facts)
        let size = description.json.utf8.count
        guard size <= SampleDescription.mostBytes else {
            throw TrainingError(
                .mismatch,
                """
                the names of the \(facts?.names.count ?? 0) classes of job '\(job.name)' take \(size) bytes, more than can be sent to workers \
                (\(SampleDescription.mostBytes)): have workers read the data themselves (--data-from workers), or use shorter names
                """)
        }
    }

    /// The samples of a microbatch, as they are sent.
    package func image(ofTraining indices: some Collection<Int>) throws -> [UInt8] {
        let indices = Array(indices)
        return SampleImages.encode([(indices, try read(indices, .train))])
    }

    /// Some test samples, in the portions in which the model is given them.
    package func image(ofTest samples: Range<Int>) throws -> [UInt8] {
        let portions = stride(from: samples.lowerBound, to: samples.upperBound, by: testBatch).map {
            Array($0..<min($0 + testBatch, samples.upperBound))
        }
        return SampleImages.encode(try portions.map { ($0, try read($0, .test)) })
    }
}
