public import LockstepFormats
package import LockstepTensor

/// All that resuming a run needs: weights, the optimizer's state, the position, the settings and a digest of the whole.
///
/// A checkpoint is a safetensors file whose tensors are the weights, under PyTorch's names, and the optimizer's state behind
/// them; the rest is in its metadata. The same bytes are written to disk and sent to a worker that needs the state.
public struct Checkpoint: Sendable {
    /// The file's content.
    public let file: Safetensors

    enum Key {
        static let optimizer = "lockstep.optimizer."
        static let step = "lockstep.step"
        static let optimizerStep = "lockstep.optimizer_step"
        static let settings = "lockstep.settings"
        static let signature = "lockstep.signature"
        static let fingerprint = "lockstep.fingerprint"
        /// What the model's outputs are called, as a list in JSON; absent where nobody has said.
        static let classes = "lockstep.classes"
        /// Of weights: the SHA-256 of their bytes.
        static let digest = "lockstep.sha256"
        /// Of a checkpoint: the SHA-256 of all that it holds.
        static let content = "lockstep.content_sha256"
    }

    /// Takes `file` for a checkpoint; `place` names it in errors.
    ///
    /// Throws where it lacks something or its content is not what was written.
    public init(_ file: Safetensors, from place: String) throws {
        try self.init(unverified: file, from: place)
        let digest = Checkpoint.digest(ofContent: file.tensors, file.metadata)
        guard digest == file.metadata[Key.content] else {
            throw TrainingError(
                .invalidRun,
                """
                \(place) is damaged: the SHA-256 of its content is \(digest), but \(file.metadata[Key.content] ?? "none") \
                was recorded when it was written
                """)
        }
    }

    /// Reads the checkpoint at `path`.
    public init(contentsOf path: String) throws {
        try self.init(Safetensors(contentsOf: path), from: path)
    }

    /// A checkpoint made of its parts, in memory. Whoever reads it finds what has flipped since.
    package init(_ tensors: [(name: String, tensor: AnyTensor)], metadata: [String: String]) throws {
        var metadata = metadata
        metadata[Key.content] = Checkpoint.digest(ofContent: tensors, metadata)
        try self.init(unverified: Safetensors(tensors, metadata: metadata), from: "the state in memory")
    }

    private init(unverified file: Safetensors, from place: String) throws {
        self.file = file
        self.place = place
        for key in [Key.step, Key.optimizerStep, Key.settings, Key.signature, Key.fingerprint, Key.content]
        where file.metadata[key] == nil {
            throw TrainingError(.invalidRun, "\(place) is no checkpoint: its metadata lack '\(key)'")
        }
        step = try Checkpoint.number(Key.step, in: file, from: place)
        optimizerStep = try Checkpoint.number(Key.optimizerStep, in: file, from: place)
    }

    /// What names the checkpoint in errors.
    let place: String
    /// Steps complete.
    public let step: Int
    /// Steps that the optimizer has taken.
    let optimizerStep: Int
    /// The model's parameters: names, shapes and element types.
    public var signature: String { file.metadata[Key.signature] ?? "" }
    /// What identifies the samples.
    public var fingerprint: String { file.metadata[Key.fingerprint] ?? "" }

    /// A digest of all that training goes on from, the same as the ``Trainer/stateDigest`` of whoever holds this state: of parameters, model's
    /// buffers and what the optimizer keeps, of the step, and of what model and data it is: 128 bits, other ones for any changed bit. It is
    /// made at the speed of memory, so that it can be compared often; it is no protection against forgery.
    ///
    /// Not of the settings: they may lawfully differ between workers (`--allow-non-finite`).
    public var stateDigest: String { Checkpoint.stateDigest(of: file.tensors, file.metadata) }

    static func stateDigest(of tensors: [(name: String, tensor: AnyTensor)], _ metadata: [String: String]) -> String {
        let keys = [Key.step, Key.optimizerStep, Key.signature, Key.fingerprint]
        return StateFingerprint(of: tensors, metadata, keys: keys).text
    }

    /// In what the settings that this was written with differ from those of the run.
    func differences(from settings: RunSettings) throws -> [String] {
        // A worker that wrote it was not told where this host keeps its data.
        var written = try self.settings().shared
        // The one setting that a run may be resumed with another value of: it changes no bit of what was written.
        written.continuesWhenNotFinite = settings.continuesWhenNotFinite
        return written.differences(from: settings.shared)
    }

    /// The settings of the run.
    public func settings() throws -> RunSettings {
        try RunSettings(json: file.metadata[Key.settings] ?? "", from: place)
    }

    /// The settings of the run that wrote `file`, a checkpoint or weights; nil where another program wrote it.
    public static func settings(in file: Safetensors, from place: String) throws -> RunSettings? {
        try file.metadata[Key.settings].map { try RunSettings(json: $0, from: place) }
    }

    /// After how many steps `file`, a checkpoint or weights, was written; nil where another program wrote it.
    public static func step(in file: Safetensors) -> Int? { file.metadata[Key.step].flatMap { Int($0) } }

    /// Whether a tensor of that name in a checkpoint belongs to the optimizer and not to the model.
    static func isState(_ name: String) -> Bool { name.hasPrefix(Key.optimizer) }

    /// Whether `file` is a checkpoint, and not weights alone.
    package static func isCheckpoint(_ file: Safetensors) -> Bool { file.metadata[Key.content] != nil }

    /// What the outputs of the model are called whose weights or checkpoint `file` is; nil where it does not say.
    static func classNames(in file: Safetensors) -> [String]? {
        file.metadata[Key.classes].flatMap { try? JSONText.decode($0.utf8, as: [String].self) }
    }

    /// The weights alone, as `final.safetensors` holds them, and the SHA-256 of their bytes: equal digests, equal bits.
    public func weights() -> (file: Safetensors, digest: String) {
        let weights = file.tensors.filter { !Checkpoint.isState($0.name) }
        var metadata = file.metadata
        metadata[Key.optimizerStep] = nil
        metadata[Key.content] = nil
        let digest = Checkpoint.digest(of: weights)
        metadata[Key.digest] = digest
        return (Safetensors(weights, metadata: metadata), digest)
    }

    /// SHA-256 over the tensors' bytes, little-endian, one after the other.
    static func digest(of tensors: [(name: String, tensor: AnyTensor)]) -> String {
        var hash = SHA256()
        for (_, tensor) in tensors { tensor.withUnsafeBytes { hash.update($0) } }
        return hash.hexDigest()
    }

    /// SHA-256 over all of a checkpoint: the position and the settings count as much as the weights do.
    static func digest(
        ofContent tensors: [(name: String, tensor: AnyTensor)], _ metadata: [String: String]
    ) -> String {
        var hash = SHA256()
        // Each text behind its length, so that no two contents give the same bytes.
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) where key != Key.content {
            hash.update("\(key.utf8.count) \(key) \(value.utf8.count) \(value)")
        }
        for (name, tensor) in tensors {
            hash.update("\(name.utf8.count) \(name) \(tensor.dtype) \(tensor.shape)")
            tensor.withUnsafeBytes { hash.update($0) }
        }
        return hash.hexDigest()
    }

    private static func number(_ key: String, in file: Safetensors, from place: String) throws -> Int {
        let text = file.metadata[key] ?? ""
        guard let number = Int(text), number >= 0 else {
            throw TrainingError(.invalidRun, "\(place): '\(key)' is '\(text)'; expected a number of steps")
        }
        return number
    }
}
