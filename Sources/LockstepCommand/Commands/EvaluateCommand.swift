internal import ArgumentParser
internal import LockstepFormats
internal import LockstepTensor
internal import LockstepTraining

/// `lockstep evaluate`: tests trained weights.
struct EvaluateCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "evaluate",
            abstract: "Test trained weights on a data set's test samples.",
            discussion: JobCatalog.examples(
                "evaluate runs/20261122-102355-mlp/final.safetensors",
                "evaluate runs/20261122-102355-mlp/final.safetensors --data fashion-mnist",
                "evaluate from-pytorch.safetensors --model mlp:784-64-10 --data idx:/data/mnist"))
    }

    @Argument(help: ArgumentHelp("The weights, or a checkpoint.", valueName: "file"))
    var weights: String
    @Option(help: JobCatalog.help("The model. (default: the one that the file names)"))
    var model: String?
    @Option(help: JobCatalog.help("The data. (default: those that the file names)"))
    var data: String?
    @Flag(help: "Print the result as a line of JSON.")
    var json = false

    mutating func run() throws {
        // As in training: the bits of a product depend on how many threads share it.
        BLAS.threads = 1
        let file = try Safetensors(contentsOf: weights)
        let settings = try settings(for: file)
        let trainer = try Trainer(
            settings: settings, job: JobCatalog.current.job(for: settings, data: nil).forEvaluation)
        try trainer.load(weights: file, from: weights)
        guard let result = try trainer.evaluate() else {
            throw TrainingError(.mismatch, "\(settings.data) has no test samples")
        }
        let test = TestRecord(result, step: Checkpoint.step(in: file) ?? 0, epoch: 0)
        print(json ? JSONReporter.line(test) : Wording.test(test))
        if !json { print("sha256      \(trainer.digest)") }
    }

    /// Where the run that wrote the file has its data, which the file itself does not say where workers took part: what the
    /// run's folder says, if the file is still in it.
    private func place(ofDataIn settings: RunSettings) throws -> String {
        let folder = weights.lastIndex(of: "/").map { String(weights[..<$0]) } ?? "."
        if let recorded = try? RunFolder.settings(of: folder), recorded.shared == settings { return recorded.data }
        throw TrainingError(
            .mismatch,
            "\(weights) does not say in which folder the data of its run are; say so: --data \(settings.data)FOLDER")
    }

    /// The settings of the run that wrote the file, with what the user gave instead.
    private func settings(for file: Safetensors) throws -> RunSettings {
        if var settings = try Checkpoint.settings(in: file, from: weights) {
            if let model { settings.model = model }
            if let data {
                settings.data = data
            } else if settings.data.hasSuffix(":") {
                settings.data = try place(ofDataIn: settings)
            }
            return settings
        }
        guard model != nil || JobCatalog.current.own != nil else {
            throw TrainingError(
                .invalidSetting,
                "\(weights) does not say which model its weights are of; say so: --model \(ModelSpecification.forms)")
        }
        var job = try JobOptions.parse([])
        job.model = model
        job.data = data
        return try job.settings(workers: 1, tell: { print($0) })
    }
}
