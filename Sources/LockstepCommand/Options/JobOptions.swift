internal import ArgumentParser
internal import LockstepTensor
internal import LockstepTraining

/// What is trained and how: the options that decide the bits of a run.
///
/// All are optional, so that a run that is resumed can tell which were given: it has its own.
struct JobOptions: ParsableArguments {
    @OptionGroup(title: "MODEL AND DATA") var subject: SubjectOptions
    @OptionGroup(title: "BATCHES AND STEPS") var steps: StepOptions
    @OptionGroup(title: "OPTIMIZER") var optimizer: OptimizerOptions
    @OptionGroup(title: "LEARNING RATE SCHEDULE") var schedule: ScheduleOptions

    /// The data that are named.
    var data: String? { subject.data }
    /// The kind of processor whose kernels are asked for.
    var kernels: String? { steps.kernels?.name }
    /// Whether a run goes on when a loss is not finite.
    var allowNonFinite: Bool { steps.allowNonFinite }

    /// The weights to start from, where some are named.
    func initialWeights() throws -> InitialWeights? { try subject.`init`.map { try InitialWeights(contentsOf: $0) } }

    /// The settings of a new run on `workers` workers; `tell` receives lines for the user.
    func settings(workers: Int, initialWeights: InitialWeights?, tell: (String) -> Void) throws -> RunSettings {
        let specifications = try JobCatalog.current.specifications(
            model: subject.model, data: subject.data, loss: subject.loss, tell: tell)
        let batch = steps.batch ?? 128
        return try RunSettings(
            name: subject.name ?? specifications.name, model: specifications.model, data: specifications.data,
            batch: batch,
            microbatches: steps.microbatches ?? RunSettings.defaultMicrobatches(workers: workers, batch: batch),
            epochs: steps.epochs ?? 10, optimizer: optimizer.settings(), seed: subject.seed ?? 0, limit: subject.limit,
            checkpointEvery: steps.checkpointEvery, continuesWhenNotFinite: steps.allowNonFinite,
            loss: subject.loss.map { try LossFunction(parsing: $0).rawValue }, schedule: schedule.settings(),
            clipNorm: optimizer.clipNorm, clipValue: optimizer.clipValue, shuffle: subject.noShuffle ? false : nil,
            initialWeights: initialWeights?.digest, bucketBytes: steps.bucketBytes, wire: steps.wire, kernels: kernels)
    }

    /// The first option that was given, as the user typed it, of those that may not be where a run is resumed: all but the
    /// place of its data and what to do about a loss that is not finite.
    var firstGiven: String? {
        (subject.given + steps.given + optimizer.given + schedule.given).first { $0.1 }?.0
    }
}

/// What is trained, on what, from where.
struct SubjectOptions: ParsableArguments {
    @Option(
        help: JobCatalog.help("The model: \(ModelSpecification.forms). (default: \(JobCatalog.defaultModel))"))
    var model: String?
    @Option(
        help: JobCatalog.help(
            """
            The data: fashion-mnist, synthetic, random (numbers to measure with), idx:FOLDER (images as MNIST's), \
            csv:FILE?label=COLUMN (also features=A,B, test=FILE, \
            split=0.1), npz:FILE (x_train, y_train, x_test, y_test; or x, y and split=0.1), text:FILE (the next character). \
            (default: fashion-mnist where it is installed)
            """))
    var data: String?
    @Option(
        help: JobCatalog.help(
            "What outputs are judged by: \(LossFunction.names.joined(separator: ", ")). (default: what model and data suggest)"
        ))
    var loss: String?
    @Option(
        help: ArgumentHelp("Start from these weights: safetensors with PyTorch's names.", valueName: "file"))
    var `init`: String?
    @Option(
        parsing: .unconditional,
        help: "What initial weights, dropout and the order of the samples are drawn from. (default: 0)")
    var seed: UInt64?
    @Flag(help: "Take the samples in the order of the data in each epoch.")
    var noShuffle = false
    @Option(parsing: .unconditional, help: "Train on the first so many samples only.")
    var limit: Int?
    @Option(help: "The run's name, part of its folder's name. (default: model and data)")
    var name: String?

    var given: [(String, Bool)] {
        [
            ("--model", model != nil), ("--loss", loss != nil), ("--init", `init` != nil), ("--seed", seed != nil),
            ("--no-shuffle", noShuffle), ("--limit", limit != nil), ("--name", name != nil),
        ]
    }
}

/// How much is done, in which portions.
struct StepOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "Samples a global batch. (default: 128)")
    var batch: Int?
    @Option(
        parsing: .unconditional,
        help: """
            Into how many microbatches a batch is cut. The bits of the result depend on it, but not on the workers. \
            (default: 4, or the next power of two from the number of workers)
            """)
    var microbatches: Int?
    @Option(parsing: .unconditional, help: "How many times each sample is used. (default: 10)")
    var epochs: Int?
    @Option(parsing: .unconditional, help: "Steps between two checkpoints. (default: one at the end of each epoch)")
    var checkpointEvery: Int?
    @Option(
        parsing: .unconditional,
        help: """
            Bytes of the gradient that workers sum at a time, while they compute the rest of it. The bits of the result do not \
            depend on it. (default: \(GradientBuckets.defaultBytes))
            """)
    var bucketBytes: Int?
    @Option(
        help: """
            In what gradients travel between workers: float32, bf16 or fp16, which take half the bytes. The bits of the result depend \
            on it, but not on the workers. (default: float32)
            """)
    var wire: WireType?
    @Option(
        help: ArgumentHelp(
            """
            Multiply with OpenBLAS's kernels for this kind of processor, on whatever processor can: the bits of the result depend on it. \
            One of \(ProcessorKind.all.map { $0.name.lowercased() }.joined(separator: ", ")). (default: each processor's own)
            """, valueName: "kind"), transform: { try StepOptions.kernels($0) })
    var kernels: ProcessorKind?
    @Flag(help: "Go on when the loss is not finite.")
    var allowNonFinite = false

    var given: [(String, Bool)] {
        [
            ("--batch", batch != nil), ("--microbatches", microbatches != nil), ("--epochs", epochs != nil),
            ("--checkpoint-every", checkpointEvery != nil), ("--bucket-bytes", bucketBytes != nil),
            ("--wire", wire != nil),
            ("--kernels", kernels != nil),
        ]
    }

    private static func kernels(_ name: String) throws -> ProcessorKind {
        guard let kind = ProcessorKind(name) else {
            let names = ProcessorKind.all.map { $0.name.lowercased() }.joined(separator: ", ")
            throw ValidationError("--kernels is \(name); expected \(names)")
        }
        return kind
    }
}
