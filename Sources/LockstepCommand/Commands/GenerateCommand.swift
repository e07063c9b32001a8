internal import ArgumentParser
internal import LockstepData
internal import LockstepTensor
internal import LockstepTraining

/// `lockstep generate`: writes text with a character model.
struct GenerateCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "generate",
            abstract: "Write text with a model that was trained on one.",
            discussion: JobCatalog.examples(
                "generate runs/20261122-102355-gpt-text/final.safetensors --prompt 'To be'",
                "generate gpt.safetensors --model gpt --data text:shakespeare.txt --length 1000 --temperature 0.8"))
    }

    @OptionGroup var trained: TrainedWeights
    @Option(help: ArgumentHelp("What the text goes on from. (default: a line end)", valueName: "text"))
    var prompt: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("How much is written.", valueName: "characters"))
    var length = 500
    @Option(parsing: .unconditional, help: "Below 1 likely characters are favoured; 0 takes the likeliest.")
    var temperature = 1.0
    @Option(parsing: .unconditional, help: "Draw from so many of the likeliest characters only.")
    var topK: Int?
    @Option(parsing: .unconditional, help: "What is drawn from: the same seed gives the same text.")
    var seed: UInt64 = 0

    func validate() throws {
        guard length >= 0 else { throw ValidationError("--length is \(length); expected 0 characters or more") }
        guard temperature >= 0, temperature.isFinite else {
            throw ValidationError("--temperature is \(temperature); expected 0 or more")
        }
        if let topK, topK < 1 { throw ValidationError("--top-k is \(topK); expected at least 1") }
    }

    mutating func run() throws {
        BLAS.threads = 1
        let file = try trained.file()
        let settings = try trained.settings(for: file, needsData: false)
        let generator = try TextGenerator(
            model: ModelSpecification(parsing: settings.model),
            data: trained.data.map { try DataSpecification(parsing: $0) },
            weights: file, from: trained.weights)
        let prompt = prompt ?? generator.defaultPrompt
        var text = ""
        try generator.generate(
            prompt: prompt, length: length, temperature: temperature, top: topK, seed: seed
        ) { character in
            // The prompt is printed once it has turned out to be one that the model can read.
            Terminal.write((text.isEmpty ? prompt : "") + character)
            text += character
        }
        Terminal.write(length == 0 ? prompt + "\n" : "\n")
    }
}
