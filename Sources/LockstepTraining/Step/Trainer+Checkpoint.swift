public import LockstepFormats
internal import LockstepOptim
internal import LockstepTensor

extension Trainer {
    /// SHA-256 over the bytes of the parameters (Float32, little-endian, in the model's order) and behind them of the model's buffers:
    /// equal digests, equal bits.
    public var digest: String {
        Checkpoint.digest(of: [("", .float32(replica.parameters.values))] + replica.buffers.values.map { ("", $0) })
    }

    /// Bytes of the parameters, of what the optimizer keeps of them and of the model's buffers.
    public var stateBytes: Int {
        parameterCount * MemoryLayout<Float>.size * (1 + optimizer.state.count) + replica.buffers.bytes
    }

    /// A digest of all that training goes on from; see ``Checkpoint/stateDigest``.
    public var stateDigest: String { Checkpoint.stateDigest(of: stateTensors, identity) }

    /// All that resuming needs.
    public func checkpoint() throws -> Checkpoint { try snapshot().checkpoint() }

    /// The state as it is now, to make a checkpoint of on another thread while training goes on. Nothing is copied before the
    /// next step changes it.
    public func snapshot() -> Snapshot {
        var metadata = identity
        metadata["format"] = "pt"
        metadata[Checkpoint.Key.settings] = settings.json()
        if !replica.classNames.isEmpty { metadata[Checkpoint.Key.classes] = JSONText.encode(replica.classNames) }
        return Snapshot(step: completedSteps, tensors: stateTensors, metadata: metadata)
    }

    /// The parameters and the model's buffers, by name, and behind them what the optimizer keeps.
    private var stateTensors: [(name: String, tensor: AnyTensor)] {
        let values = replica.parameters.values
        var tensors = replica.parameters.entries.map { entry in
            let slice = values[entry.offset..<entry.offset + entry.count]
            return (name: entry.name, tensor: AnyTensor.float32(slice.reshaped(to: entry.shape)))
        }
        tensors += zip(replica.buffers.names, replica.buffers.values).map { (name: $0, tensor: $1) }
        return tensors
            + optimizer.state.map {
                (name: Checkpoint.Key.optimizer + $0.name, tensor: AnyTensor.float32($0.tensor))
            }
    }

    /// After which step the state is, and of which model and data.
    private var identity: [String: String] {
        [
            Checkpoint.Key.step: String(completedSteps), Checkpoint.Key.optimizerStep: String(optimizer.stepCount),
            Checkpoint.Key.signature: signature, Checkpoint.Key.fingerprint: fingerprint,
        ]
    }

    /// The state after a step, from which a checkpoint can be made on any thread.
    public struct Snapshot: Sendable {
        /// Steps complete.
        public let step: Int
        let tensors: [(name: String, tensor: AnyTensor)]
        let metadata: [String: String]

        /// What ``Checkpoint/stateDigest`` of the checkpoint must be.
        public var stateDigest: String { Checkpoint.stateDigest(of: tensors, metadata) }

        /// The checkpoint, with the SHA-256 of all that it holds.
        public func checkpoint() throws -> Checkpoint { try Checkpoint(tensors, metadata: metadata) }
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
        let (values, buffers) = try values(in: checkpoint.file, from: checkpoint.place)
        let state = try optimizer.state.map { state in
            let name = Checkpoint.Key.optimizer + state.name
            let tensor = try tensor(name, .float32, [parameterCount], in: checkpoint.file, from: checkpoint.place)
            return (state.name, tensor.to(Float.self))
        }
        try optimizer.restore(state: state, stepCount: checkpoint.optimizerStep)
        replica.parameters.values = values
        replica.buffers.values = buffers
        completedSteps = checkpoint.step
    }

    /// Takes up weights alone, as of a `final.safetensors`; `place` names them in errors.
    ///
    /// Throws, and changes nothing, where a tensor is missing, of another shape, or none of the model's.
    public func load(weights: Safetensors, from place: String) throws {
        let (values, buffers) = try values(in: weights, from: place)
        let names = Set(replica.parameters.entries.map(\.name) + replica.buffers.names + replica.aliases)
        let others = weights.tensors.map(\.name).filter { !names.contains($0) && !Checkpoint.isState($0) }
        guard others.isEmpty else {
            throw TrainingError(
                .mismatch,
                """
                \(place) holds \(Trainer.list(others)), which the model '\(settings.model)' does not have; it has \
                \(Trainer.list(replica.parameters.entries.map(\.name) + replica.buffers.names)). Give the weights of this model, or the model of these weights
                """)
        }
        // Other names have other numbers: the results would be about other classes, and nobody would see it.
        if let trained = Checkpoint.classNames(in: weights), !replica.classNames.isEmpty, trained != replica.classNames
        {
            throw TrainingError(
                .mismatch,
                """
                \(place) was trained on the classes \(Trainer.list(trained)), but \(settings.data) has \
                \(Trainer.list(replica.classNames)); expected the same. To test a table with fewer classes, name the one that was \
                trained on and give the other behind it: test=FILE
                """)
        }
        replica.parameters.values = values
        replica.buffers.values = buffers
    }

    /// Takes up the weights that a run starts from. Throws as ``load(weights:from:)`` does.
    public func load(_ weights: InitialWeights) throws { try load(weights: weights.file, from: weights.place) }

    /// The parameters of the model out of a file, as one flat tensor.
    private func values(
        in file: Safetensors, from place: String
    ) throws -> (parameters: Tensor<Float>, buffers: [AnyTensor]) {
        let parts = try replica.parameters.entries.map { entry in
            try tensor(entry.name, .float32, entry.shape, in: file, from: place).to(Float.self)
                .reshaped(to: [entry.count])
        }
        let buffers = try zip(replica.buffers.names, replica.buffers.values).map { name, now in
            try tensor(name, now.dtype, now.shape, in: file, from: place)
        }
        return (concatenated(parts), buffers)
    }

    private func tensor(
        _ name: String, _ dtype: DType, _ shape: [Int], in file: Safetensors, from place: String
    ) throws -> AnyTensor {
        switch file.tensor(named: name) {
        case let tensor? where tensor.dtype == dtype && tensor.shape == shape: return tensor
        case let other?:
            throw TrainingError(
                .mismatch,
                """
                \(place): tensor '\(name)' is \(other.dtype) \(other.shape); expected \(dtype) \(shape) for the model \
                '\(settings.model)'
                """)
        case nil:
            throw TrainingError(
                .mismatch,
                """
                \(place) has no tensor '\(name)', which the model '\(settings.model)' has; it holds \
                \(Trainer.list(file.tensors.map(\.name)))
                """)
        }
    }

    /// Some names, for a message.
    private static func list(_ names: [String]) -> String {
        names.isEmpty
            ? "none" : names.prefix(6).map { "'\($0)'" }.joined(separator: ", ") + (names.count > 6 ? ", …" : "")
    }
}
