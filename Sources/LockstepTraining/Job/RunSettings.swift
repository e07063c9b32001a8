public import LockstepOptim
internal import LockstepTensor

/// All that decides the bits of a run, besides the machine: what `settings.json` of a run folder holds and what a worker
/// is told when it joins.
public struct RunSettings: Codable, Sendable, Equatable {
    /// The run's name, part of its folder's name.
    public var name: String
    /// What is trained, by specification (`mlp:784-512-512-10`) or by the name of a job of the user's own.
    public var model: String
    /// What it is trained on, by specification (`fashion-mnist`).
    public var data: String
    /// What the model's output is judged by; where absent, what model and data suggest.
    public var loss: String?
    /// Samples a global batch; the last batch of an epoch may be smaller.
    public var batch: Int
    /// Into how many microbatches a batch is cut. Part of the job, not of the cluster: the bits depend on it.
    public var microbatches: Int
    /// How many times each sample is used.
    public var epochs: Int
    /// The update rule and its hyperparameters.
    public var optimizer: OptimizerSettings
    /// How the learning rate changes; where absent it stays.
    public var schedule: LearningRateSettings?
    /// The norm above which the mean gradient is scaled down to it.
    public var clipNorm: Double?
    /// The absolute value above which an element of the mean gradient is set to it.
    public var clipValue: Double?
    /// What initial weights and the order of the samples are drawn from.
    public var seed: UInt64
    /// Whether each epoch has an order of its own, which it has where absent; false for that of the data.
    public var shuffle: Bool?
    /// The SHA-256 of the weights that the run starts from; where absent they are drawn.
    public var initialWeights: String?
    /// Only the first so many training samples are used; all where absent. For quick tries.
    public var limit: Int?
    /// Steps between two checkpoints; where absent one is written at the end of each epoch.
    public var checkpointEvery: Int?
    /// Bytes of a bucket of the gradient where it is summed over workers; where absent ``GradientBuckets/defaultBytes``. The bits do
    /// not depend on it.
    public var bucketBytes: Int?
    /// The type in which sums of gradients travel, and to which they are rounded wherever they are made; Float32 where absent. The bits
    /// depend on it, but not on the workers.
    public var wire: WireType?
    /// The kind of processor whose kernels multiply matrices, by OpenBLAS's name (`Haswell`): the bits depend on it. Where absent
    /// each process takes those of its own.
    public var kernels: String?
    /// Whether the run goes on when a loss is not finite.
    public var continuesWhenNotFinite: Bool
    /// Where the final weights are written besides the run's folder, on the host that keeps it.
    public var save: String?

    /// Settings that have been checked.
    ///
    /// Throws a ``TrainingError`` that names the first setting that cannot be used.
    public init(
        name: String, model: String, data: String, batch: Int, microbatches: Int, epochs: Int,
        optimizer: OptimizerSettings, seed: UInt64, limit: Int? = nil, checkpointEvery: Int? = nil,
        continuesWhenNotFinite: Bool = false, loss: String? = nil, schedule: LearningRateSettings? = nil,
        clipNorm: Double? = nil, clipValue: Double? = nil, shuffle: Bool? = nil, initialWeights: String? = nil,
        save: String? = nil, bucketBytes: Int? = nil, wire: WireType? = nil, kernels: String? = nil
    ) throws {
        self.name = name
        self.model = model
        self.data = data
        self.batch = batch
        self.microbatches = microbatches
        self.epochs = epochs
        self.optimizer = optimizer
        self.seed = seed
        self.limit = limit
        self.checkpointEvery = checkpointEvery
        self.continuesWhenNotFinite = continuesWhenNotFinite
        self.bucketBytes = bucketBytes
        // One way to say it, so that settings that mean the same are the same.
        self.wire = wire == .float32 ? nil : wire
        self.kernels = kernels
        (self.loss, self.schedule, self.clipNorm, self.clipValue) = (loss, schedule, clipNorm, clipValue)
        (self.shuffle, self.initialWeights, self.save) = (shuffle, initialWeights, save)
        try check()
    }

    /// The largest number of microbatches: far beyond use, and small enough that no message about them grows large.
    public static let mostMicrobatches = 1 << 16

