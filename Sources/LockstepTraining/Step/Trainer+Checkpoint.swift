public import LockstepFormats
internal import LockstepOptim
internal import LockstepTensor

extension Trainer {
    /// SHA-256 over the parameters' bytes (Float32, little-endian, in the model's order): equal digests, equal bits.
    public var digest: String { Checkpoint.digest(of: [("", .float32(replica.parameters.values))]) }

    /// Bytes of the parameters and of what the optimizer keeps of them.
    public var stateBytes: Int { parameterCount * MemoryLayout<Float>.size * (1 + optimizer.state.count) }

    /// A digest of the parameters and of all that the optimizer keeps of them: 128 bits that any changed bit changes. It is made at
    /// the speed of memory, so that it can be compared often; it is no protection against forgery.
    public var stateDigest: String {
        var fingerprint = StateFingerprint()
        fingerprint.update(replica.parameters.values)
        for state in optimizer.state { fingerprint.update(state.tensor) }
        fingerprint.update(UInt64(optimizer.stepCount))
        return fingerprint.text
    }

    /// All that resuming needs.
    public func checkpoint() throws -> Checkpoint { try snapshot().checkpoint() }

    /// The state as it is now, to make a checkpoint of on another thread while training goes on. Nothing is copied before the
    /// next step changes it.
    public func snapshot() -> Snapshot {
        let values = replica.parameters.values
        let weights = replica.parameters.entries.map { entry in
            let slice = values[entry.offset..<entry.offset + entry.count]
            return (name: entry.name, tensor: AnyTensor.float32(slice.reshaped(to: entry.shape)))
        }
        return Snapshot(
            step: completedSteps, weights: weights, state: optimizer.state.map { ($0.name, .float32($0.tensor)) },
            optimizerStep: optimizer.stepCount,
            metadata: [
                "format": "pt",
                Checkpoint.Key.step: String(completedSteps),
                Checkpoint.Key.settings: settings.json(),
                Checkpoint.Key.signature: signature,
                Checkpoint.Key.fingerprint: fingerprint,
            ])
    }

    /// The state after a step, from which a checkpoint can be made on any thread.
    public struct Snapshot: Sendable {
        /// Steps complete.
        public let step: Int
        let weights: [(name: String, tensor: AnyTensor)]
        let state: [(name: String, tensor: AnyTensor)]
        let optimizerStep: Int
        let metadata: [String: String]

        /// The checkpoint, with the SHA-256 of all that it holds.
        public func checkpoint() throws -> Checkpoint {
            try Checkpoint(weights: weights, state: state, optimizerStep: optimizerStep, metadata: metadata)
        }
    }

    /// Takes up the state of a checkpoint.
    ///
    /// Throws, and changes nothing, where the checkpoint is of another model or of other data, or lies beyond the run's end.
    public func restore(_ checkpoint: Checkpoint) throws {
        for (what, found, expected) in [
            ("model", checkpoint.signature, signature), ("data set", checkpoint.fingerprint, fingerprint),
        ] where found != expected {
            throw TrainingError(
                .mismatch, "\(checkpoint.place) is of another \(what): expected \(expected), found \(found)")
        }
        guard checkpoint.step <= schedule.steps else {
            throw TrainingError(
                .mismatch,
                "\(checkpoint.place) is after \(checkpoint.step) steps, but the run has only \(schedule.steps)")
        }
        let values = try values(in: checkpoint.file, from: checkpoint.place)
        let state = try optimizer.state.map { state in
            let name = Checkpoint.Key.optimizer + state.name
            return (state.name, try tensor(name, [parameterCount], in: checkpoint.file, from: checkpoint.place))
        }
        try optimizer.restore(state: state, stepCount: checkpoint.optimizerStep)
        replica.parameters.values = values
        completedSteps = checkpoint.step
    }

    /// Takes up weights alone, as of a `final.safetensors`; `place` names them in errors.
    public func load(weights: Safetensors, from place: String) throws {
        replica.parameters.values = try values(in: weights, from: place)
    }

    /// The parameters of the model out of a file, as one flat tensor.
    private func values(in file: Safetensors, from place: String) throws -> Tensor<Float> {
        let parts = try replica.parameters.entries.map { entry in
            try tensor(entry.name, entry.shape, in: file, from: place).reshaped(to: [entry.count])
        }
        return concatenated(parts)
    }

    private func tensor(
        _ name: String, _ shape: [Int], in file: Safetensors, from place: String
    ) throws -> Tensor<Float> {
        switch file.tensor(named: name) {
        case .float32(let tensor) where tensor.shape == shape: return tensor
        case let other?:
            throw TrainingError(
                .mismatch, "\(place): tensor '\(name)' is \(other.dtype) \(other.shape); expected float32 \(shape)")
        case nil:
            let names = file.tensors.map { "'\($0.name)'" }
            let some = names.prefix(6).joined(separator: ", ") + (names.count > 6 ? ", …" : "")
            throw TrainingError(.mismatch, "\(place) has no tensor '\(name)'; it holds \(some)")
        }
    }
}
