import LockstepFormats
import LockstepTensor
import Testing

extension CommandTests {
    /// Text that a trained model writes.
    @Suite struct Generation {
        private let folder = TemporaryFolder()

        /// Trains on a text that can be learned by heart; gives the weights.
        private func weights(_ model: String) async throws -> String {
            let text = String(repeating: "one two three four\n", count: 60)
            try AtomicFile.write(Array(text.utf8), to: folder.path + "/text.txt")
            let run = try await Lockstep.run(
                [
                    "train", "--workers", "2", "--transport", "in-process", "--json", "--model", model, "--data",
                    "text:text.txt",
                    "--batch", "8", "--epochs", "60", "--lr", "0.01",
                ], in: folder.path)
            return try #require(run.event("finished").weights, "\(run.errors)")
        }

        private func generate(_ weights: String, _ options: [String] = []) async throws -> Outcome {
            try await Lockstep.run(["generate", weights] + options, in: folder.path)
        }

        @Test(arguments: ["gpt:layers=1,heads=2,width=16,context=16", "lstm:24,context=16"])
        func isLikeTheTextItWasTrainedOn(model: String) async throws {
            let weights = try await weights(model)
            let likeliest = try await generate(weights, ["--prompt", "one", "--length", "34", "--temperature", "0"])
            #expect(likeliest.output == "one two three four\none two three four", "\(likeliest.errors)")
            // A line end is what it starts from by itself.
            let unprompted = try await generate(weights, ["--length", "18", "--temperature", "0"])
            #expect(unprompted.output == "\none two three four")
        }

        @Test func dependsOnTheSeedAndTheTemperature() async throws {
            let weights = try await weights("gpt:layers=1,heads=1,width=8,context=8")
            func text(_ options: String...) async throws -> String {
                try await generate(weights, ["--length", "80"] + options).output
            }
            let hot = try await text("--temperature", "5", "--seed", "1")
            #expect(try await text("--temperature", "5", "--seed", "1") == hot)
            #expect(try await text("--temperature", "5", "--seed", "2") != hot)
            let cold = try await text("--temperature", "0")
            #expect(try await text("--temperature", "5", "--top-k", "1") == cold)
            #expect(hot != cold && hot.allSatisfy { "one two three four\n".contains($0) })
        }

        @Test func saysWhatCannotBeWritten() async throws {
            let weights = try await weights("gpt:layers=1,heads=1,width=8,context=8")
            try AtomicFile.write(
                Array(String(repeating: "ein zwei drei\n", count: 60).utf8), to: folder.path + "/other.txt")
            try AtomicFile.write(
                Array(String(repeating: "one two three four\n", count: 61).utf8), to: folder.path + "/longer.txt")
            // Another text will do if it has the same characters.
            #expect(try await generate(weights, ["--data", "text:longer.txt", "--length", "3"]).code == 0)
            for (options, message) in [
                (["--prompt", "seven"], "the character 's' (U+73) does not occur in the text"),
                (["--prompt", ""], "--prompt is empty"),
                (["--data", "text:other.txt"], "other.txt has other characters than the text that"),
                (["--data", "synthetic"], "cannot write text out of data set synthetic"),
                (["--model", "cnn"], "writes no text"),
                (["--model", "gpt:layers=2,heads=1,width=8,context=8"], "missing: transformer.h.1.ln_1.weight"),
                (["--temperature", "-1"], "--temperature is -1.0; expected 0 or more"),
                (["--length", "-1"], "--length is -1"), (["--top-k", "0"], "--top-k is 0"),
            ] {
                let outcome = try await generate(weights, options)
                #expect(outcome.code != 0)
                #expect(outcome.errors.contains(message), "\(outcome.errors)")
            }
        }

        @Test func takesWeightsOfPyTorchWithTheSharedHead() async throws {
            let weights = try await weights("gpt:layers=1,heads=1,width=8,context=8")
            let file = try Safetensors(contentsOf: "\(folder.path)/\(weights)")
            let head = try #require(file.tensor(named: "transformer.wte.weight"))
            try Safetensors(file.tensors + [("lm_head.weight", head)]).write(to: folder.path + "/torch.safetensors")
            let options = ["--model", "gpt:layers=1,heads=1,width=8,context=8", "--data", "text:text.txt"]
            let text = try await generate("torch.safetensors", options + ["--length", "40"])
            #expect(
                try await generate(weights, ["--length", "40"]).output == text.output && text.code == 0,
                "\(text.errors)")
            let unnamed = try await generate("torch.safetensors", Array(options.prefix(2)))
            #expect(unnamed.errors.contains("does not say which characters it knows"), "\(unnamed.errors)")
            let test = try await Lockstep.run(["evaluate", "torch.safetensors", "--json"] + options, in: folder.path)
            #expect(try test.event("test").perplexity != nil)
        }
    }
}