    /// The default number of microbatches: a power of two, at least 4 and at least the workers, but not more than the samples
    /// of a batch.
    ///
    /// At least 4, so that a run on one, two, three or four workers has the same bits without any option; not more, because
    /// each microbatch costs a pass over the gradients.
    public static func defaultMicrobatches(workers: Int, batch: Int) -> Int {
        var count = 4
        while count < workers { count *= 2 }
        while count > max(batch, 1) { count /= 2 }
        return count
    }

    private func check() throws {
        func require(_ holds: Bool, _ option: String, _ found: some CustomStringConvertible, _ expected: String) throws
        {
            if !holds { throw TrainingError(.invalidSetting, "\(option) is \(found); expected \(expected)") }
        }
        try require(batch >= 1, "--batch", batch, "at least 1 sample")
        try require(epochs >= 1, "--epochs", epochs, "at least 1")
        try require(
            (1...RunSettings.mostMicrobatches).contains(microbatches), "--microbatches", microbatches,
            "1 to \(RunSettings.mostMicrobatches)")
        try require(
            microbatches <= batch, "--microbatches", microbatches, "at most the samples of a batch (--batch \(batch))")
        try require(limit ?? 1 >= 1, "--limit", limit ?? 1, "at least 1 sample")
        try require(checkpointEvery ?? 1 >= 1, "--checkpoint-every", checkpointEvery ?? 1, "at least 1 step")
        try require(bucketBytes ?? 4 >= 4, "--bucket-bytes", bucketBytes ?? 4, "at least 4 bytes")
        if let kernels, ProcessorKind(kernels)?.name != kernels {
            let names = ProcessorKind.all.map(\.name).joined(separator: ", ")
            try require(false, "--kernels", kernels, "one of \(names)")
        }
        if let loss { _ = try LossFunction(parsing: loss) }
        try schedule?.check()
        for (option, limit) in [("--clip-norm", clipNorm), ("--clip-value", clipValue)] {
            let limit = limit ?? 1
            try require(limit > 0 && limit.isFinite, option, limit, "a number above 0")
        }
        if clipNorm != nil, clipValue != nil {
            throw TrainingError(.invalidSetting, "--clip-norm and --clip-value cannot be given together; expected one")
        }
    }

    /// The settings as JSON text, keys in order, the same text for the same settings.
    public func json() -> String { JSONText.encode(self, isIndented: true) }

    /// The settings for another host: a path of this one means nothing there, so only the kind of data remains.
    public var shared: RunSettings {
        var shared = self
        if let colon = data.firstIndex(of: ":") { shared.data = String(data[...colon]) }
        shared.save = nil
        return shared
    }

    /// Whether the next character of a text is predicted, which is judged by the perplexity.
    public var predictsText: Bool { data.hasPrefix("text:") }

    /// Settings from JSON text; `place` names where it came from in errors.
    public init(json: String, from place: String) throws {
        do {
            self = try JSONText.decode(json.utf8, as: RunSettings.self)
        } catch {
            throw TrainingError(.invalidRun, "\(place) does not hold the settings of a run: \(error)")
        }
        do {
            try check()
        } catch {
            throw TrainingError(.invalidRun, "\(place) holds settings that cannot be used: \(error)")
        }
    }

    /// The names of the settings in which `self` and `other` differ, each with both values.
    public func differences(from other: RunSettings) -> [String] {
        zip(RunSettings.values(in: self, name: ""), RunSettings.values(in: other, name: "")).compactMap {
            mine, theirs in
            mine.text == theirs.text ? nil : "\(mine.name): \(mine.text) here, \(theirs.text) there"
        }
    }

    /// The names and values in `value`, those in a struct after the struct's name.
    private static func values(in value: Any, name: String) -> [(name: String, text: String)] {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional:
            return mirror.children.first.map { values(in: $0.value, name: name) } ?? [(name, "none")]
        case .struct where !mirror.children.isEmpty:
            return mirror.children.flatMap { child in
                values(in: child.value, name: (name.isEmpty ? "" : name + ".") + (child.label ?? "?"))
            }
        default: return [(name, "\(value)")]
        }
    }
}
