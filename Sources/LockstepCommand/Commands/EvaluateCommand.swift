internal import ArgumentParser
internal import LockstepTensor
internal import LockstepTraining

/// `lockstep evaluate`: tests trained weights.
struct EvaluateCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "evaluate",
            abstract: "Test trained weights on a data set's test samples.",
            discussion: """
                All rows of a table are tested where none of them are kept apart for testing.


                """
                    + JobCatalog.examples(
                        "evaluate runs/20261122-102355-mlp/final.safetensors",
                        "evaluate runs/20261122-102355-mlp/final.safetensors --data fashion-mnist",
                        "evaluate from-pytorch.safetensors --model mlp:784-64-10 --data idx:/data/mnist",
                        "evaluate houses.safetensors --model linear --data 'csv:houses.csv?label=price'"))
    }

    @OptionGroup var trained: TrainedWeights
    @Option(help: JobCatalog.help("What outputs are judged by. (default: the run's, or what model and data suggest)"))
    var loss: String?
    @Flag(help: "Print the result as a line of JSON.")
    var json = false

    mutating func run() throws {
        // As in training: the bits of a product depend on how many threads share it.
        BLAS.threads = 1
        let file = try trained.file()
        let settings = try trained.settings(for: file, loss: loss)
        let trainer = try Trainer(
            settings: settings, job: JobCatalog.current.job(for: settings, data: nil).forEvaluation)
        try trainer.load(weights: file, from: trained.weights)
        guard let result = try trainer.evaluate() else {
            throw TrainingError(.mismatch, "\(settings.data) has no test samples")
        }
        let test = TestRecord(
            result, step: Checkpoint.step(in: file) ?? 0, epoch: 0, predictsText: settings.predictsText)
        print(json ? JSONReporter.line(test) : Wording.test(test))
        if !json { print("sha256      \(trainer.digest)") }
    }
}
